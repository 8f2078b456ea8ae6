"""The break-even: costs times rates, the cheapest way, and when tagging pays."""

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from figures_made import LOOP, around
from results_made import Made, skipped, suite, write

from pkbench.analysis import ResultError, figures, read
from pkbench.analysis.derive import breakeven
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.figures import Chart, Missing
from pkbench.analysis.figures.declared.breakeven import AFFORDABLE, BREAKEVEN
from pkbench.analysis.reading.assumption import Assumption
from pkbench.analysis.tables import breakeven_table

ERIM = "wrpkru=11-260cycles, ERIM"


def only(table: pd.DataFrame) -> Any:
    """Return a table's one row."""
    (row,) = table.itertuples()
    return row


def exactly(seconds: float) -> list[list[float]]:
    return [[seconds]] * 7


def result_set(folder: Path, *cases: Made, assume: str = "", **options: Any) -> ResultSet:
    assumptions = [Assumption.parse(assume)] if assume else []
    made = suite(cases, **options)
    (found,) = result_sets([read(write(folder / "result.json", made))], assumptions)
    return found


def with_keys(folder: Path) -> ResultSet:
    return result_set(
        folder,
        Made("switch/wrpkru-raw/pages:1", exactly(20e-9)),
        Made("switch/wrpkru-raw/pages:64", exactly(20e-9)),
        Made("switch/pkey-mprotect/pages:1", exactly(3e-6)),
        Made("switch/mprotect/pages:1", exactly(2e-6)),
        Made("switch/mprotect/pages:64", exactly(8e-6)),
        Made("protect/pkey-mprotect-0-k/pages:1", exactly(1.1e-6)),
    )


def without_keys(folder: Path, assume: str = "", cycle: float | None = 0.5e-9) -> ResultSet:
    return result_set(
        folder,
        skipped("switch/wrpkru-raw/pages:1"),
        Made("switch/mprotect/pages:1", around(2e-6), cycle=cycle),
        assume=assume,
    )


def test_a_share_of_a_cpu_is_the_rate_times_the_cost(tmp_path: Path) -> None:
    costs = breakeven.switch_costs(with_keys(tmp_path).estimates)
    found = breakeven.shares(costs, [100_000]).set_index(["way", "pages"])
    assert 0.2 == pytest.approx(found.loc[("mprotect", 1), "share"])
    assert 0.8 == pytest.approx(found.loc[("mprotect", 64), "share"])
    assert 0.002 == pytest.approx(found.loc[("WRPKRU", 64), "share"])


def test_what_can_be_seen_is_said_in_whole_rates_and_the_right_number_of_lines(
    tmp_path: Path,
) -> None:
    (tmp_path / "one").mkdir()
    one, both = without_keys(tmp_path / "one"), with_keys(tmp_path)
    said = BREAKEVEN.alt(BREAKEVEN.table(one))
    assert "at 100,000 switches a second" in said
    assert AFFORDABLE.alt(AFFORDABLE.table(one)).startswith("1 line of")
    assert AFFORDABLE.alt(AFFORDABLE.table(both)).startswith("3 lines of")


def test_an_interval_is_carried_through(tmp_path: Path) -> None:
    costs = breakeven.switch_costs(without_keys(tmp_path).estimates)
    share = only(breakeven.shares(costs, [1000]))
    cost = only(costs)
    assert (1000 * cost.low, 1000 * cost.high) == (share.share_low, share.share_high)
    assert share.share_low < share.share < share.share_high
    rate = only(breakeven.affordable(costs, 0.01))
    assert (0.01 / cost.high, 0.01 / cost.low) == (rate.rate_low, rate.rate_high)


def test_the_timing_loop_is_taken_off(tmp_path: Path) -> None:
    found = result_set(
        tmp_path,
        Made(LOOP, exactly(1e-9)),
        Made("switch/mprotect/pages:1", exactly(21e-9), floor=LOOP),
    )
    (cost,) = breakeven.switch_costs(found.estimates)["value"]
    assert 20e-9 == pytest.approx(cost)


def test_the_cheapest_way_is_told_by_size(tmp_path: Path) -> None:
    found = breakeven.lowest_cost(breakeven.switch_costs(with_keys(tmp_path).estimates))
    first, second = found.to_dict("records")
    assert ("WRPKRU", True, "mprotect", 100) == (
        *(first[key] for key in ("way", "clear", "next")),
        round(first["times"]),
    )
    assert (64, 400) == (second["pages"], round(second["times"]))


def test_ways_whose_intervals_meet_are_not_told_apart(tmp_path: Path) -> None:
    found = result_set(
        tmp_path,
        Made("switch/mprotect/pages:1", around(2e-6)),
        Made("switch/pkey-mprotect/pages:1", around(2.01e-6)),
    )
    (row,) = breakeven.lowest_cost(breakeven.switch_costs(found.estimates)).to_dict("records")
    assert ("mprotect", False) == (row["way"], row["clear"])


def test_tagging_pays_after_so_many_switches(tmp_path: Path) -> None:
    found = with_keys(tmp_path)
    costs = breakeven.switch_costs(found.estimates)
    row = only(breakeven.tagging(costs, found.estimates))
    assert 1 == row.pages
    assert 1.1 / 1.98 == pytest.approx(row.switches)


