"""Summarise how several machines, or kernels, compare in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .. import formatting
from ..compare.machines import Machines, Ratio
from ..derive import switch
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..interval import Interval

MOST_NAMED = 3  # machines named in a sentence; beyond that their number is enough


def sentences(machines: Machines) -> Iterator[str]:
    """Give the differences between the machines of a result set, most important first."""
    result_set = machines.result_set
    pages = switch.smallest_size(result_set)
    region = region_of(pages)
    yield from _spread(
        machines,
        f"Opening {region} for writing, storing to it and closing it with mprotect",
        f"switch/mprotect/pages:{pages}",
    )
    yield from _advantage(result_set, pages)
    yield from _spread(machines, *_largest(result_set))
    yield from _without_keys(result_set)
    yield from _problems(result_set)


def region_of(pages: int | None) -> str:
    """Return what a sentence calls a region of so many pages; None where the size is not known."""
    return f"a {pages:,}-page region" if pages else "a region"


def _spread(machines: Machines, what: str, case: str) -> Iterator[str]:
    """Compare the machines where a case costs least and most."""
    result_set = machines.result_set
    rows = _rows(result_set, case)
    if len(rows) < 2:
        return
    ordered = sorted(rows, key=lambda row: float(row["gross"]))
    least, most = ordered[0], ordered[-1]
    ratio = machines.ratios(least["machine"], most["machine"])[case]
    ends = (
        f"{cost(result_set, least['gross'])} on {least['machine']} and "
        f"{cost(result_set, most['gross'])} on {most['machine']}"
    )
    extremes = "fewest and most" if result_set.exact else "fastest and slowest"
    among = f", the {extremes} of {len(rows)} {result_set.noun}s" if len(rows) > 2 else ""
    yield f"{what} takes {ends}{among}: {_verdict(result_set, ratio)}."


def _verdict(result_set: ResultSet, ratio: Ratio) -> str:
    """Return in words what `compare` says of two costs."""
    if ratio.differs:
        return comparison(result_set, ratio.interval)
    return "the same" if result_set.exact else no_difference(ratio.interval)


def _advantage(result_set: ResultSet, pages: int | None) -> Iterator[str]:
    """Compare mprotect with WRPKRU on each machine that measured both."""
    slow, fast = f"switch/mprotect/pages:{pages}", f"switch/wrpkru-raw/pages:{pages}"
    both = [
        machine
        for machine in result_set.names
        if {slow, fast} <= set(result_set.on(machine)["case"])
    ]
    ratios = [result_set.ratio((name, slow), (name, fast), net=True) for name in both]
    if not both:
        return
    start = "Compared with WRPKRU, mprotect " + ("executes" if result_set.exact else "is")
    if len(both) <= MOST_NAMED:
        each = [
            f"{comparison(result_set, ratio, noun=True)} on {name}"
            for name, ratio in zip(both, ratios, strict=True)
        ]
        yield f"{start} {formatting.listed(each)}."
        return
    values = sorted(ratio.value for ratio in ratios)
    ends = f"{formatting.figures(values[0])} to {formatting.figures(values[-1])} times"
    more = "more instructions" if result_set.exact else "slower"
    yield f"{start} {ends} {more} on {len(both)} {result_set.noun}s."


def _largest(result_set: ResultSet) -> tuple[str, str]:
    """Return a name for, and the case of, the largest mprotect that two machines measured."""
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
        noun = result_set.noun
        yield f"None of these {noun}s has protection keys, so the key cases were skipped."
        return
    names = _named(result_set, lacking)
    yield f"No protection keys: {names}."


def has_keys(machine: Any) -> bool:
    """Return False only if a machine's facts say that it has no protection keys."""
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
        yield f"pkbench doctor found a problem on {names}; treat {whose} figures with caution."


def _named(result_set: ResultSet, names: list[str]) -> str:
    """Return the names of a few machines, or the number of many."""
    few = len(names) <= MOST_NAMED
    return formatting.listed(names) if few else formatting.count(len(names), result_set.noun)


def _rows(result_set: ResultSet, case: str) -> list[dict[str, Any]]:
    return records(result_set.estimates[result_set.estimates["case"] == case])


def cost(result_set: ResultSet, value: float) -> str:
    """Return a cost with its unit; `value` is in seconds, or in instructions where exact."""
    text = formatting.cost(value, result_set.unit)
    return f"{text} instructions" if result_set.exact else text


def difference(result_set: ResultSet, ratio: Interval) -> str:
    """Return how two costs compare; an inconclusive ratio is called no measurable difference."""
    if differs(result_set, ratio):
        return comparison(result_set, ratio)
    return "the same" if result_set.exact else no_difference(ratio)


def no_difference(ratio: Interval) -> str:
    """Return that two costs do not measurably differ, or that nothing is known, with the ratio."""
    interval = _interval(ratio)
    value = formatting.figures(ratio.value)
    if not interval:
        return f"inconclusive (ratio {value}, too few processes for an interval)"
    if _excludes_one(ratio):
        return f"inconclusive (ratio {value}, {interval}; `pkbench compare` says why)"
    return f"no measurable difference (ratio {value}, {interval})"


def comparison(result_set: ResultSet, ratio: Interval, noun: bool = False) -> str:
    """Return a ratio of two costs in words, as in `1.38 times slower` or `174 times more`.

    A ratio below 1 is inverted and called faster, or fewer. Measured ratios come with their
    interval; counts are exact. With `noun` the word instructions follows.
    """
    larger = ratio.value >= 1
    shown = ratio if larger else _inverse(ratio)
    if result_set.exact:
        word = ("more" if larger else "fewer") + " instructions" * noun
        return f"{formatting.figures(shown.value)} times {word}"
    text = f"{formatting.figures(shown.value)} times {'slower' if larger else 'faster'}"
    interval = _interval(shown)
    return f"{text} ({interval})" if interval else text


def _inverse(ratio: Interval) -> Interval:
    low, high = (1 / bound if bound else None for bound in (ratio.high, ratio.low))
    return Interval(1 / ratio.value, low, high, ratio.processes)


def _interval(ratio: Interval) -> str:
    if ratio.bounds is None:
        return ""
    low, high = map(formatting.figures, ratio.bounds)
    return f"95 % interval {low} to {high}"


def differs(result_set: ResultSet, ratio: Interval) -> bool:
    """Return whether two costs differ: a ratio's interval must not contain 1.

    Without an interval nothing is known to differ.
    """
    return ratio.value != 1 if result_set.exact else _excludes_one(ratio)


def _excludes_one(ratio: Interval) -> bool:
    return ratio.bounds is not None and not ratio.bounds[0] <= 1 <= ratio.bounds[1]
