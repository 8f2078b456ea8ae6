"""A floor (fixed overhead) never costs more than what contains it, in committed results."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from places import ROOT

import pkbench.analysis as pka
from pkbench.cases.catalogue import parse_case
from pkbench.cases.points import PointError

RESULTS = ROOT / "results"
COUNTS = sorted(RESULTS.glob("path-length-*.json.gz"))
TIMES = sorted(RESULTS.glob("*-keys-*.json.gz"))  # others are of machines no longer at hand

# In two cases the kernel may merge mappings at different moments: some instructions in thousands.
COUNTS_DIFFER = 0.001
# Two loops of the same work differ by where they lie (analysis.estimate.estimate.LOOPS_DIFFER).
TIMES_DIFFER = 0.02


def pairs(path: Path) -> Iterator[tuple[Any, Any]]:
    """Give the estimates of each case and of its floor, as the catalogue now has it."""
    rows = {row.case: row for row in pka.estimates(pka.load(path)).itertuples()}
    for name, row in rows.items():
        try:
            floor = parse_case(str(name)).floor
        except (LookupError, PointError):
            continue  # of an older catalogue
        if floor and floor.name in rows:
            yield row, rows[floor.name]


def ends(row: Any) -> tuple[float, float]:
    """Return the interval of an estimate; the range of its processes if these are too few."""
    return (row.low, row.high) if pd.notna(row.low) else (row.smallest, row.largest)


@pytest.mark.parametrize("path", COUNTS, ids=lambda path: path.name)
def test_no_floor_has_more_instructions_than_what_contains_it(path: Path) -> None:
    found = list(pairs(path))
    most = (
        pka.load(path).groupby("case", observed=True)["most"].max().dropna()
    )  # of counts whose repeats differ
    wrong = {
        case.case: (case.largest, floor.case, floor.smallest)
        for case, floor in found
        if most.get(case.case, case.largest) * case.inner_loops
        < floor.smallest * floor.inner_loops * (1 - COUNTS_DIFFER)
    }

    assert found
    assert {} == wrong


@pytest.mark.parametrize("path", TIMES, ids=lambda path: path.name)
def test_no_floor_takes_longer_than_what_contains_it(path: Path) -> None:
    """The intervals of the two overlap, or the ranges of their processes where these are few."""
    found = list(pairs(path))
    wrong = {
        case.case: (ends(case), floor.case, ends(floor))
        for case, floor in found
        if ends(case)[1] * case.inner_loops
        < ends(floor)[0] * floor.inner_loops * (1 - TIMES_DIFFER)
    }

    assert found
    assert {} == wrong
