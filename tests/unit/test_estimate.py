"""Estimates rest on processes, come with intervals, and never claim more than was seen."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from results_made import Made, suite, write

from pkbench.analysis import EvidenceError, Interval, estimates, load, ratio
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.formatting import net as net_text

LOOP = "instruction/empty-loop"
CASE = "instruction/rdpkru"
OTHER = "instruction/lfence"


@pytest.fixture(autouse=True)
def _no_warning_leaks() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def frame_of(folder: Path, *cases: Made, evidence: str = "silicon") -> pd.DataFrame:
    return load([write(folder / "result.json", suite(cases, evidence=evidence))])


def estimate(folder: Path, *cases: Made, evidence: str = "silicon") -> dict[str, Any]:
    """Return the estimate of the last case."""
    return records(estimates(frame_of(folder, *cases, evidence=evidence)))[-1]


def single(*values: float) -> list[list[float]]:
    """One value a process."""
    return [[value] for value in values]


def test_the_estimate_is_the_median_over_processes_of_each_ones_median(tmp_path: Path) -> None:
    # Pooled, the median of these nine values would be 3.
    values = [[1.0, 1.0, 1.0], [3.0, 2.0, 9.0], [4.0, 4.0, 4.0]]
    found = estimate(tmp_path, Made(CASE, values))
    assert 3.0 == found["gross"]
    found = estimate(tmp_path, Made(CASE, [[1.0], [2.0], [9.0, 9.0, 9.0, 9.0, 9.0]]))
    assert 2.0 == found["gross"]
    assert (3, 7) == (found["processes"], found["values"])


def test_the_interval_holds_the_estimate_and_lies_within_what_was_seen(tmp_path: Path) -> None:
    values = single(*(1 + np.arange(20) / 100))
    found = estimate(tmp_path, Made(CASE, values))
    assert 1.0 < found["low"] < found["gross"] < found["high"] < 1.19


def test_more_processes_narrow_the_interval(tmp_path: Path) -> None:
    def width(number: int) -> float:
        values = single(*np.random.default_rng(1).normal(1, 0.05, number))
        found = estimate(tmp_path, Made(CASE, values))
        return float(found["high"] - found["low"])

    assert width(200) < width(10) / 2


def test_disturbed_values_are_left_out_and_counted(tmp_path: Path) -> None:
    switches = [[0, 1, 0], [0, 0, 0], [1, 0, 0]]
    values = [[1.0, 9.0, 1.0], [2.0, 2.0, 2.0], [9.0, 3.0, 3.0]]
    made = Made("a/b", values, cycle=0.5, beside={"involuntary_switches": switches})
    found = estimate(tmp_path, made)
    assert ((1.0, 2.0, 3.0), 4.0) == (found["process_values"], found["cycles"])
    assert (9, 2) == (found["values"], found["left_out"])


def test_a_process_with_most_values_disturbed_keeps_them_all(tmp_path: Path) -> None:
    made = Made(
        "a/b",
        [[1.0, 9.0, 9.0], [1.0, 9.0, 1.0, 9.0]],
        beside={"steal_seconds": [[0, 0.01, 0.01], [0, 0.01, 0, 0.01]]},
    )
    found = estimate(tmp_path, made)
    assert ((9.0, 1.0), 2) == (found["process_values"], found["left_out"])


def test_contended_values_are_left_out_and_so_are_processes_without_others(tmp_path: Path) -> None:
    nops = [[0.17, 0.34], [0.34, 0.17], [0.17, 0.17], [0.34, 0.34]]
    values = [[1.0, 9.0], [9.0, 2.0], [3.0, 3.0], [9.0, 9.0]]
    found = estimate(tmp_path, Made("a/b", values, cycle=0.5, beside={"nop_cycles": nops}))
    assert ((1.0, 2.0, 3.0), 3, 4.0) == (
        found["process_values"],
        found["processes"],
        found["cycles"],
    )
    assert (8, 4, 0) == (found["values"], found["left_out"], found["contended"])


def test_contended_values_are_kept_and_counted_where_too_few_processes_have_others(
    tmp_path: Path,
) -> None:
    nops = [[0.17, 0.34], [0.34, 0.17], [0.34, 0.34], [0.34, 0.34]]
    made = Made("a/b", [[1.0, 3.0]] * 4, beside={"nop_cycles": nops})
    found = estimate(tmp_path, made)
    assert ((2.0,) * 4, 0, 6) == (found["process_values"], found["left_out"], found["contended"])


def test_a_disturbed_value_is_not_kept_for_being_uncontended(tmp_path: Path) -> None:
    beside = {"nop_cycles": [[0.17, 0.17, 0.34]] * 3, "steal_seconds": [[0, 0.01, 0]] * 3}
    found = estimate(tmp_path, Made("a/b", [[1.0, 9.0, 9.0]] * 3, beside=beside))
    assert ((1.0,) * 3, 6) == (found["process_values"], found["left_out"])


def test_cycles_are_values_over_what_an_addition_took(tmp_path: Path) -> None:
    made = Made("a/b", [[1e-6] * 3, [2e-6] * 3, [3e-6] * 3] * 3, cycle=2.5e-10)
    row = estimate(tmp_path, made)
    assert 8000 == pytest.approx(row["cycles"])
    assert (4000, 12000) == pytest.approx((row["cycles_low"], row["cycles_high"]))


@pytest.mark.parametrize(("cycle", "multiply"), [(None, 3.0), (2.5e-10, 3.1), (0.0, 3.0)])
def test_an_inconsistent_calibration_gives_no_cycles(
    tmp_path: Path, cycle: float | None, multiply: float
) -> None:
    row = estimate(tmp_path, Made("a/b", [[1e-6] * 3] * 3, cycle=cycle, multiply=multiply))
    assert all(pd.isna(row[name]) for name in ("cycles", "cycles_low", "cycles_high"))
    assert 1e-6 == row["gross"]


def test_one_process_has_no_interval(tmp_path: Path) -> None:
    found = estimate(tmp_path, Made(CASE, [[1.0, 2.0, 3.0]]))
    assert 2.0 == found["gross"]
    assert pd.isna(found["low"])
    assert pd.isna(found["high"])


def test_five_processes_have_none_either_and_six_do(tmp_path: Path) -> None:
    for processes in (5, 6):
        found = estimate(tmp_path, Made(CASE, single(*range(1, processes + 1))))
        bounds = found["low"], found["high"]
        assert (processes == 6) == all(1 < bound < 6 for bound in bounds)
        assert (processes == 5) == all(map(pd.isna, bounds))


def test_equal_values_have_a_point_for_an_interval(tmp_path: Path) -> None:
    found = estimate(tmp_path, Made(CASE, single(*[2e-9] * 6)))
    assert (2e-9, 2e-9, 2e-9) == (found["low"], found["gross"], found["high"])


def test_the_same_values_give_the_same_interval_whatever_else_is_in_the_file(
    tmp_path: Path,
) -> None:
    mine = Made(CASE, single(1.0, 1.1, 1.3, 1.2, 1.6, 1.4))
    others = [Made(f"a/b/n:{n}", single(*range(1, 7))) for n in range(50)]
    alone = estimate(tmp_path, mine)
    among = estimate(tmp_path, *others, mine)
    assert (alone["low"], alone["high"]) == (among["low"], among["high"])


def test_a_net_figure_has_the_floors_loop_shared_by_its_inner_loops(tmp_path: Path) -> None:
    loop = Made(LOOP, single(*[10e-9] * 6))
    found = estimate(tmp_path, loop, Made(CASE, single(*[3e-9] * 6), inner_loops=10, floor=LOOP))
    assert pytest.approx(1e-9) == found["floor_value"]
    assert pytest.approx(2e-9) == found["net"]
    assert pytest.approx(2e-9) == found["net_low"]


def test_a_net_interval_reaching_zero_reads_below_resolution(tmp_path: Path) -> None:
    loop = Made(LOOP, single(1.0, 1.1, 0.9, 1.05, 0.95, 1.0), rounds=range(10, 16))
    near = Made(CASE, single(1.02, 0.95, 1.1, 1.04, 0.99, 1.01), floor=LOOP)
    found = estimate(tmp_path, loop, near)
    assert found["net_low"] < 0 < found["net_high"]
    assert "below resolution" == net_text(found)


def test_a_negative_net_figure_reads_below_resolution_even_without_interval(
    tmp_path: Path,
) -> None:
    found = estimate(tmp_path, Made(LOOP, [[2.0]]), Made(CASE, [[1.0]], floor=LOOP))
    assert -1.0 == found["net"]
    assert "below resolution" == net_text(found)


def test_what_drifts_in_both_loops_of_a_slope_cancels_in_the_same_rounds(tmp_path: Path) -> None:
    drift = np.linspace(0, 1, 12)
    half = Made(LOOP, single(*(1 + drift)), inner_loops=1)
    together = Made(CASE, single(*(1.5 + drift) / 2), floor=LOOP, inner_loops=2, slope=True)
    apart = replace(together, rounds=range(100, 112))
    paired, unpaired = (estimate(tmp_path, half, case) for case in (together, apart))
    assert [pytest.approx(0.5)] * 3 == [paired[name] for name in ("net", "net_low", "net_high")]
    assert pytest.approx(0.5) == unpaired["net"]
    assert unpaired["net_low"] < 0.3


def test_a_net_cost_is_the_difference_of_the_two_figures_beside_it(tmp_path: Path) -> None:
    loop = Made(LOOP, single(1.0, 2.0, 3.0, 5.0, 4.0, 2.5))
    case = Made(CASE, single(3.5, 2.5, 4.5, 9.0, 8.0, 6.0), floor=LOOP)
    found = estimate(tmp_path, loop, case)
    assert found["net"] == found["gross"] - found["floor_value"] == 5.25 - 2.75


def test_rounds_pair_by_number_not_by_place_in_the_file(tmp_path: Path) -> None:
    costs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    half = Made(LOOP, single(*costs), inner_loops=1)
    whole = [(cost + 0.5) / 2 for cost in reversed(costs)]
    case = Made(
        CASE, single(*whole), floor=LOOP, inner_loops=2, slope=True, rounds=[5, 4, 3, 2, 1, 0]
    )
    found = estimate(tmp_path, half, case)
    assert [0.5, 0.5] == [found["net_low"], found["net_high"]]


def test_a_floor_that_was_not_measured_leaves_no_net_figure(tmp_path: Path) -> None:
    assert pd.isna(estimate(tmp_path, Made(CASE, [[1.0]], floor=LOOP))["net"])


def test_path_lengths_are_exact_and_so_is_their_difference(tmp_path: Path) -> None:
    loop = Made(LOOP, single(2.0, 2.0))
    nops = Made("instruction/nop-100", single(102.0, 102.0), floor=LOOP)
    found = estimate(tmp_path, loop, nops, evidence="path length")
    assert 100.0 == found["net"]
    assert pd.isna(found["low"])
    # 1.13 × 100 is 112.99999999999999 in binary.
    unrolled = Made(CASE, single(1.13), inner_loops=100, floor=LOOP)
    assert 1.11 == estimate(tmp_path, loop, unrolled, evidence="path length")["net"]


def test_a_floor_may_have_inner_loops_of_its_own(tmp_path: Path) -> None:
    floor = Made(LOOP, single(3.0), inner_loops=4)
    case = Made(CASE, single(10.0), inner_loops=2, floor=LOOP)
    found = estimate(tmp_path, floor, case, evidence="path length")
    assert (10 * 2 - 3 * 4) / 2 == found["net"]
    assert 3 * 4 / 2 == found["floor_value"]


def test_of_several_boots_the_shortest_counts(tmp_path: Path) -> None:
    found = estimate(tmp_path, Made(CASE, single(2651.0, 2660.0, 2655.0)), evidence="path length")
    assert (2651.0, 2660.0) == (found["gross"], found["largest"])


def test_values_of_a_failed_case_are_not_estimated(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, Made(CASE, [[1.0]], state="failed", reason="lied"))
    assert (1, 0) == (len(frame), len(estimates(frame)))


def test_times_under_emulation_are_not_estimated(tmp_path: Path) -> None:
    assert estimates(frame_of(tmp_path, Made(CASE, [[1.0]]), evidence="function")).empty


def test_a_ratio_has_an_interval_from_both(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    frame = frame_of(
        tmp_path,
        Made(CASE, single(*rng.normal(1, 0.02, 20))),
        Made(OTHER, single(*rng.normal(4, 0.08, 20))),
    )
    found = ratio(frame, ("box", OTHER), ("box", CASE))
    assert found.low is not None
    assert found.high is not None
    assert 3.8 < found.low < found.value < found.high < 4.2


def test_a_net_ratio_leaves_both_floors_out(tmp_path: Path) -> None:
    frame = frame_of(
        tmp_path,
        Made(LOOP, single(2.0)),
        Made(CASE, single(11.0), floor=LOOP),
        Made(OTHER, single(92.0), floor=LOOP),
        evidence="path length",
    )
    net = ratio(frame, ("box", OTHER), ("box", CASE), net=True)
    assert Interval(10.0, 10.0, 10.0) == net


def test_a_ratio_of_single_processes_has_no_interval(tmp_path: Path) -> None:
    frame = frame_of(tmp_path, Made(CASE, [[1.0]]), Made(OTHER, [[4.0]]))
    assert Interval(4.0, processes=1) == ratio(frame, ("box", OTHER), ("box", CASE))


@pytest.mark.parametrize("other", ["box", "another"])
def test_times_and_instructions_have_no_ratio(tmp_path: Path, other: str) -> None:
    times = write(tmp_path / "t.json", suite([Made(CASE, [[1e-9]])]))
    counted = suite([Made(OTHER, [[3.0]])], evidence="path length", machine={"name": other})
    frame = load([times, write(tmp_path / "c.json", counted)])
    with pytest.raises(EvidenceError, match="path length and silicon can't share"):
        ratio(frame, ("box", CASE), (other, OTHER))
    with pytest.raises(EvidenceError):
        ratio(frame, ("box", CASE), ("box", CASE))
