"""How much a run measures: the presets quick, standard and publish."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Preset:
    """Rounds of worker processes, and what each process measures."""

    name: str
    rounds: int  # at most
    least_rounds: int  # even if the target is met or the budget is spent
    target: float  # half of the 95 % interval, relative: a narrower one settles a case
    values: int  # of a case in one process, until its variances are known
    warmups: int
    value_seconds: float  # length of a value, set by calibrating its loops
    budget: float  # seconds after which no further round begins
    loops: int = 0  # iterations of a value; 0: calibrated


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", 20, 6, 0.02, values=5, warmups=1, value_seconds=0.002, budget=50),
        Preset("standard", 60, 6, 0.01, values=5, warmups=1, value_seconds=0.003, budget=1200),
        Preset("publish", 200, 10, 0.005, values=10, warmups=1, value_seconds=0.002, budget=21600),
    )
}


def single_run(preset: Preset) -> Preset:
    """Return a preset that runs each case once, for emulated machines: their times mean nothing."""
    return replace(preset, rounds=1, least_rounds=1, values=1, warmups=0, loops=10)


# Constants of the estimate below, from a standard run of the whole catalogue.
# Seconds of a case's set-up and verification, and of its share of a worker's start.
CASE_SECONDS = 0.04
# Seconds to populate a GiB and to read it back in the verification.
SECONDS_PER_GIB = 2.0
# A value lasts this many times longer than `value_seconds`: calibration doubles the loops, and
# cases that are compared have equal loops.
VALUE_RATIO = 2.5
# Restoring a case's state between timed loops takes this many times as long as the loops.
PREPARING_RATIO = 4.0


def estimate_seconds(preset: Preset, memory: int, wait: float, prepares: bool) -> float:
    """Estimate how many seconds the least rounds of a case take.

    `memory` is what the case populates in bytes, `wait` how many seconds each of its values waits
    untimed, `prepares` whether its state is restored between timed loops.
    """
    setup = CASE_SECONDS + memory / 2**30 * SECONDS_PER_GIB
    value = preset.value_seconds * VALUE_RATIO * (1 + PREPARING_RATIO * prepares) + wait
    # Calibration takes as long as a round.
    return (preset.least_rounds + 1) * (setup + (preset.values + preset.warmups) * value)
