"""What others published lies over charts whose unit it has, and is never taken for ours."""

from pathlib import Path
from typing import Any

import pytest
from figures_made import around
from results_made import Made, suite, write

from pkbench.analysis import figures, read
from pkbench.analysis.derive.combination import parse
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.figures import Chart, chart
from pkbench.analysis.figures.declared.instructions import CYCLES
from pkbench.analysis.figures.declared.pages import PAGES
from pkbench.analysis.reading.published import published
from pkbench.cases.catalogue import parse_case

SIZE = "protect/mprotect-none-rw/pages:{}"
BACK = "protect/mprotect-rw-none/pages:{}"
BOTH = "(mprotect-none-rw + mprotect-rw-none) / 2"


def result_set(folder: Path, **options: Any) -> ResultSet:
    cases = [
        Made(case.format(size), around(times * 1e-6 * size), cycle=1e-9)
        for case, times in ((SIZE, 1), (BACK, 3))
        for size in (1, 4096)
    ]
    cases.append(Made("syscall/getppid", around(1e-7), cycle=1e-9))
    (found,) = result_sets([read(write(folder / "result.json", suite(cases, **options)))])
    return found


def overlaid(figure: figures.Figure, found: ResultSet) -> Chart:
    drawn = chart(figure, found, published=True)
    assert isinstance(drawn, Chart)
    return drawn


def test_every_row_has_a_source_and_was_seen_by_somebody() -> None:
    rows = published()
    assert len(rows) > 50
    assert {"verified", "secondary"} == set(rows["status"])
    for column in ("operation", "value", "unit", "source", "short", "locator"):
        assert (rows[column] != "").all()


def test_every_row_says_which_cases_it_is_compared_with_or_why_with_none() -> None:
    for row in records(published()):
        assert bool(row["compared"]) != bool(row["reason"]), row["operation"]


def test_every_case_that_a_row_names_is_in_the_catalogue() -> None:
    for compared in filter(None, published()["compared"].unique()):
        for case in parse(compared).factors:
            assert case == parse_case(case).name


def test_the_mean_of_both_directions_is_compared_with_the_mean_of_both_directions() -> None:
    toggled = [row for row in records(published()) if "<->" in row["condition"] + row["operation"]]
    assert len(toggled) > 8
    for row in toggled:
        size = parse_case(next(iter(parse(row["compared"]).factors))).name.rpartition(":")[2]
        assert {SIZE.format(size): 0.5, BACK.format(size): 0.5} == parse(row["compared"]).factors


def test_a_figure_is_read_with_its_unit() -> None:
    told: dict[Any, Any] = {
        (row["short"], row["value"]): (row["low"], row["high"], row["quantity"])
        for row in records(published())
    }
    assert told["Yang 2026", "1713"] == (pytest.approx(1713e-9), pytest.approx(1713e-9), "s")
    assert (11, 260, "cycles") == told["ERIM 2019", "11-260"]
    assert "" == told["ERIM 2019", "0.07-1.0"][2]


def test_times_lie_over_times_at_their_own_points(tmp_path: Path) -> None:
    table = overlaid(PAGES, result_set(tmp_path)).table
    theirs = table[(table["what"] == "published") & table["machine"].str.contains("Linux 6.16")]
    assert {1, 10, 100, 1000} == set(theirs["point"])
    assert {"s"} == set(theirs["unit"])
    assert not theirs["machine"].str.contains("box").any()


def test_a_combination_is_computed_at_each_point_and_drawn_with_what_it_is_compared_with(
    tmp_path: Path,
) -> None:
    table = overlaid(PAGES, result_set(tmp_path)).table
    lines = {
        series: rows.set_index("point")
        for series, rows in table[table["what"] == "estimate"].groupby("series")
    }
    one, other, mean = (lines[name] for name in ("mprotect-none-rw", "mprotect-rw-none", BOTH))
    assert [1, 4096] == sorted(mean.index)
    for column in ("value", "low", "high"):
        assert (mean[column] == (one[column] + other[column]) / 2).all()
    assert BACK.format(4096) in mean["case"][4096]
    theirs = table[table["what"] == "published"]
    assert {BOTH} == set(theirs["series"])
    assert {"mprotect"} == set(theirs["panel"])


def test_nothing_lies_over_a_combination_of_which_one_case_is_missing(tmp_path: Path) -> None:
    cases = [Made(SIZE.format(size), around(1e-6 * size)) for size in (1, 4096)]
    (found,) = result_sets([read(write(tmp_path / "result.json", suite(cases)))])
    table = overlaid(PAGES, found).table
    assert {"estimate"} == set(table["what"])
    assert BOTH not in set(table["series"])


def test_the_swaps_of_pkru_in_kvm_are_compared_with_their_three_instructions(
    tmp_path: Path,
) -> None:
    costs = (("instruction/rdpkru", 1e-8), ("instruction/wrpkru-toggle", 5e-8))
    cases = [Made(case, [[cost]] * 7, cycle=1e-9) for case, cost in costs]
    (found,) = result_sets([read(write(tmp_path / "result.json", suite(cases)))])
    drawn = overlaid(CYCLES, found)
    rows = drawn.table[drawn.table["label"] == "rdpkru + 2 wrpkru-toggle"]
    assert [110] == [round(value) for value in rows.loc[rows["what"] == "estimate", "value"]]
    assert [40, 60] == list(rows.loc[rows["what"] == "published", "value"])
    assert "Linux commit 7649412af3ea" in drawn.caption
    assert (
        "Computed from our costs, to compare with them: rdpkru + 2 wrpkru-toggle." in drawn.caption
    )


def test_cycles_stay_cycles(tmp_path: Path) -> None:
    found = result_set(tmp_path)
    assert {470, 146} == set(overlaid(CYCLES, found).table.query("what == 'published'")["value"])
    assert "getppid" not in set(overlaid(PAGES, found).table["case"])


def test_the_caption_says_whose_they_are_and_that_it_was_another_machine(tmp_path: Path) -> None:
    caption = overlaid(PAGES, result_set(tmp_path)).caption
    assert "published figures of other machines" in caption
    assert "Luke Yang (Red Hat)" in caption
    plain = chart(PAGES, result_set(tmp_path))
    assert isinstance(plain, Chart)
    assert "Luke Yang" not in plain.caption


def test_what_was_seen_in_notes_alone_says_so(tmp_path: Path) -> None:
    cases = [Made("instruction/wrpkru-toggle", around(1e-8), cycle=1e-9)]
    (found,) = result_sets([read(write(tmp_path / "result.json", suite(cases)))])
    assert (
        "USENIX Security 2019 (secondary: seen in notes on it)" in overlaid(CYCLES, found).caption
    )


def test_nothing_of_others_lies_over_instruction_counts(tmp_path: Path) -> None:
    cases = [Made(SIZE.format(size), [[5000.0 * size]]) for size in (1, 4096)]
    made = suite(cases, evidence="path length")
    (found,) = result_sets([read(write(tmp_path / "result.json", made))])
    assert "published" not in set(overlaid(PAGES, found).table["what"])
