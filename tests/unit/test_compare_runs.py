"""Several runs a side: the run is the unit, and its own effect part of each interval."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
import numpy as np
import pytest
from results_made import Made, suite, write
from scipy import stats

from pkbench.analysis.compare.compare import RUN_EFFECT, compare, compare_runs
from pkbench.analysis.compare.run_overlap import APART, MIXED
from pkbench.analysis.compare.t_test import over_processes, over_runs
from pkbench.analysis.compare.text import notes, plain, side
from pkbench.analysis.reading.bounded_json import ResultError
from pkbench.analysis.reading.result import Result, read
from pkbench.cli.compare import compare as compare_verb
from pkbench.cli.gate import gate as gate_verb

CASE = "syscall/getppid"


def run(folder: Path, name: str, cost: float, hour: int = 1, **machine: str) -> Result:
    """Return a run of an hour of the day; its processes differ by 0.1 %."""
    spread = np.random.default_rng(hour).normal(1, 0.001, 12)
    made = suite(
        [Made(CASE, [[cost * each] for each in spread])], machine={"name": "box", **machine}
    )
    made["metadata"] |= {
        "pkbench_date": f"2026-01-02T{hour:02}:00:00+00:00",
        "pkbench_seconds": 60.0,
    }
    return read(write(folder / f"{name}.json", made))


def runs(folder: Path, name: str, costs: Sequence[float], first_hour: int = 1) -> list[Result]:
    """Return a run for each cost, every second hour."""
    return [
        run(folder, f"{name}{place}", cost, first_hour + 2 * place)
        for place, cost in enumerate(costs)
    ]


def test_runs_that_differ_among_themselves_make_no_difference_of_two_sides(tmp_path: Path) -> None:
    base = runs(tmp_path, "a", [1.00, 1.02, 1.04, 1.01, 1.03])
    new = runs(tmp_path, "b", [1.03, 1.01, 1.05, 1.02, 1.04], first_hour=2)
    one = compare(base[0], new[0], run_effect=0.0).cases.iloc[0]
    several = compare_runs(base, new).cases.iloc[0]

    assert "slower" == one["verdict"]
    assert "inconclusive" == several["verdict"]
    assert several["low"] < 1 < several["high"]


def test_runs_that_agree_find_what_one_run_a_side_can_not(tmp_path: Path) -> None:
    base = runs(tmp_path, "a", [1.000, 1.002, 0.998, 1.001])
    new = runs(tmp_path, "b", [1.030, 1.032, 1.028, 1.031], first_hour=2)

    assert "inconclusive" == compare(base[0], new[0]).cases["verdict"][0]
    assert "slower" == compare_runs(base, new).cases["verdict"][0]


def test_a_single_run_is_judged_by_the_spread_of_the_other_side(tmp_path: Path) -> None:
    base = runs(tmp_path, "a", [1.00, 1.01, 0.99, 1.005, 0.995])
    like, unlike = run(tmp_path, "b", 1.02, hour=20), run(tmp_path, "c", 1.2, hour=21)

    assert "inconclusive" == compare_runs(base, [like]).cases["verdict"][0]
    assert "slower" == compare_runs(base, [unlike]).cases["verdict"][0]
    assert "faster" == compare_runs([unlike], base).cases["verdict"][0]


def test_one_run_a_side_allows_for_the_effect_of_a_run(tmp_path: Path) -> None:
    base, new = run(tmp_path, "a", 1.0, hour=1), run(tmp_path, "b", 1.0, hour=3)
    with_default, without = (compare(base, new, run_effect=effect) for effect in (RUN_EFFECT, 0.0))
    low, high = (with_default.cases[end][0] for end in ("low", "high"))

    half = 1.96 * np.sqrt(2) * np.log1p(RUN_EFFECT)
    assert high / low == pytest.approx(np.exp(2 * half), rel=0.002)
    assert "unchanged" == without.cases["verdict"][0]
    assert "inconclusive" == with_default.cases["verdict"][0]
    assert any("2 % for either run" in note for note in notes(with_default))
    assert not any("% for either run" in note for note in notes(without))


def test_the_same_run_has_no_effect_of_its_own(tmp_path: Path) -> None:
    base = run(tmp_path, "a", 1.0)
    assert "unchanged" == compare(base, replace(base, path=Path("b"))).cases["verdict"][0]


def test_a_run_counts_once(tmp_path: Path) -> None:
    base, other = run(tmp_path, "a", 1.0, hour=1), run(tmp_path, "b", 1.0, hour=2)
    for sides in (([base, base], [other]), ([base, other], [base])):
        with pytest.raises(ResultError, match=r"a\.json and a\.json are the same run"):
            compare_runs(*sides)


def test_a_machine_of_another_kind_among_the_runs_is_not_comparable(tmp_path: Path) -> None:
    base = runs(tmp_path, "a", [1.0, 1.01])
    other = run(tmp_path, "x", 1.0, hour=9, cpu_model="another")
    for sides in (([*base, other], runs(tmp_path, "b", [1.0, 1.01], 10)), (base, [other])):
        found = compare_runs(*sides)
        assert not found.comparable
        assert [True] == [
            each.fact.startswith("processor") for each in found.differences if each.matters
        ]


def test_sides_that_were_taken_one_after_the_other_are_warned_of(tmp_path: Path) -> None:
    first, mixed, later = (
        runs(tmp_path, name, [1.0, 1.01], hour) for name, hour in (("a", 1), ("b", 2), ("c", 10))
    )
    assert MIXED == compare_runs(first, mixed).run_overlap
    assert not any("all runs of one side" in note for note in notes(compare_runs(first, mixed)))
    assert APART == compare_runs(first, later).run_overlap
    assert any("all runs of one side" in note for note in notes(compare_runs(first, later)))


def test_both_sides_are_named_with_all_their_files(tmp_path: Path) -> None:
    base = runs(tmp_path, "a", [1.0, 1.01, 1.02])
    found = compare_runs(base, [run(tmp_path, "b", 1.0, hour=9)])

    expected = "3 runs, a0.json, a1.json and a2.json (box, 2026-01-02 01:00 to 2026-01-02 05:00)"
    assert expected == side(found.base_runs)
    told = {side: [each["file"] for each in runs] for side, runs in plain(found)["runs"].items()}
    assert {"base": ["a0.json", "a1.json", "a2.json"], "new": ["b.json"]} == told


@pytest.mark.parametrize("trim", [0.0, 0.2])
def test_the_t_tests_are_scipys(trim: float) -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        base = random.normal(0, 1, random.integers(6, 30))
        new = random.normal(0.5, 2, random.integers(6, 30))
        expected = stats.ttest_ind(new, base, equal_var=False, trim=trim)
        found = over_processes(base, new, trim)
        assert expected.pvalue == pytest.approx(found.p)
        assert tuple(expected.confidence_interval(0.95)) == pytest.approx(found.bounds)


def test_a_single_run_against_others_is_a_prediction_of_them() -> None:
    """The interval of the next value of a sample, as any textbook of statistics has it."""
    others = np.array([1.0, 1.2, 0.9, 1.1])
    found = over_runs(others, np.array([1.5]))
    half = stats.t.ppf(0.975, 3) * others.std(ddof=1) * np.sqrt(1 + 1 / 4)
    assert found.bounds == pytest.approx((0.45 - half, 0.45 + half))


@pytest.mark.parametrize("verb", [compare_verb, gate_verb])
def test_the_default_of_the_option_is_that_of_the_comparison(verb: click.Command) -> None:
    (option,) = (each for each in verb.params if each.name == "run_effect")
    assert RUN_EFFECT == option.type_cast_value(click.Context(verb), option.default)
