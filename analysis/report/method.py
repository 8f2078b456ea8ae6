"""How the figures were made, told from the facts of these files."""

from __future__ import annotations

from collections.abc import Iterator

from ..estimate import clock_agreement
from .. import formatting
from ..interval import ENOUGH_PROCESSES
from ..estimate.estimate import DEFINITION, EXACT_DEFINITION, PIECES_DEFINITION
from ..reading.result import Result
from ..estimate.resample import CONFIDENCE
from ..estimate.result_set import ResultSet

STOPPED = {"budget": "its time was spent", "rounds": "that many were asked for"}
CONTAMINATION = {
    "involuntary_switches": "a context switch against the thread's will",
    "migrations": "a migration",
    "steal_seconds": "stolen time",
}
MEANING = {
    "silicon": (
        "Silicon: time on the kernel and CPU that the process ran on. It holds for that machine in "
        "that state."
    ),
    "path length": (
        "Path length: instructions executed per operation, user and kernel, in a guest under "
        "software emulation. Instructions are not time. No cache, TLB, interrupt or serialisation "
        "cost is modelled: WRPKRU counts as one instruction like any other, and so does each "
        "repetition of a string instruction. Counts compare kernels and code paths, never machines."
    ),
    "function": (
        "Function: a guest under free-running software emulation shows that the cases work. Its "
        "times mean nothing and are not shown."
    ),
}


def paragraphs(result_set: ResultSet) -> Iterator[tuple[str, str]]:
    """Tell how one kind of evidence was come by, each paragraph after what it is about."""
    yield "What a figure means", MEANING[result_set.evidence]
    if result_set.evidence == "function":
        return
    if result_set.estimates.empty:
        yield "What was measured", "Nothing was measured."
        return
    for name, result in result_set.machines:
        yield name, f"{_amounts(result_set, name)}{_spoilt(result_set, name, result)}{_order(result)}"
        yield from ((f"Core cycles on {name}", text) for text in _cycles(result_set, name))
        yield from ((f"Not read on {name}", text) for text in _not_read(name, result))
    if result_set.frame["uncontended_share"].notna().any():
        yield "A value", PIECES_DEFINITION
    yield "An estimate", EXACT_DEFINITION if result_set.exact else DEFINITION
    yield "A net figure", _net(result_set)
    if not result_set.exact:
        yield from _limits(result_set)


def _net(result_set: ResultSet) -> str:
    return (
        "Net figures are made afterwards: what one loop of the case costs less what one loop of "
        "its floor costs, divided by the operations in a loop. "
        + (
            "Both are exact, so the difference is."
            if result_set.exact
            else "Their interval comes from resampling both, together where of both the same "
            "rounds count. A net figure whose interval reaches zero, or that is less than the "
            "clock's smallest step by the operations of a piece of a value, reads "
            f"“{formatting.BELOW_RESOLUTION}”. An instruction of about a cycle is timed at two unroll "
            "factors; its net figure is the slope between them, in which nothing of the loop is "
            "left. Ratios are resampled in the same way."
        )
    )


def _amounts(result_set: ResultSet, machine: str) -> str:
    rows = result_set.on(machine)
    if rows.empty:
        return "nothing was measured."
    frame = result_set.frame[(result_set.frame["machine"] == machine) & (result_set.frame["state"] == "measured")]
    loops = _span([int(n) for n in frame["loops"].dropna()])
    if result_set.exact:
        return (
            f"{formatting.count(len(rows), 'case')}, each in {_span(list(rows['processes']))} "
            f"{'boot' if (rows['processes'] == 1).all() else 'boots'}, "
            f"{loops} loops."
        )
    used = rows["values"] - rows["left_out"]
    each = [round(v / p) for v, p in zip(used, rows["processes"], strict=True)]
    return (
        f"{formatting.count(len(rows), 'case')}, each in {_span(list(rows['processes']))} processes "
        f"with {_span(each)} values a process, each value of {loops} loops."
    )


