"""The answer in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from . import machines_summary
from .. import formatting
from .machines_summary import cost, differ, many
from ..interval import Interval
from ..derive import switch
from ..estimate.frame import records
from ..derive.cost_per_page import per_page
from ..estimate.result_set import ResultSet

ONE_CALL = "mprotect-rw-ro"
ONE_TAG = "pkey-mprotect-0-k"
CEILING = [33, 34]
MOST_LEADS = 3  # machines that a subject begins with a sentence on
MOST_NAMED = 3  # findings: of more the number is enough

Row = dict[str, Any]


def sentences(result_set: ResultSet) -> list[str]:
    """Return what the figures say, most important first: of one machine, or of several compared."""
    if result_set.evidence == "function":
        return [_function(result_set, name) for name in result_set.names]
    if result_set.estimates.empty:
        return ["Nothing was measured; the reasons are under “What ran where”."]
    if len(result_set.names) > 1:
        return list(machines_summary.sentences(result_set))
    (machine,) = result_set.names
    tellers = (_switch, _tagging, _pages, _further_page, _threads, _spoiling)
    return [sentence for tell in tellers for sentence in tell(result_set, machine)]


def leads(result_set: ResultSet) -> dict[str, list[str]]:
    """Return what to look for in the figures of a subject, by the subject's key."""
    several = len(result_set.names) > 1
    found = [
        f"On {name}: {sentence[0].lower()}{sentence[1:]}" if several else sentence
        for name in result_set.names[:MOST_LEADS]
        for sentence in _ceiling(result_set, name)
    ]
    return {"pages": found}


def _function(result_set: ResultSet, machine: str) -> str:
    states = result_set.cases.loc[result_set.cases["machine"] == machine, "state"].value_counts()
    return (
        f"{formatting.count(int(states.sum()), 'case')} tried under emulation to see that they work: "
        f"{states.get('measured', 0):,} did, {states.get('failed', 0):,} failed, "
        f"{states.get('skipped', 0):,} could not run. Times under emulation mean nothing and are "
        "not shown."
    )


def _switch(result_set: ResultSet, machine: str) -> Iterator[str]:
    ways = _ways(result_set, machine)
    fast, slow = ways.get("WRPKRU"), ways.get("mprotect")
    start = f"Opening {_region(result_set)} for writing, storing to it and closing it takes"
    if fast and slow and _told(fast) and _told(slow):
        yield (
            f"{start} {cost(result_set, fast['value'])} by WRPKRU and {cost(result_set, slow['value'])} "
            f"by mprotect: {many(result_set, _ratio(result_set, slow, fast))}."
        )
    elif slow and _told(slow):
        without = f"; by WRPKRU it was {fast['note']}" if fast else ""
        yield f"{start} {cost(result_set, slow['value'])}{_within(slow)} by mprotect{without}."
    elif fast and _told(fast):
        yield f"{start} {cost(result_set, fast['value'])}{_within(fast)} by WRPKRU."


def _tagging(result_set: ResultSet, machine: str) -> Iterator[str]:
    ways = _ways(result_set, machine)
    tag, plain = ways.get("pkey_mprotect"), ways.get("mprotect")
    if not (tag and plain and _told(tag) and _told(plain)):
        return
    ratio = _ratio(result_set, tag, plain)
    if not differ(result_set, ratio):
        yield f"By pkey_mprotect it can't be told from mprotect: {many(result_set, ratio)}."
    else:
        taken = cost(result_set, tag["value"])
        yield f"By pkey_mprotect it takes {taken}, {many(result_set, ratio)} as by mprotect."


def _pages(result_set: ResultSet, machine: str) -> Iterator[str]:
    sizes = records(_points(result_set, machine, ONE_CALL, "pages"))
    if len(sizes) > 1:
        few, many = sizes[0], sizes[-1]
        pages = int(many["axis_pages"])
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(result_set, few['gross'])} for {formatting.count(int(few['axis_pages']), 'page')}"
            f"{_within(few)} and {cost(result_set, many['gross'])} for {pages:,} pages{_within(many)}: "
            f"{cost(result_set, many['gross'] / pages)} a page."
        )


