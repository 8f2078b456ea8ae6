"""What several machines' figures say, compared, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import words
from .estimate import Interval
from .figures import switch
from .frame import records
from .shelf import Shelf

MOST_NAMED = 3  # machines: of more the number is enough


def sentences(shelf: Shelf) -> Iterator[str]:
    """Give what sets the machines apart, most important first."""
    pages = switch.smallest_size(shelf)
    region = f"a region of {words.count(pages, 'page')}" if pages else "a region"
    opening = f"Opening {region} for writing, storing to it and closing it"
    yield from _spread(shelf, f"{opening} by mprotect", f"switch/mprotect/pages:{pages}")
    yield from _advantage(shelf, pages)
    yield from _spread(shelf, *_largest(shelf))
    yield from _without_keys(shelf)
    yield from _problems(shelf)


def _spread(shelf: Shelf, what: str, case: str) -> Iterator[str]:
    """Say where a case costs least and where most."""
    rows = _rows(shelf, case)
    if len(rows) < 2:
        return
    ordered = sorted(rows, key=lambda row: float(row["gross"]))
    least, most = ordered[0], ordered[-1]
    ratio = shelf.ratio((most["machine"], case), (least["machine"], case), net=False)
    ends = (
        f"{cost(shelf, least['gross'])} on {least['machine']} and "
        f"{cost(shelf, most['gross'])} on {most['machine']}"
    )
    several = len(rows) > 2
    number = f", the least and the most of {len(rows)} {shelf.noun}s" * several
    told = many(shelf, ratio) if differ(shelf, ratio) else f"not told apart, {many(shelf, ratio)}"
    yield f"{what} takes {ends}{number}: {told}."


def _advantage(shelf: Shelf, pages: int | None) -> Iterator[str]:
    """Say how many times what WRPKRU costs mprotect does, machine by machine."""
    slow, fast = f"switch/mprotect/pages:{pages}", f"switch/wrpkru-raw/pages:{pages}"
    both = [machine for machine in shelf.names if {slow, fast} <= set(shelf.on(machine)["case"])]
    ratios = [shelf.ratio((name, slow), (name, fast), net=True) for name in both]
    if not both:
        return
    if len(both) <= MOST_NAMED:
        each = [f"{many(shelf, ratio)} on {name}" for name, ratio in zip(both, ratios, strict=True)]
        yield f"Compared with WRPKRU that is {words.listed(each)}."
        return
    values = sorted(ratio.value for ratio in ratios)
    ends = f"{words.figures(values[0])} to {words.figures(values[-1])} times as"
    yield (
        f"Compared with WRPKRU that is {ends} {'many' if shelf.exact else 'long'} on "
        f"{len(both)} {shelf.noun}s."
    )


def _largest(shelf: Shelf) -> tuple[str, str]:
    """Return one mprotect of the most pages that two machines share."""
    rows = shelf.estimates[shelf.estimates["benchmark"] == "mprotect-rw-ro"]
    shared = rows.groupby("case", sort=False)["machine"].nunique()
    several = [str(case) for case in shared.index[shared > 1]]
    if not several:
        return "", ""
    pages = {case: int(case.rpartition(":")[2]) for case in several if case[-1].isdigit()}
    most = max(pages, key=lambda case: pages[case], default=several[0])
    number = words.count(pages.get(most, 0), "page")
    return f"One mprotect of {number} from read-write to read-only", most


def _without_keys(shelf: Shelf) -> Iterator[str]:
    lacking = [name for name, result in shelf.machines if not has_keys(result.machine)]
    if not lacking:
        return
    if len(lacking) == len(shelf.names):
        yield f"None of these {shelf.noun}s has protection keys: their key cases were skipped."
        return
    names = _named(shelf, lacking)
    yield f"No protection keys: {names}."


def has_keys(machine: Any) -> bool:
    """Tell whether a machine's facts don't say that it has no keys."""
    keys = machine.get("keys")
    return not (isinstance(keys, dict) and keys.get("supported") is False)


def _problems(shelf: Shelf) -> Iterator[str]:
    worst = [
        name
        for name, result in shelf.machines
        if any(finding.status == "problem" for finding in result.findings)
    ]
    if worst:
        names = _named(shelf, worst)
        whose = "its" if len(worst) == 1 else "their"
        yield f"Doctor found a problem on {names}: read {whose} figures with care."


def _named(shelf: Shelf, names: list[str]) -> str:
    """Return machines by name, of many their number."""
    few = len(names) <= MOST_NAMED
    return words.listed(names) if few else words.count(len(names), shelf.noun)


def _rows(shelf: Shelf, case: str) -> list[dict[str, Any]]:
    return records(shelf.estimates[shelf.estimates["case"] == case])


def cost(shelf: Shelf, value: float) -> str:
    """Return a figure as a sentence has it."""
    text = words.cost(value, shelf.unit)
    return f"{text} instructions" if shelf.exact else text


def many(shelf: Shelf, ratio: Interval) -> str:
    """Return a ratio as a sentence has it, with its interval."""
    text = f"{words.figures(ratio.value)} times as {'many' if shelf.exact else 'long'}"
    if ratio.low is None or ratio.high is None or shelf.exact:
        return text
    low, high = words.figures(ratio.low), words.figures(ratio.high)
    return f"{text} ({words.interval_name(ratio.processes)} {low} to {high})"


def differ(shelf: Shelf, ratio: Interval) -> bool:
    """Tell whether two costs can be told apart."""
    if shelf.exact or ratio.low is None or ratio.high is None:
        return ratio.value != 1
    return not ratio.low <= 1 <= ratio.high
