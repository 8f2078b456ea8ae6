"""Sample the timed loops with perf, some thousand times a second."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkbench.profiler import settings
from pkbench.profiler.conversation import Conversation
from pkbench.profiler.perf import code, stacks
from pkbench.profiler.perf.stacks import Sample, Stack
from pkbench.profiler.processes import TRACEFS, ProgramError, checked

PERF = "perf"
FREQUENCY = 9973  # a prime, so that no operation stays in phase with it
STARTING = 20.0  # seconds that perf may take besides sampling
INSTALL = "install linux-perf (Debian), linux-tools (Ubuntu) or perf (Fedora)"
FORBIDDEN = "run pkbench as root, or after `sysctl kernel.perf_event_paranoid=1`"


@dataclass(frozen=True)
class Samples:
    """What perf sampled in the timed loops."""

    event: str
    frequency: int
    stacks: Counter[Stack]  # of all threads
    timed: Counter[Stack]  # of the calling thread in the operation, without the profiler's own work
    own: int  # samples of work that only the profiler causes
    places: Counter[int]  # by offset in the native module
    remark: str  # what is missing, and how to get it


@dataclass(frozen=True)
class Recording:
    """perf's recording of a case, to be read once nothing is timed."""

    data: Path
    event: str
    frequency: int
    values: tuple[float, ...]  # seconds of an operation, sampled
    opened: Mapping[str, Any]  # the profiled process's answer to `open`


def sample(talk: Conversation, loops: int, seconds: float, cycles: bool, folder: Path) -> Recording:
    """Sample the case while it is repeated, for so many seconds.

    With `cycles`, the CPU's cycle counter triggers the samples, otherwise a clock. Raise
    ProgramError where perf fails.
    """
    frequency = _frequency()
    event = "cycles" if cycles else "cpu-clock"
    if not settings.sees_kernel():
        event += ":u"
    data = folder / "samples.data"
    values = record(talk, loops, seconds, data, (f"-e{event}", f"-F{frequency}", "-g"))
    return Recording(data, event, frequency, values, talk.opened)


def read(recording: Recording) -> Samples:
    """Return the samples of a recording; raise ProgramError where there are none."""
    samples = stacks.parse(script(recording.data, "tid,ip,sym,dso"))
    if not samples:
        raise ProgramError(f"perf took no sample of {recording.event}")
    return _samples(recording, samples)


def record(
    talk: Conversation, loops: int, seconds: float, data: Path, what: tuple[str, ...]
) -> tuple[float, ...]:
    """Let perf record the case while it is repeated; return the seconds of its values.

    `what` are options of `perf record`. Raise ProgramError where perf fails.
    """
    processes = ",".join(map(str, talk.opened["processes"]))
    # Without build-ids and BPF events perf starts three times as fast.
    quick = ("-q", "-B", "-N", "--no-bpf-event")
    arguments = ("record", *quick, *what, "-o", str(data), "-p", processes)
    talk.begin(loops, seconds + STARTING)
    try:
        perf(*arguments, "--", "sleep", f"{seconds:.2f}", timeout=seconds + STARTING)
    finally:
        ended = talk.end()
    if not data.exists():
        raise ProgramError("perf record left no file")
    return tuple(ended["values"])


def script(data: Path, fields: str, *options: str) -> str:
    """Return what perf recorded, as the text of `perf script`."""
    return perf("script", "-i", str(data), "-F", fields, *options, timeout=STARTING)


def perf(*arguments: str, timeout: float) -> str:
    """Run perf with access to tracepoints, leaving no mount behind; return its output."""
    try:
        return checked((*TRACEFS, "exec", PERF, *arguments), timeout, f"perf {arguments[0]}")
    except ProgramError as error:
        raise ProgramError(_with_advice(str(error))) from None


def _with_advice(reason: str) -> str:
    if "No such file" in reason and f"{PERF}:" in reason:
        return f"perf is not installed: {INSTALL}"
    if any(word in reason for word in ("ermission", "permitted", "paranoid", "EACCES", "EPERM")):
        return f"{reason}; {FORBIDDEN}"
    return reason


def _frequency() -> int:
    most = settings.number(settings.SAMPLE_RATE)
    if most is not None and most < settings.LEAST_RATE:
        raise ProgramError(
            f"perf_event_max_sample_rate is {most}, too low for a profile: "
            "set it with `sysctl kernel.perf_event_max_sample_rate=100000`"
        )
    return min(FREQUENCY, most or FREQUENCY)


def _samples(recording: Recording, samples: Mapping[Sample, int]) -> Samples:
    opened = recording.opened
    caller = opened["processes"][0]
    roles = _roles(caller, {sample.thread for sample in samples})
    callers = {each: number for each, number in samples.items() if each.thread == caller}
    called = stacks.fold(callers, {caller: ""})
    untimed = _names_of(opened, "prepare")
    timed = Counter({stack: n for stack, n in called.items() if not untimed & set(stack)})
    kept = Counter({stack: n for stack, n in timed.items() if not stacks.is_profilers_own(stack)})
    remarks = [] if settings.sees_kernel() else [f"samples do not include the kernel: {FORBIDDEN}"]
    if not recording.event.endswith(":u"):
        remarks.append(settings.hidden_symbols())
    return Samples(
        event=recording.event,
        frequency=recording.frequency,
        stacks=stacks.fold(samples, roles),
        timed=kept,
        own=timed.total() - kept.total(),
        places=stacks.innermost(samples, opened["module"], opened["base"]),
        remark="; ".join(filter(None, remarks)),
    )


def _roles(caller: int, threads: set[int]) -> dict[int, str]:
    others = sorted(threads - {caller})
    return {caller: "calling thread"} | {
        thread: f"thread {place}" for place, thread in enumerate(others, start=2)
    }


def _names_of(opened: Mapping[str, Any], function: str) -> set[str]:
    """Return the names of a function of the case in the native module's symbol table."""
    at = opened["functions"].get(function)
    if at is None:
        return set()
    try:
        return {each.name for each in code.symbols(opened["module"]) if each.address == at}
    except ProgramError:
        return {function}