def _further_page(result_set: ResultSet, machine: str) -> Iterator[str]:
    if not result_set.exact:
        return
    found = per_page(result_set)
    each = dict(found.loc[found["machine"] == machine, ["benchmark", "page"]].to_numpy())
    plain, keyed = each.get(ONE_CALL), each.get(ONE_TAG)
    if plain and keyed:
        yield (
            f"Each further page of 4 KiB takes {formatting.figures(plain)} instructions by mprotect "
            f"from read-write to read-only and {formatting.figures(keyed)} by pkey_mprotect from key 0 "
            "to another."
        )


def _ceiling(result_set: ResultSet, machine: str) -> Iterator[str]:
    sizes = _points(result_set, machine, ONE_CALL, "pages")
    step = records(sizes[sizes["axis_pages"].isin(CEILING)])
    if len(step) == len(CEILING):
        below, above = step
        ratio = _ratio(result_set, above, below)
        why = "above 33 pages Linux flushes the whole TLB at once instead of page by page"
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(result_set, below['gross'])} for 33 pages and {cost(result_set, above['gross'])} for 34, "
            f"{many(result_set, ratio)}"
            f"{f': {why}' if differ(result_set, ratio) else ': no step can be told'}."
        )


def _threads(result_set: ResultSet, machine: str) -> Iterator[str]:
    rows = _points(result_set, machine, "mprotect-siblings", "threads")
    if rows.empty or "axis_siblings" not in rows:
        return
    most = int(rows["axis_threads"].max())
    siblings = {row["axis_siblings"]: row for row in records(rows[rows["axis_threads"] == most])}
    if most < 2 or not {"sleeping", "spinning"} <= set(siblings):
        return
    ratio = _ratio(result_set, siblings["spinning"], siblings["sleeping"])
    one = most == 2
    told = "" if differ(result_set, ratio) else ": no difference can be told"
    yield (
        f"While {formatting.count(most - 1, 'other thread')} of the process "
        f"{'spins' if one else 'spin'} in user mode, one mprotect takes "
        f"{many(result_set, ratio)} as while {'it sleeps' if one else 'they sleep'}{told}."
    )


def _spoiling(result_set: ResultSet, machine: str) -> Iterator[str]:
    found = dict(result_set.machines)[machine].findings
    parts = []
    for status in ("problem", "warning"):
        checks = [finding.check for finding in found if finding.status == status]
        if len(checks) > MOST_NAMED:
            parts.append(formatting.count(len(checks), status))
        elif checks:
            parts.append(f"{formatting.listed(checks)} ({status})")
    if parts:
        yield f"What may spoil these figures, says doctor: {'; '.join(parts)}."


def _ways(result_set: ResultSet, machine: str) -> dict[str, Row]:
    """Return the ways to switch by name, those that were not measured with the reason."""
    rows = switch.table(result_set)
    rows = rows[(rows["machine"] == machine) & (rows["what"] != "process")]
    return {str(row["label"]): row for row in records(rows)}


def _region(result_set: ResultSet) -> str:
    pages = switch.smallest_size(result_set)
    return f"a region of {formatting.count(pages, 'page')}" if pages else "a region"


def _points(result_set: ResultSet, machine: str, benchmark: str, axis: str) -> pd.DataFrame:
    rows = result_set.on(machine)
    column = f"axis_{axis}"
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        return rows.iloc[:0].assign(**{column: pd.Series(dtype="Int64")})
    rows = rows[(rows["benchmark"] == benchmark) & rows[column].notna()]
    return rows.sort_values(column)


def _told(row: Row) -> bool:
    return bool(row["what"] == "estimate")


def _ratio(result_set: ResultSet, over: Row, under: Row) -> Interval:
    net = over.get("basis") == "net"
    return result_set.ratio((over["machine"], over["case"]), (under["machine"], under["case"]), net)


def _within(row: Row) -> str:
    return formatting.within(row["low"], row["high"], row["unit"], int(row["processes"]))
