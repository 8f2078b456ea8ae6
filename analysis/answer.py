"""The answer in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from . import across, words
from .across import cost, differ, many
from .estimate import Interval
from .figures import switch
from .frame import records
from .marginal import per_page
from .shelf import Shelf

ONE_CALL = "mprotect-rw-ro"
ONE_TAG = "pkey-mprotect-0-k"
CEILING = [33, 34]
MOST_LEADS = 3  # machines that a subject begins with a sentence on
MOST_NAMED = 3  # findings: of more the number is enough

Row = dict[str, Any]


def sentences(shelf: Shelf) -> list[str]:
    """Return what the figures say, most important first: of one machine, or of several compared."""
    if shelf.evidence == "function":
        return [_function(shelf, name) for name in shelf.names]
    if shelf.estimates.empty:
        return ["Nothing was measured; the reasons are under “What ran where”."]
    if len(shelf.names) > 1:
        return list(across.sentences(shelf))
    (machine,) = shelf.names
    tellers = (_switch, _tagging, _pages, _further_page, _threads, _spoiling)
    return [sentence for tell in tellers for sentence in tell(shelf, machine)]


def leads(shelf: Shelf) -> dict[str, list[str]]:
    """Return what to look for in the figures of a subject, by the subject's key."""
    several = len(shelf.names) > 1
    found = [
        f"On {name}: {sentence[0].lower()}{sentence[1:]}" if several else sentence
        for name in shelf.names[:MOST_LEADS]
        for sentence in _ceiling(shelf, name)
    ]
    return {"pages": found}


def _function(shelf: Shelf, machine: str) -> str:
    states = shelf.cases.loc[shelf.cases["machine"] == machine, "state"].value_counts()
    return (
        f"{words.count(int(states.sum()), 'case')} tried under emulation to see that they work: "
        f"{states.get('measured', 0):,} did, {states.get('failed', 0):,} failed, "
        f"{states.get('skipped', 0):,} could not run. Times under emulation mean nothing and are "
        "not shown."
    )


def _switch(shelf: Shelf, machine: str) -> Iterator[str]:
    ways = _ways(shelf, machine)
    fast, slow = ways.get("WRPKRU"), ways.get("mprotect")
    start = f"Opening {_region(shelf)} for writing, storing to it and closing it takes"
    if fast and slow and _told(fast) and _told(slow):
        yield (
            f"{start} {cost(shelf, fast['value'])} by WRPKRU and {cost(shelf, slow['value'])} "
            f"by mprotect: {many(shelf, _ratio(shelf, slow, fast))}."
        )
    elif slow and _told(slow):
        without = f"; by WRPKRU it was {fast['note']}" if fast else ""
        yield f"{start} {cost(shelf, slow['value'])}{_within(slow)} by mprotect{without}."
    elif fast and _told(fast):
        yield f"{start} {cost(shelf, fast['value'])}{_within(fast)} by WRPKRU."


def _tagging(shelf: Shelf, machine: str) -> Iterator[str]:
    ways = _ways(shelf, machine)
    tag, plain = ways.get("pkey_mprotect"), ways.get("mprotect")
    if not (tag and plain and _told(tag) and _told(plain)):
        return
    ratio = _ratio(shelf, tag, plain)
    if not differ(shelf, ratio):
        yield f"By pkey_mprotect it can't be told from mprotect: {many(shelf, ratio)}."
    else:
        taken = cost(shelf, tag["value"])
        yield f"By pkey_mprotect it takes {taken}, {many(shelf, ratio)} as by mprotect."


def _pages(shelf: Shelf, machine: str) -> Iterator[str]:
    sizes = records(_points(shelf, machine, ONE_CALL, "pages"))
    if len(sizes) > 1:
        few, many = sizes[0], sizes[-1]
        pages = int(many["axis_pages"])
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(shelf, few['gross'])} for {words.count(int(few['axis_pages']), 'page')}"
            f"{_within(few)} and {cost(shelf, many['gross'])} for {pages:,} pages{_within(many)}: "
            f"{cost(shelf, many['gross'] / pages)} a page."
        )


