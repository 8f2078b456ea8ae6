"""The stop rule sees what is known of a case, and where more measuring helps."""

import json
import math
from statistics import median

import numpy as np
import pytest
from scipy import stats

from pkbench.analysis.estimate.median_interval import of_median
from pkbench.run.stop_rule import (
    FEWEST_VALUES,
    MOST_VALUES,
    PILOT,
    T95,
    UNKNOWN_CORE,
    Core,
    ProcessValues,
    Variances,
    core_of,
    half_width,
    is_known,
    optimal_values,
    read_run,
    usable_values,
    variances,
)


def run(values: list[float], **beside: list[float]) -> ProcessValues:
    lists = {f"pkbench_{key}": json.dumps(numbers) for key, numbers in beside.items()}
    return read_run({"metadata": {"name": "a/b", **lists}, "values": values})


def alone(best_nop_cycles: float) -> Core:
    return Core(best_nop_cycles, 16.2, cycles_known=False)


def test_the_point_of_t_is_that_of_students_distribution() -> None:
    assert T95 == round(float(stats.t.ppf(0.975, PILOT - 1)), 3)


def test_figures_are_cycles_where_the_chains_agree() -> None:
    agreeing = run([1e-6, 2e-6], add_seconds=[1e-10, 2e-10], multiply_seconds=[3e-10, 6e-10])
    assert [1e4, 1e4] == pytest.approx(usable_values([agreeing], core_of([agreeing]))[0])


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"add_seconds": [1e-10, 1e-10]},
        {"add_seconds": [1e-10, 1e-10], "multiply_seconds": [4e-10, 4e-10]},
    ],
)
def test_figures_are_seconds_where_they_do_not(beside: dict[str, list[float]]) -> None:
    assert [1e-6, 2e-6] == usable_values(told := [run([1e-6, 2e-6], **beside)], core_of(told))[0]


@pytest.mark.parametrize("what", ["involuntary_switches", "migrations", "steal_seconds"])
def test_contaminated_values_do_not_count_where_half_are_clean(what: str) -> None:
    assert [1.0, 2.0] == usable_values(
        [run([1.0, 9.0, 2.0, 9.0], **{what: [0.0, 1.0, 0.0, 1.0]})], UNKNOWN_CORE
    )[0]


def test_all_values_count_where_most_are_contaminated() -> None:
    assert [1.0, 9.0, 9.0] == usable_values(
        [run([1.0, 9.0, 9.0], steal_seconds=[0, 0.01, 0.02])], UNKNOWN_CORE
    )[0]


def test_a_value_is_contaminated_by_any_of_what_was_read() -> None:
    made = run([1.0, 2.0, 3.0, 4.0], migrations=[1, 0, 0, 0], involuntary_switches=[0, 1, 0, 0])
    assert [3.0, 4.0] == usable_values([made], UNKNOWN_CORE)[0]


READINGS = [0.34, 0.34]
ALONE = [0.17, 0.17]


def test_values_beside_a_neighbour_do_not_count_where_three_runs_have_others() -> None:
    runs = [run([1.0, 9.0], nop_cycles=[0.17, 0.34]) for _ in range(3)]
    contended = run([9.0, 9.0], nop_cycles=READINGS)
    assert [[1.0], [1.0], [1.0]] == usable_values([*runs, contended], alone(0.17))


def test_values_beside_a_neighbour_that_is_awake_do_not_count_either() -> None:
    runs = [run([1.0, 9.0], nop_cycles=ALONE, branch_cycles=[16.3, 17.2]) for _ in range(3)]
    assert [[1.0], [1.0], [1.0]] == usable_values(runs, alone(0.17))
    assert 16.3 == core_of(runs).best_branch_cycles


def test_values_beside_a_neighbour_count_where_few_runs_have_others() -> None:
    runs = [run([1.0, 1.0], nop_cycles=ALONE) for _ in range(2)]
    assert [[1.0, 1.0], [1.0, 1.0], [9.0, 9.0]] == usable_values(
        [*runs, run([9.0, 9.0], nop_cycles=READINGS)], alone(0.17)
    )


def test_a_value_that_is_contaminated_does_not_count_for_being_alone() -> None:
    made = run([1.0, 2.0, 9.0], migrations=[0, 0, 1], nop_cycles=[0.17] * 3)
    assert [[1.0, 2.0]] * 3 == usable_values([made] * 3, alone(0.17))


