"""Ratios are worded as slower or faster, more or fewer, or as no measurable difference."""

from pathlib import Path

import pytest
from results_made import Made, suite, write

from pkbench.analysis import read
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.interval import Interval
from pkbench.analysis.report.machines_summary import comparison, difference, no_difference


@pytest.fixture
def times(tmp_path: Path) -> ResultSet:
    return result_set(tmp_path, "silicon")


@pytest.fixture
def counts(tmp_path: Path) -> ResultSet:
    return result_set(tmp_path, "path length")


def result_set(folder: Path, evidence: str) -> ResultSet:
    made = suite([Made("syscall/getppid", [[9.0]])], evidence=evidence)
    (found,) = result_sets([read(write(folder / "result.json", made))])
    return found


def test_a_time_is_slower_or_faster(times: ResultSet) -> None:
    slower, faster = Interval(1.38, 1.25, 1.44, 8), Interval(0.25, 0.2, 0.5, 8)
    assert "1.38 times slower (95 % interval 1.25 to 1.44)" == comparison(times, slower)
    assert "4.00 times faster (95 % interval 2.00 to 5.00)" == comparison(times, faster)


def test_counts_are_more_or_fewer(counts: ResultSet) -> None:
    assert "174 times more" == comparison(counts, Interval(174, 174, 174))
    fewer = comparison(counts, Interval(0.5, 0.5, 0.5), noun=True)
    assert "2.00 times fewer instructions" == fewer


def test_a_ratio_of_single_processes_has_no_interval(times: ResultSet) -> None:
    assert "2.00 times faster" == comparison(times, Interval(0.5, processes=1))


def test_an_interval_that_contains_one_is_no_measurable_difference(times: ResultSet) -> None:
    expected = "no measurable difference (ratio 1.02, 95 % interval 0.980 to 1.05)"
    assert expected == difference(times, Interval(1.02, 0.98, 1.05, 6))


def test_a_ratio_that_a_doubt_leaves_undecided_is_inconclusive() -> None:
    told = no_difference(Interval(1.38, 1.25, 1.48, 8))
    assert told.startswith("inconclusive (ratio 1.38, 95 % interval 1.25 to 1.48; ")
    assert no_difference(Interval(1.38, processes=4)).startswith(
        "inconclusive (ratio 1.38, too few"
    )


def test_equal_counts_are_the_same(counts: ResultSet) -> None:
    assert "the same" == difference(counts, Interval(1, 1, 1))
