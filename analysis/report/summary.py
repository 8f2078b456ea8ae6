"""Summarise the figures of one kind of evidence in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from .. import formatting
from ..compare.machines import Machines
from ..derive import switch
from ..derive.cost_per_page import per_page
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..interval import Interval
from . import machines_summary
from .machines_summary import comparison, cost, difference, differs, region_of

ONE_CALL = "mprotect-rw-ro"
ONE_TAG = "pkey-mprotect-0-k"
CEILING = [33, 34]  # pages, on both sides of Linux's tlb_single_page_flush_ceiling
MOST_LEADS = 3  # machines that have a sentence at the head of a subject
MOST_NAMED = 3  # findings named; beyond that their number is enough

Row = dict[str, Any]


def sentences(result_set: ResultSet, machines: Machines) -> list[str]:
    """Return the summary, most important first: of one machine, or of several compared."""
    if result_set.evidence == "function":
        return [_function(result_set, name) for name in result_set.names]
    if result_set.estimates.empty:
        return ["Nothing was measured; see “Coverage” for the reasons."]
    if len(result_set.names) > 1:
        return list(machines_summary.sentences(machines))
    (machine,) = result_set.names
    parts = (_switch, _tagging, _pages, _further_page, _threads, _noise)
    return [sentence for part in parts for sentence in part(result_set, machine)]


def leads(result_set: ResultSet) -> dict[str, list[str]]:
    """Return the sentences that open a subject of the page, by the subject's key."""
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
        f"{formatting.count(int(states.sum()), 'case')} run under emulation to check function: "
        f"{states.get('measured', 0):,} passed, {states.get('failed', 0):,} failed, "
        f"{states.get('skipped', 0):,} skipped. Times under emulation mean nothing and are "
        "not shown."
    )


def _switch(result_set: ResultSet, machine: str) -> Iterator[str]:
    ways = _ways(result_set, machine)
    fast, slow = ways.get("WRPKRU"), ways.get("mprotect")
    region = region_of(switch.smallest_size(result_set))
    start = f"Opening {region} for writing, storing to it and closing it takes"
    if fast and slow and _has_cost(fast) and _has_cost(slow):
        ratio = comparison(result_set, _ratio(result_set, slow, fast))
        yield (
            f"{start} {cost(result_set, fast['value'])} with WRPKRU and "
            f"{cost(result_set, slow['value'])} with mprotect: {ratio}."
        )
    elif slow and _has_cost(slow):
        without = f" WRPKRU: {_why_no_cost(fast)}." if fast else ""
        yield f"{start} {cost(result_set, slow['value'])}{_within(slow)} with mprotect.{without}"
    elif fast and _has_cost(fast):
        yield f"{start} {cost(result_set, fast['value'])}{_within(fast)} with WRPKRU."


def _tagging(result_set: ResultSet, machine: str) -> Iterator[str]:
    ways = _ways(result_set, machine)
    tag, plain = ways.get("pkey_mprotect"), ways.get("mprotect")
    if not (tag and plain and _has_cost(tag) and _has_cost(plain)):
        return
    ratio = difference(result_set, _ratio(result_set, tag, plain))
    taken = cost(result_set, tag["value"])
    yield f"With pkey_mprotect it takes {taken}; compared with mprotect: {ratio}."


def _pages(result_set: ResultSet, machine: str) -> Iterator[str]:
    sizes = records(_points(result_set, machine, ONE_CALL, "pages"))
    if len(sizes) > 1:
        few, many = sizes[0], sizes[-1]
        pages = int(many["axis_pages"])
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(result_set, few['gross'])} for "
            f"{formatting.count(int(few['axis_pages']), 'page')}{_within(few)} and "
            f"{cost(result_set, many['gross'])} for {pages:,} pages{_within(many)}, "
            f"which is {cost(result_set, many['gross'] / pages)} per page."
        )


def _further_page(result_set: ResultSet, machine: str) -> Iterator[str]:
    if not result_set.exact:
        return
    found = per_page(result_set)
    each = dict(found.loc[found["machine"] == machine, ["benchmark", "page"]].to_numpy())
    plain, keyed = each.get(ONE_CALL), each.get(ONE_TAG)
    if plain and keyed:
        yield (
            f"Each further page of 4 KiB adds {formatting.figures(plain)} instructions to an "
            f"mprotect from read-write to read-only and {formatting.figures(keyed)} to a "
            "pkey_mprotect from key 0 to another key."
        )


def _ceiling(result_set: ResultSet, machine: str) -> Iterator[str]:
    sizes = _points(result_set, machine, ONE_CALL, "pages")
    step = records(sizes[sizes["axis_pages"].isin(CEILING)])
    if len(step) == len(CEILING):
        below, above = step
        ratio = _ratio(result_set, above, below)
        why = " Above 33 pages Linux flushes the whole TLB at once instead of page by page."
        yield (
            "One mprotect from read-write to read-only takes "
            f"{cost(result_set, below['gross'])} for 33 pages and "
            f"{cost(result_set, above['gross'])} for 34: {difference(result_set, ratio)}."
            f"{why if differs(result_set, ratio) else ''}"
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
    others = formatting.count(most - 1, "other thread")
    start = f"While {others} of the process {'spins' if one else 'spin'} in user mode, mprotect"
    asleep = "while that thread sleeps" if one else "while those threads sleep"
    if differs(result_set, ratio):
        verb = "executes" if result_set.exact else "is"
        yield f"{start} {verb} {comparison(result_set, ratio, noun=True)} than {asleep}."
    else:
        same = "executes as many instructions" if result_set.exact else "takes as long"
        yield f"{start} {same} as {asleep}: {difference(result_set, ratio)}."


def _noise(result_set: ResultSet, machine: str) -> Iterator[str]:
    found = dict(result_set.machines)[machine].findings
    parts = []
    for status in ("problem", "warning"):
        checks = [finding.check for finding in found if finding.status == status]
        if len(checks) > MOST_NAMED:
            parts.append(formatting.count(len(checks), status))
        elif checks:
            parts.append(f"{formatting.listed(checks)} ({status})")
    if parts:
        yield f"Possible noise sources reported by pkbench doctor: {'; '.join(parts)}."


def _ways(result_set: ResultSet, machine: str) -> dict[str, Row]:
    """Return the ways to switch by name; those without a cost have the reason as their note."""
    rows = switch.table(result_set)
    rows = rows[(rows["machine"] == machine) & (rows["what"] != "process")]
    return {str(row["label"]): row for row in records(rows)}


def _points(result_set: ResultSet, machine: str, benchmark: str, axis: str) -> pd.DataFrame:
    """Return a machine's estimates of one benchmark in the order of a numeric axis."""
    rows = result_set.on(machine)
    column = f"axis_{axis}"
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        return rows.iloc[:0].assign(**{column: pd.Series(dtype="Int64")})
    rows = rows[(rows["benchmark"] == benchmark) & rows[column].notna()]
    return rows.sort_values(column)


def _has_cost(row: Row) -> bool:
    return bool(row["what"] == "estimate")


def _why_no_cost(row: Row) -> str:
    state, _, reason = str(row["note"]).partition(": ")
    return f"not measured; {reason}" if state == "skipped" else str(row["note"])


def _ratio(result_set: ResultSet, over: Row, under: Row) -> Interval:
    net = over.get("basis") == "net"
    return result_set.ratio((over["machine"], over["case"]), (under["machine"], under["case"]), net)


def _within(row: Row) -> str:
    return formatting.within(row["low"], row["high"], row["unit"])
