"""What several machines' figures say, compared, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import formatting
from ..interval import Interval
from ..derive import switch
from ..estimate.frame import records
from ..estimate.result_set import ResultSet

MOST_NAMED = 3  # machines: of more the number is enough


def sentences(result_set: ResultSet) -> Iterator[str]:
    """Give what sets the machines apart, most important first."""
    pages = switch.smallest_size(result_set)
    region = f"a region of {formatting.count(pages, 'page')}" if pages else "a region"
    opening = f"Opening {region} for writing, storing to it and closing it"
    yield from _spread(result_set, f"{opening} by mprotect", f"switch/mprotect/pages:{pages}")
    yield from _advantage(result_set, pages)
    yield from _spread(result_set, *_largest(result_set))
    yield from _without_keys(result_set)
    yield from _problems(result_set)


def _spread(result_set: ResultSet, what: str, case: str) -> Iterator[str]:
    """Say where a case costs least and where most."""
    rows = _rows(result_set, case)
    if len(rows) < 2:
        return
    ordered = sorted(rows, key=lambda row: float(row["gross"]))
    least, most = ordered[0], ordered[-1]
    ratio = result_set.ratio((most["machine"], case), (least["machine"], case), net=False)
    ends = (
        f"{cost(result_set, least['gross'])} on {least['machine']} and "
        f"{cost(result_set, most['gross'])} on {most['machine']}"
    )
    several = len(rows) > 2
    number = f", the least and the most of {len(rows)} {result_set.noun}s" * several
    told = many(result_set, ratio) if differ(result_set, ratio) else f"not told apart, {many(result_set, ratio)}"
    yield f"{what} takes {ends}{number}: {told}."


def _advantage(result_set: ResultSet, pages: int | None) -> Iterator[str]:
    """Say how many times what WRPKRU costs mprotect does, machine by machine."""
    slow, fast = f"switch/mprotect/pages:{pages}", f"switch/wrpkru-raw/pages:{pages}"
    both = [machine for machine in result_set.names if {slow, fast} <= set(result_set.on(machine)["case"])]
    ratios = [result_set.ratio((name, slow), (name, fast), net=True) for name in both]
    if not both:
        return
    if len(both) <= MOST_NAMED:
        each = [f"{many(result_set, ratio)} on {name}" for name, ratio in zip(both, ratios, strict=True)]
        yield f"Compared with WRPKRU that is {formatting.listed(each)}."
        return
    values = sorted(ratio.value for ratio in ratios)
    ends = f"{formatting.figures(values[0])} to {formatting.figures(values[-1])} times as"
    yield (
        f"Compared with WRPKRU that is {ends} {'many' if result_set.exact else 'long'} on "
        f"{len(both)} {result_set.noun}s."
    )


def _largest(result_set: ResultSet) -> tuple[str, str]:
    """Return one mprotect of the most pages that two machines share."""
    rows = result_set.estimates[result_set.estimates["benchmark"] == "mprotect-rw-ro"]
    shared = rows.groupby("case", sort=False)["machine"].nunique()
    several = [str(case) for case in shared.index[shared > 1]]
    if not several:
        return "", ""
    pages = {case: int(case.rpartition(":")[2]) for case in several if case[-1].isdigit()}
    most = max(pages, key=lambda case: pages[case], default=several[0])
    number = formatting.count(pages.get(most, 0), "page")
    return f"One mprotect of {number} from read-write to read-only", most


def _without_keys(result_set: ResultSet) -> Iterator[str]:
    lacking = [name for name, result in result_set.machines if not has_keys(result.machine)]
    if not lacking:
        return
    if len(lacking) == len(result_set.names):
        yield f"None of these {result_set.noun}s has protection keys: their key cases were skipped."
        return
    names = _named(result_set, lacking)
    yield f"No protection keys: {names}."


def has_keys(machine: Any) -> bool:
    """Tell whether a machine's facts don't say that it has no keys."""
    keys = machine.get("keys")
    return not (isinstance(keys, dict) and keys.get("supported") is False)


def _problems(result_set: ResultSet) -> Iterator[str]:
    worst = [
        name
        for name, result in result_set.machines
        if any(finding.status == "problem" for finding in result.findings)
    ]
    if worst:
        names = _named(result_set, worst)
        whose = "its" if len(worst) == 1 else "their"
        yield f"Doctor found a problem on {names}: read {whose} figures with care."


def _named(result_set: ResultSet, names: list[str]) -> str:
    """Return machines by name, of many their number."""
    few = len(names) <= MOST_NAMED
    return formatting.listed(names) if few else formatting.count(len(names), result_set.noun)


def _rows(result_set: ResultSet, case: str) -> list[dict[str, Any]]:
    return records(result_set.estimates[result_set.estimates["case"] == case])


def cost(result_set: ResultSet, value: float) -> str:
    """Return a figure as a sentence has it."""
    text = formatting.cost(value, result_set.unit)
    return f"{text} instructions" if result_set.exact else text


def many(result_set: ResultSet, ratio: Interval) -> str:
    """Return a ratio as a sentence has it, with its interval."""
    text = f"{formatting.figures(ratio.value)} times as {'many' if result_set.exact else 'long'}"
    if ratio.low is None or ratio.high is None or result_set.exact:
        return text
    low, high = formatting.figures(ratio.low), formatting.figures(ratio.high)
    return f"{text} ({formatting.interval_name(ratio.processes)} {low} to {high})"


def differ(result_set: ResultSet, ratio: Interval) -> bool:
    """Tell whether two costs can be told apart."""
    if result_set.exact or ratio.low is None or ratio.high is None:
        return ratio.value != 1
    return not ratio.low <= 1 <= ratio.high