def _further_page(shelf: Shelf, machine: str) -> Iterator[str]:
    if not shelf.exact:
        return
    found = per_page(shelf)
    each = dict(found.loc[found["machine"] == machine, ["benchmark", "page"]].to_numpy())
    plain, keyed = each.get(ONE_CALL), each.get(ONE_TAG)
    if plain and keyed:
        yield (
            f"Each further page of 4 KiB takes {words.figures(plain)} instructions by mprotect "
            f"from read-write to read-only and {words.figures(keyed)} by pkey_mprotect from key 0 "
            "to another."
        )


def _ceiling(shelf: Shelf, machine: str) -> Iterator[str]:
    sizes = _points(shelf, machine, ONE_CALL, "pages")
    step = records(sizes[sizes["axis_pages"].isin(CEILING)])
    if len(step) == len(CEILING):
        below, above = step
        ratio = _ratio(shelf, above, below)
        why = "above 33 pages Linux flushes the whole TLB at once instead of page by page"
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(shelf, below['gross'])} for 33 pages and {cost(shelf, above['gross'])} for 34, "
            f"{many(shelf, ratio)}"
            f"{f': {why}' if differ(shelf, ratio) else ': no step can be told'}."
        )


def _threads(shelf: Shelf, machine: str) -> Iterator[str]:
    rows = _points(shelf, machine, "mprotect-siblings", "threads")
    if rows.empty or "axis_siblings" not in rows:
        return
    most = int(rows["axis_threads"].max())
    siblings = {row["axis_siblings"]: row for row in records(rows[rows["axis_threads"] == most])}
    if most < 2 or not {"sleeping", "spinning"} <= set(siblings):
        return
    ratio = _ratio(shelf, siblings["spinning"], siblings["sleeping"])
    one = most == 2
    told = "" if differ(shelf, ratio) else ": no difference can be told"
    yield (
        f"While {words.count(most - 1, 'other thread')} of the process "
        f"{'spins' if one else 'spin'} in user mode, one mprotect takes "
        f"{many(shelf, ratio)} as while {'it sleeps' if one else 'they sleep'}{told}."
    )


def _spoiling(shelf: Shelf, machine: str) -> Iterator[str]:
    found = dict(shelf.machines)[machine].findings
    parts = []
    for status in ("problem", "warning"):
        checks = [finding.check for finding in found if finding.status == status]
        if len(checks) > MOST_NAMED:
            parts.append(words.count(len(checks), status))
        elif checks:
            parts.append(f"{words.listed(checks)} ({status})")
    if parts:
        yield f"What may spoil these figures, says doctor: {'; '.join(parts)}."


def _ways(shelf: Shelf, machine: str) -> dict[str, Row]:
    """Return the ways to switch by name, those that were not measured with the reason."""
    rows = switch.table(shelf)
    rows = rows[(rows["machine"] == machine) & (rows["what"] != "process")]
    return {str(row["label"]): row for row in records(rows)}


def _region(shelf: Shelf) -> str:
    pages = switch.smallest_size(shelf)
    return f"a region of {words.count(pages, 'page')}" if pages else "a region"


def _points(shelf: Shelf, machine: str, benchmark: str, axis: str) -> pd.DataFrame:
    rows = shelf.on(machine)
    column = f"axis_{axis}"
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        return rows.iloc[:0].assign(**{column: pd.Series(dtype="Int64")})
    rows = rows[(rows["benchmark"] == benchmark) & rows[column].notna()]
    return rows.sort_values(column)


def _told(row: Row) -> bool:
    return bool(row["what"] == "estimate")


def _ratio(shelf: Shelf, over: Row, under: Row) -> Interval:
    net = over.get("basis") == "net"
    return shelf.ratio((over["machine"], over["case"]), (under["machine"], under["case"]), net)


def _within(row: Row) -> str:
    return words.within(row["low"], row["high"], row["unit"], int(row["processes"]))
