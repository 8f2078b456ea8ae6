"""Describe how the figures were made, from the facts in the result files."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from .. import formatting
from ..compare import compare
from ..estimate import clock_agreement
from ..estimate.estimate import DEFINITION, EXACT_DEFINITION, LOOPS_DIFFER, PIECES_DEFINITION
from ..estimate.median_interval import CONFIDENCE
from ..estimate.result_set import ResultSet
from ..interval import ENOUGH_PROCESSES
from ..reading.result import Result

STOPPED = {
    "budget": "its time budget was spent",
    "rounds": "it had done as many rounds as were asked for",
}
DISTURBANCES = {
    "involuntary_switches": "an involuntary context switch",
    "migrations": "a migration",
    "steal_seconds": "steal time",
}
MEANING = {
    "silicon": (
        "Time on the kernel and CPU that the process ran on. It holds for that machine in that "
        "state."
    ),
    "path length": (
        "Instructions executed per operation, in user mode and in the kernel, in a guest under "
        "software emulation. Instructions are not time. No cache, TLB, interrupt or serialisation "
        "cost is modelled: WRPKRU counts as one instruction like any other, and so does each "
        "repetition of a string instruction. Counts compare kernels and code paths, never machines."
    ),
    "function": (
        "A guest under free-running software emulation shows that the cases work. Its times mean "
        "nothing and are not shown."
    ),
}
CALIBRATION = (
    "Calibrated with each value by two chains of dependent instructions with known latencies. The "
    "first chain gives the length of a cycle. The second must take its expected number of cycles; "
    "where it does not, timed no-ops show how far both chains were disturbed."
)


def paragraphs(result_set: ResultSet) -> Iterator[tuple[str, str]]:
    """Give the paragraphs on one kind of evidence, each as its heading and its text."""
    yield "What a figure means", MEANING[result_set.evidence]
    if result_set.evidence == "function":
        return
    if result_set.estimates.empty:
        yield "What was measured", "Nothing was measured."
        return
    for name, result in result_set.machines:
        parts = (_amounts(result_set, name), _left_out(result_set, name, result), _order(result))
        yield name, " ".join(part for part in parts if part)
        yield from ((f"Core cycles on {name}", text) for text in _cycles(result_set, name))
        yield from ((f"Readings missing on {name}", text) for text in _not_read(result))
    if result_set.frame["uncontended_share"].notna().any():
        yield "Value", PIECES_DEFINITION
    yield "Estimate", EXACT_DEFINITION if result_set.exact else DEFINITION
    yield "Net figure", _net(result_set)
    yield "Comparison", _comparison(result_set)
    if not result_set.exact:
        yield from _limits(result_set)


def _net(result_set: ResultSet) -> str:
    definition = (
        "The cost of one loop of the case minus the cost of one loop of its fixed overhead "
        "(floor), divided by the operations in a loop."
    )
    if result_set.exact:
        return f"{definition} Both counts are exact, and so is their difference."
    return (
        f"{definition} Its interval comes from the intervals of both, as of independent figures "
        "(Zou and Donner, Statistics in Medicine 27, 2008). A net figure reads "
        f"“{formatting.BELOW_RESOLUTION}” in three cases: its interval reaches zero; it is less "
        "than the clock's smallest step divided by the operations in one timed piece; or it is "
        f"less than {LOOPS_DIFFER:.0%} of the overhead, by which two loops of the same work may "
        "differ. An instruction of about one cycle is timed at two unroll factors. Its net figure "
        "is the slope between them, which contains none of the loop."
    )


def _comparison(result_set: ResultSet) -> str:
    if result_set.exact:
        return "“2 times more” means twice as many instructions, “2 times fewer” half as many."
    return (
        "“2 times slower” means that an operation takes twice the time, “2 times faster” half "
        "the time. The interval of a ratio of two cases of one machine comes likewise from "
        "those of their logarithms. If it contains 1, there is no measurable difference."
        + f" Ratios of two machines are those of `pkbench compare`. {compare.DEFINITION}"
        * (len(result_set.names) > 1)
    )


def _amounts(result_set: ResultSet, machine: str) -> str:
    rows = result_set.on(machine)
    if rows.empty:
        return "Nothing was measured."
    loops = _span([int(n) for n in _measured(result_set, machine)["loops"].dropna()])
    processes = _span(list(rows["processes"]))
    cases = formatting.count(len(rows), "case")
    if result_set.exact:
        boots = "boot" if (rows["processes"] == 1).all() else "boots"
        return f"{cases}. Per case: {processes} {boots} of {loops} loops."
    used = rows["values"] - rows["left_out"]
    values = _span([round(v / p) for v, p in zip(used, rows["processes"], strict=True)])
    return (
        f"{cases}. Per case: {processes} processes. Per process: {values} values. "
        f"Per value: {loops} loops."
    )


def _left_out(result_set: ResultSet, name: str, result: Result) -> str:
    """Say how many values were disturbed or contended, and how many the estimates leave out."""
    frame = _measured(result_set, name)
    marks = frame[["disturbed", "contended"]]
    checked = marks[marks.notna().any(axis="columns")].fillna(False).astype(bool)
    if checked.empty:
        return ""
    of = f"of {formatting.count(len(checked), 'value')}"
    read = {quantity for process in result.processes for quantity in process.per_value}
    causes = [text for quantity, text in DISTURBANCES.items() if quantity in read]
    found = []
    if causes:
        found.append(f"{checked['disturbed'].sum():,} {of} were disturbed by {_either(causes)}")
    if frame["contended"].notna().any():
        of = "" if found else f" {of}"
        found.append(
            f"{checked['contended'].sum():,}{of} were contended: another hardware thread used the "
            "core"
        )
    text = "; ".join(found)
    marked = int(checked.any(axis="columns").sum())
    left_out = int(result_set.on(name)["left_out"].sum())
    if not marked:
        return f"{text}."
    if marked == left_out:
        return f"{text}. {'All of them' if marked > 1 else 'It'} {_were(marked)} left out."
    return (
        f"{text}. {left_out:,} {_were(left_out)} left out; the others were kept where too few "
        "values would have remained."
    )


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _either(items: list[str]) -> str:
    return ", ".join(items[:-1]) + f" or {items[-1]}" if len(items) > 1 else items[0]


def _cycles(result_set: ResultSet, name: str) -> Iterator[str]:
    """Say how core cycles are calibrated, and whether the CPU's own counter confirms them."""
    frame = result_set.frame[result_set.frame["machine"] == name]
    if frame["cycles"].isna().all():
        return
    checked = clock_agreement.check(frame)
    if checked is None:
        yield f"{CALIBRATION} No hardware cycle counter was available to confirm them."
        return
    counter = (
        "The CPU's own cycle counter, which also runs while the clocks are read, counted "
        f"{checked.ratio:.3f} times as many (quartiles {checked.low:.3f} and {checked.high:.3f}, "
        f"{formatting.count(checked.values, 'value')})"
    )
    verdict = (
        "it confirms them."
        if checked.agrees
        else "it does not confirm them, so use cycles here for proportions only."
    )
    yield f"{CALIBRATION} {counter}: {verdict}"


