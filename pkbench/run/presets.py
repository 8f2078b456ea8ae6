"""How much a run measures: quick, standard, publish."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Preset:
    """Rounds of worker processes, and what each measures."""

    name: str
    rounds: int  # at most
    least_rounds: int  # even where the target is met or the budget is spent
    target: float  # half of the 95 % interval, relative: below it a case is known well enough
    values: int  # of a case in a process, until its variances are known
    warmups: int
    value_seconds: float  # that a value is calibrated to last
    budget: float  # seconds after which no further round begins
    loops: int = 0  # iterations a value; 0: calibrated


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("quick", 20, 6, 0.02, values=5, warmups=1, value_seconds=0.002, budget=50),
        Preset("standard", 60, 6, 0.01, values=5, warmups=1, value_seconds=0.003, budget=1200),
        Preset("publish", 200, 10, 0.005, values=10, warmups=1, value_seconds=0.002, budget=21600),
    )
}


def once(preset: Preset) -> Preset:
    """Return the preset for a machine whose times mean nothing: each case is run, no more."""
    return replace(preset, rounds=1, least_rounds=1, values=1, warmups=0, loops=10)


# What follows is for estimates only, and was seen in a standard run of the whole catalogue.
# A case's share of a worker's start, its set-up and its proofs.
CASE_SECONDS = 0.04
# Populating memory and reading it back in the proofs, a GiB.
SECONDS_PER_GIB = 2.0
# How much longer than asked for a value lasts: calibration doubles, and what is compared has equal
# loops.
LONGER = 2.5
# What putting its state back takes a case that must, in times of what is timed.
PREPARING = 4.0


def estimate_seconds(preset: Preset, memory: int, wait: float, prepares: bool) -> float:
    """Return roughly how long a case takes: of this memory, whose values wait so many seconds."""
    proofs = CASE_SECONDS + memory / 2**30 * SECONDS_PER_GIB
    value = preset.value_seconds * LONGER * (1 + PREPARING * prepares) + wait
    # Calibration comes to as much as a round.
    return (preset.least_rounds + 1) * (proofs + (preset.values + preset.warmups) * value)