def test_the_variances_are_those_of_values_with_nobody_else_on_the_core() -> None:
    runs = [run([1.0, 1.2, 9.0], nop_cycles=[0.17, 0.17, 0.34]) for _ in range(4)]
    runs.append(run([5.0, 9.0, 9.0], nop_cycles=[0.17, 0.34, 0.34]))
    found = variances(usable_values(runs, alone(0.17)))
    assert found is not None
    assert 0 == found.between
    assert 0.02 / 1.1**2 == pytest.approx(found.within)


@pytest.mark.parametrize("step", [0.0, 0.005])
@pytest.mark.parametrize("size", range(6, 80))
def test_the_interval_is_that_of_a_report(size: int, step: float) -> None:
    values = np.random.default_rng(size).choice([1.0, 1.01, 1.1, 1.3], size) + np.arange(size) / 1e3
    if step:
        values = step * np.round(values / step)
    found = of_median(values)
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 2 / found.value == pytest.approx(half_width(list(values)))


def test_fewer_than_six_processes_have_no_interval() -> None:
    assert math.inf == half_width([1.0] * 5)
    assert 0 == half_width([1.0] * 6)


def uneven(values: list[float]) -> list[list[float]]:
    """Return processes of these values, which are no multiples of a clock's step."""
    return [[value * (1 + 1e-7 * math.sin(place))] for place, value in enumerate(values)]


def test_a_case_is_known_after_the_pilot_where_its_processes_agree() -> None:
    assert not is_known([[1.0]] * (PILOT - 1), 0.01)
    assert is_known([[1.0, 1.0, 90.0]] * PILOT, 0.01)


def test_a_case_is_measured_as_often_as_was_planned_whatever_its_values_say_meanwhile() -> None:
    pilot = uneven([1.0, 1.1] * (PILOT // 2))
    agreeing = uneven([1.05] * 1000)
    taken = [is_known(pilot + agreeing[:more], 0.01) for more in range(1000)]
    planned = PILOT + taken.index(True)
    # Half an interval of 0.04 to 0.05 after ten processes: 0.01 takes four to six squared as many.
    assert 160 < planned < 600
    assert all(taken[planned - PILOT :])
    assert half_width([median(each) for each in pilot + agreeing[: planned - PILOT]]) < 0.01


def test_a_plan_that_turns_out_too_short_is_followed_by_another() -> None:
    pilot = uneven([1.0, 1.01] * (PILOT // 2))
    spread = uneven([0.9, 1.1] * 30)
    taken = [is_known(pilot + spread[:more], 0.004) for more in range(60)]
    assert not any(taken)
    assert is_known(pilot + spread + uneven([1.0] * 20000), 0.004)


def test_one_process_says_nothing_of_the_next() -> None:
    assert variances([[1.0, 1.0]]) is None
    assert variances([[1.0], [1.0]]) is None


def test_the_two_variances_of_made_values_are_found() -> None:
    generator = np.random.default_rng(1)
    runs = [
        run(list(100 + generator.normal(0, 3) + generator.normal(0, 5, size=20)))
        for _ in range(2000)
    ]
    found = variances(usable_values(runs, UNKNOWN_CORE))
    assert found is not None
    assert 0.05**2 == pytest.approx(found.within, rel=0.05)
    assert 0.03**2 == pytest.approx(found.between, rel=0.1)


def test_the_best_number_of_values_makes_the_mean_most_certain_for_the_time() -> None:
    found, process, value = Variances(within=4.0, between=1.0), 0.9, 0.1

    def variance_in_unit_time(values: int) -> float:
        return (found.between + found.within / values) * (process + value * values)

    best = min(range(1, 100), key=variance_in_unit_time)
    assert best == optimal_values(found, process, value)


@pytest.mark.parametrize(
    ("found", "values"),
    [
        (None, None),
        (Variances(1.0, 0.0), MOST_VALUES),
        (Variances(0.0, 1.0), FEWEST_VALUES),
        (Variances(1e9, 1.0), MOST_VALUES),
    ],
)
def test_the_number_of_values_is_bounded(found: Variances | None, values: int | None) -> None:
    assert values == optimal_values(found, 1.0, 1.0)
    assert optimal_values(found, 1.0, 0.0) is None