def _not_read(result: Result) -> Iterator[str]:
    """Say which readings could not be taken with the values, and why."""
    reasons = {
        f"{quantity.replace('_', ' ')} ({reason})"
        for process in result.processes
        for quantity, reason in process.missing.items()
    }
    if reasons:
        yield f"{formatting.listed(sorted(reasons))}."


def _order(result: Result) -> str:
    parts = []
    if result.seed is not None:
        parts.append(f"The cases of each round ran in random order (seed {result.seed}).")
    if result.rounds is not None and result.stopped:
        ended = STOPPED.get(result.stopped, result.stopped)
        rounds = formatting.count(result.rounds, "round")
        parts.append(f"The run ended after {rounds} because {ended}.")
    return " ".join(parts)


def _limits(result_set: ResultSet) -> Iterator[tuple[str, str]]:
    few = int((result_set.estimates["processes"] < ENOUGH_PROCESSES).sum())
    if few:
        number = formatting.count(few, "figure rests", "figures rest")
        yield (
            "Limitation: few processes",
            (
                f"{number} on fewer than {ENOUGH_PROCESSES} processes and has no interval: even "
                "the range of their values contains the true median in less than "
                f"{CONFIDENCE:.0%} of all cases (94 % with 5 processes, 75 % with 3). For more "
                "processes use a longer preset."
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
            "Limitation: virtual machines",
            (
                f"Virtualised: {formatting.listed(virtual)}. Interrupts between CPUs and TLB "
                "flushes may trap to the hypervisor, so costs that include them can differ from "
                "those of bare metal."
            ),
        )


def _measured(result_set: ResultSet, machine: str) -> pd.DataFrame:
    frame = result_set.frame
    return frame[(frame["machine"] == machine) & (frame["state"] == "measured")]


def _span(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