def test_an_assumption_is_two_wrpkru_in_time_and_has_no_value_of_its_own(tmp_path: Path) -> None:
    found = without_keys(tmp_path, ERIM)
    costs = breakeven.with_assumptions(found)
    row = only(costs[costs["origin"] == breakeven.ASSUMED])
    assert "WRPKRU" == row.way
    assert [11e-9, 260e-9] == pytest.approx([row.low, row.high])
    assert math.isnan(row.value)


def test_what_was_measured_is_not_assumed(tmp_path: Path) -> None:
    costs = breakeven.switch_costs(with_keys(tmp_path).estimates)
    cycles: dict[str, float | None] = {"box": 1e-9}
    pd.testing.assert_frame_equal(costs, breakeven.assume(costs, Assumption.parse(ERIM), cycles))


def test_an_assumption_is_drawn_as_one_with_its_source(tmp_path: Path) -> None:
    found = figures.chart(BREAKEVEN, without_keys(tmp_path, ERIM))
    assert isinstance(found, Chart)
    assert "assumption, not measured here: WRPKRU 11.0 to 260 cycles (ERIM)" in found.caption
    assert {"estimate", "assumed"} == set(found.table["what"])
    plain = figures.chart(BREAKEVEN, without_keys(tmp_path))
    assert isinstance(plain, Chart)
    assert {"estimate", "missing"} == set(plain.table["what"])


def test_cycles_are_no_time_where_nobody_knows_how_long_one_takes(tmp_path: Path) -> None:
    found = without_keys(tmp_path, ERIM, cycle=None)
    with pytest.raises(ResultError, match="give the range in ns"):
        breakeven.with_assumptions(found)
    costs = breakeven.with_assumptions(without_keys(tmp_path, "wrpkru=5-90ns", cycle=None))
    assert 10e-9 == pytest.approx(costs["low"].min())


def test_a_rate_that_no_cpu_can_reach_is_not_drawn(tmp_path: Path) -> None:
    table = BREAKEVEN.table(with_keys(tmp_path))
    assert table["value"].max() <= 100
    rows = table[(table["series"] == "mprotect") & (table["panel"] == "64 pages")]
    assert 100_000 == rows["point"].max()


def test_instructions_are_no_share_of_a_cpu(tmp_path: Path) -> None:
    counted = result_set(
        tmp_path, Made("switch/mprotect/pages:1", [[5000.0]]), evidence="path length"
    )
    assert isinstance(figures.chart(BREAKEVEN, counted), Missing)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("11-260cycles", "is not a valid assumption"),
        ("wrpkru=260-11cycles", "a range must start above 0"),
        ("wrpkru=0-11cycles", "a range must start above 0"),
        ("wrpkru=11parsec", "is not a unit of a cost"),
        ("rdpkru=1ns", "can't be assumed; available: wrpkru"),
    ],
)
def test_an_assumption_that_is_none_is_refused_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(ResultError, match=said):
        Assumption.parse(text)


@pytest.mark.parametrize("text", [ERIM, "wrpkru=20ns", "WRPKRU=1.5-2us, somebody, 2020"])
def test_an_assumption_is_read_back_as_it_is_written(text: str) -> None:
    found = Assumption.parse(text)
    assert found == Assumption.parse(found.written)


def test_the_table_has_a_row_for_each_way_at_each_size(tmp_path: Path) -> None:
    rows = breakeven_table.table(with_keys(tmp_path)).rows
    told = {(row[1], row[2]): list(row[3:]) for row in rows}
    assert 5 == len(rows)
    key, plain = told["1", "WRPKRU"], told["1", "mprotect"]
    assert "0.200 % [0.200, 0.200]" == key[2]
    assert "20.0 % [20.0, 20.0]" == plain[2]
    assert breakeven_table.FULL == plain[3]
    assert "WRPKRU, 100 to 100 times faster than mprotect" == key[4]
    assert "0.556 to 0.556 switches" == key[5]


def test_the_table_says_what_is_assumed(tmp_path: Path) -> None:
    found = breakeven_table.table(without_keys(tmp_path, ERIM))
    ways = {row[2]: row[3] for row in found.rows}
    assert "0.00110 to 0.0260 %" == ways["WRPKRU (assumed)"]
    assert "The reader's assumption, not measured here: WRPKRU" in found.note
    assert "assumption" not in breakeven_table.table(without_keys(tmp_path)).note


def test_the_table_is_empty_for_instruction_counts(tmp_path: Path) -> None:
    counted = result_set(
        tmp_path, Made("switch/mprotect/pages:1", [[5000.0]]), evidence="path length"
    )
    assert [] == breakeven_table.table(counted).rows


def test_a_machine_with_more_sizes_than_the_first_one_has_all_of_its_panels(tmp_path: Path) -> None:
    results = []
    for name, sizes in (("few", [1]), ("many", [1, 64, 512])):
        made = [Made(f"switch/mprotect/pages:{pages}", exactly(1e-6 * pages)) for pages in sizes]
        results.append(read(write(tmp_path / f"{name}.json", suite(made))))
    (found,) = result_sets(results)
    chart = figures.chart(BREAKEVEN, found)
    assert isinstance(chart, Chart)
    assert 4 == sum(axes.axison for axes in chart.figure.axes)