def _spoilt(result_set: ResultSet, name: str, result: Result) -> str:
    """Say how many values were spoilt, by what, and how many the estimates do without."""
    frame = result_set.frame[(result_set.frame["machine"] == name) & (result_set.frame["state"] == "measured")]
    marks = frame[["disturbed", "contended"]]
    told = marks[marks.notna().any(axis="columns")].fillna(False).astype(bool)
    if told.empty:
        return ""
    of = f"of {formatting.count(len(told), 'value')}"
    read = {quantity for process in result.processes for quantity in process.per_value}
    by = " or ".join(text for quantity, text in CONTAMINATION.items() if quantity in read)
    said = [f"{told['disturbed'].sum():,} {of} were contaminated by {by}"] if by else []
    if frame["contended"].notna().any():
        of = "" if said else f" {of}"
        said.append(
            f"{told['contended'].sum():,}{of} taken beside another hardware thread on the core"
        )
    text = f" {', '.join(said)}"
    marked, left_out = int(told.any(axis="columns").sum()), int(result_set.on(name)["left_out"].sum())
    if not marked:
        return f"{text}."
    if marked == left_out:
        return f"{text}: {'all ' if marked > 1 else ''}left out."
    return f"{text}: {left_out:,} left out, the others where too few would have been left."


def _cycles(result_set: ResultSet, name: str) -> Iterator[str]:
    """Say what core cycles are calibrated by, and whether the CPU's own counter confirms them."""
    frame = result_set.frame[result_set.frame["machine"] == name]
    if frame["cycles"].isna().all():
        return
    checked = clock_agreement.check(frame)
    by = (
        "Told by two chains of instructions of known latency, timed beside each value: the one's "
        "cycles are the unit, and the other takes as many of them as it should, or no-ops tell how "
        "far both were disturbed."
    )
    if checked is None:
        yield f"{by} No counter of the CPU's was there to check whole values against."
        return
    said = (
        f"{by} The CPU's own counter, which also runs while the clocks are read, came to "
        f"{checked.ratio:.3f} times as many (quartiles {checked.low:.3f} and {checked.high:.3f}, "
        f"{formatting.count(checked.values, 'value')})"
    )
    if checked.agrees:
        yield f"{said}: it confirms them."
    else:
        yield f"{said}: it does not confirm them, so take cycles here for proportions only."


def _not_read(name: str, result: Result) -> Iterator[str]:
    """Say what could not be read beside the values, and why."""
    reasons = {
        f"{quantity.replace('_', ' ')} ({reason})"
        for process in result.processes
        for quantity, reason in process.missing.items()
    }
    if reasons:
        yield f"Not read beside the values on {name}: {formatting.listed(sorted(reasons))}."


def _order(result: Result) -> str:
    text = ""
    if result.seed is not None:
        text += f" The order of the cases in each round was drawn from seed {result.seed}."
    if result.rounds is not None and result.stopped:
        ended = STOPPED.get(result.stopped, result.stopped)
        text += f" It ended after {formatting.count(result.rounds, 'round')}: {ended}."
    return text


def _limits(result_set: ResultSet) -> Iterator[tuple[str, str]]:
    few = int((result_set.estimates["processes"] < ENOUGH_PROCESSES).sum())
    if few:
        number = formatting.count(few, "figure rests", "figures rest")
        yield (
            "Limit: few processes",
            (
                f"{number} on fewer than {ENOUGH_PROCESSES} processes. There the interval is at "
                "most the range of what was seen, which holds the true median in less than "
                f"{CONFIDENCE:.0%} of all cases (with 5 processes 94 %, with 3 processes 75 %); a "
                "single process has none. More rounds narrow this: run a longer profile."
            ),
        )
    virtual = [
        f"{name} ({result.machine['virtualisation']})"
        for name, result in result_set.machines
        if isinstance(result.machine.get("virtualisation"), str)
        and result.machine["virtualisation"]
    ]
    if virtual:
        yield (
            "Limit: virtual machines",
            (
                f"Virtualised: {formatting.listed(virtual)}. Interrupts between CPUs and TLB flushes "
                "may leave the guest there, so costs that hold them can differ from those of the "
                "bare machine."
            ),
        )


def _span(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
