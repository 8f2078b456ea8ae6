"""The answer in a few sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from . import words
from .estimate import Interval
from .figures import switch
from .shelf import Shelf

ONE_CALL = "mprotect-rw-ro"
CEILING = (33, 34)


def sentences(shelf: Shelf, machine: str) -> list[str]:
    """Return what one machine's figures say, most important first."""
    if shelf.evidence == "function":
        return [_function(shelf, machine)]
    if shelf.on(machine).empty:
        return ["Nothing was measured here; the reasons are under “What ran where”."]
    tellers: tuple[Callable[[Shelf, str], Iterator[str]], ...] = (
        _switch, _tagging, _pages, _threads,
    )
    return [sentence for tell in tellers for sentence in tell(shelf, machine)]


def _function(shelf: Shelf, machine: str) -> str:
    states = shelf.cases.loc[shelf.cases["machine"] == machine, "state"].value_counts()
    return (
        f"{words.count(int(states.sum()), 'case')} tried under emulation to see that they work: "
        f"{states.get('measured', 0):,} did, {states.get('failed', 0):,} failed, "
        f"{states.get('skipped', 0):,} could not run. Times under emulation mean nothing and are "
        "not shown."
    )


def _switch(shelf: Shelf, machine: str) -> Iterator[str]:
    rows = switch.table(shelf)
    rows = rows[(rows["machine"] == machine) & (rows["what"] != "process")].set_index("label")
    measured = rows[rows["what"] == "estimate"]
    if measured.empty:
        return
    pages = switch.smallest_size(shelf)
    what = f"a region of {words.count(pages, 'page')}" if pages else "a region"
    start = f"Opening {what} for writing, storing to it and closing it takes"
    if {"WRPKRU", "mprotect"} <= set(measured.index):
        fast, slow = measured.loc["WRPKRU"], measured.loc["mprotect"]
        ratio = shelf.ratio((machine, slow["case"]), (machine, fast["case"]), _net(fast))
        yield (
            f"{start} {_figure(shelf, fast)} by WRPKRU and {_figure(shelf, slow)} by mprotect: "
            f"{_many(shelf, ratio)}."
        )
        return
    parts = [f"{_figure(shelf, row)}{_within(row)} by {label}" for label, row in
             measured[measured.index.isin(["WRPKRU", "mprotect"])].iterrows()]
    if parts:
        yield f"{start} {words.listed(parts)}."
    for label in ("WRPKRU", "mprotect"):
        if label in rows.index and label not in measured.index:
            yield f"By {label} it was not measured: {rows.loc[label, 'note']}."


def _tagging(shelf: Shelf, machine: str) -> Iterator[str]:
    rows = switch.table(shelf)
    rows = rows[(rows["machine"] == machine) & (rows["what"] == "estimate")].set_index("label")
    if not {"pkey_mprotect", "mprotect"} <= set(rows.index):
        return
    tag, plain = rows.loc["pkey_mprotect"], rows.loc["mprotect"]
    ratio = shelf.ratio((machine, tag["case"]), (machine, plain["case"]), _net(tag))
    if not shelf.exact and ratio.low is not None and ratio.low <= 1 <= (ratio.high or 1):
        yield (
            "Doing so by pkey_mprotect can't be told from mprotect: "
            f"{_many(shelf, ratio)}."
        )
    else:
        yield (
            f"Doing so by pkey_mprotect takes {_figure(shelf, tag)}, "
            f"{_many(shelf, ratio)} as by mprotect."
        )


def _pages(shelf: Shelf, machine: str) -> Iterator[str]:
    sizes = _points(shelf, machine, ONE_CALL, "pages")
    if len(sizes) > 1:
        few, many = sizes.iloc[0], sizes.iloc[-1]
        pages = int(many["axis_pages"])
        each = words.cost(many["gross"] / pages, shelf.unit)
        yield (
            "One mprotect from read-write to read-only takes "
            f"{_cost(shelf, few['gross'])} for {words.count(int(few['axis_pages']), 'page')} and "
            f"{_cost(shelf, many['gross'])} for {pages:,} pages ({each} a page)."
        )
    step = sizes[sizes["axis_pages"].isin(CEILING)]
    if len(step) == len(CEILING):
        below, above = step.iloc[0], step.iloc[1]
        ratio = shelf.ratio((machine, above["case"]), (machine, below["case"]), net=False)
        yield (
            f"From 33 pages to 34 the same call goes from {_cost(shelf, below['gross'])} to "
            f"{_cost(shelf, above['gross'])}, {_many(shelf, ratio)}: above 33 pages Linux flushes "
            "the whole TLB at once instead of page by page."
        )


def _threads(shelf: Shelf, machine: str) -> Iterator[str]:
    rows = _points(shelf, machine, "mprotect-siblings", "threads")
    if rows.empty or "axis_siblings" not in rows:
        return
    most = rows["axis_threads"].max()
    at_most = rows[rows["axis_threads"] == most].set_index("axis_siblings")
    if most < 2 or not {"sleeping", "spinning"} <= set(at_most.index):
        return
    awake, asleep = at_most.loc["spinning"], at_most.loc["sleeping"]
    ratio = shelf.ratio((machine, awake["case"]), (machine, asleep["case"]), net=False)
    others = words.count(int(most) - 1, "other thread")
    yield (
        f"While {others} of the process run{'s' if most == 2 else ''} on other CPUs, one mprotect "
        f"takes {_many(shelf, ratio)} as while {'it sleeps' if most == 2 else 'they sleep'}."
    )


def _points(shelf: Shelf, machine: str, benchmark: str, axis: str) -> pd.DataFrame:
    rows = shelf.on(machine)
    column = f"axis_{axis}"
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        return rows.iloc[:0].assign(**{column: pd.Series(dtype="Int64")})
    rows = rows[(rows["benchmark"] == benchmark) & rows[column].notna()]
    return rows.sort_values(column)


def _net(row: pd.Series) -> bool:
    return bool(row["basis"] == "net")


def _figure(shelf: Shelf, row: pd.Series) -> str:
    return _cost(shelf, row["value"])


def _cost(shelf: Shelf, value: float) -> str:
    text = words.cost(value, shelf.unit)
    return f"{text} instructions" if shelf.exact else text


def _within(row: pd.Series) -> str:
    text = words.bounds(row["low"], row["high"], row["unit"])
    return f" (95 % interval {text})" if text else ""


def _many(shelf: Shelf, ratio: Interval) -> str:
    text = f"{words.figures(ratio.value)} times as {'many' if shelf.exact else 'long'}"
    if ratio.low is None or ratio.high is None or shelf.exact:
        return text
    low, high = words.figures(ratio.low), words.figures(ratio.high)
    return f"{text} (95 % interval {low} to {high})"
