"""An instruction of about a cycle costs the slope between two loops, or reads below resolution."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results_made import Made, skipped, suite, write

from pkbench import analysis
from pkbench.analysis import ResultError, formatting
from pkbench.analysis.estimate.frame import records
from pkbench.analysis.figures.declared.instructions import PRIMITIVES
from pkbench.cases.catalogue import benchmarks, by_name
from pkbench.cli.states import costs_by_case

LOOP = "instruction/empty-loop"
CASE = "instruction/nop"
HALF = "instruction/nop-half"

LOOPS = [5e-9, 6e-9, 7e-9, 5e-9, 8e-9, 6e-9]  # what a loop costs itself, in each process

Row = dict[str, Any]


def per_operation(loop_seconds: float, operation_seconds: float, copies: int) -> float:
    """Return what an operation seems to cost in a loop of so many."""
    return (loop_seconds + operation_seconds * copies) / copies


def pair(loops: list[float], operation: float, **both: Any) -> list[Made]:
    """Make the two loops, a process for each cost of the loop itself."""
    whole = [[per_operation(loop, operation, 100)] for loop in loops]
    half = [[per_operation(loop, operation, 50)] for loop in loops]
    return [
        Made(LOOP, [[9.0] for _ in loops], **both),
        Made(HALF, half, inner_loops=50, floor=LOOP, **both),
        Made(CASE, whole, inner_loops=100, floor=HALF, slope=True, **both),
    ]


def noise(spread: float) -> list[Made]:
    """Make two loops whose slope is far less than their noise."""
    noisy = [1 + spread * sign for sign in (-1, 1, -0.8, 0.9, -0.7, 0.8)]
    return [
        Made(HALF, [[2e-9 * factor] for factor in noisy], inner_loops=50, floor=LOOP),
        Made(
            CASE,
            [[1.01e-9 * factor] for factor in reversed(noisy)],
            inner_loops=100,
            floor=HALF,
            slope=True,
        ),
    ]


def times(factor: float, made: Made) -> list[list[float]]:
    return [[factor * value for value in values] for values in made.values]


def result(folder: Path, *cases: Made, evidence: str = "silicon") -> Path:
    return write(folder / "result.json", suite(cases, evidence=evidence))


def row(folder: Path, *cases: Made, evidence: str = "silicon") -> Row:
    """Return the estimate of the last case."""
    frame = analysis.load([result(folder, *cases, evidence=evidence)])
    return records(analysis.estimates(frame))[-1]


def test_it_costs_the_difference_of_the_loops_by_the_difference_of_their_copies(
    tmp_path: Path,
) -> None:
    found = row(tmp_path, *pair(LOOPS, operation=2e-10))

    assert [pytest.approx(2e-10)] * 3 == [found["net"], found["net_low"], found["net_high"]]
    assert found["resolved"]


def test_it_is_given_in_core_cycles_too(tmp_path: Path) -> None:
    found = row(tmp_path, *pair(LOOPS, operation=2e-10, cycle=4e-10))

    assert pytest.approx(0.5) == found["net_cycles"]
    assert "0.500 [0.500, 0.500]" == formatting.net_cycles(found)


def test_instructions_counted_are_whole(tmp_path: Path) -> None:
    found = row(tmp_path, *pair([2.0], operation=1.0), evidence="path length")

    assert 1.0 == found["net"]


def test_a_ratio_of_slopes_has_nothing_of_the_loops_in_it(tmp_path: Path) -> None:
    _, half, whole = cheap = pair(LOOPS, operation=2e-10)
    dear = [
        replace(half, case="instruction/dear-half", values=times(5, half)),
        replace(
            whole, case="instruction/dear", floor="instruction/dear-half", values=times(5, whole)
        ),
    ]
    frame = analysis.load([result(tmp_path, *cheap, *dear)])
    found = analysis.ratio(frame, ("box", "instruction/dear"), ("box", CASE), net=True)

    assert [pytest.approx(5.0)] * 3 == [found.value, found.low, found.high]


def test_what_the_noise_hides_is_below_resolution_and_no_number(tmp_path: Path) -> None:
    found = row(tmp_path, *noise(spread=0.1))

    assert found["net_low"] < 0 < found["net"] < found["net_high"]
    assert "below resolution" == formatting.net(found)
    assert formatting.net_bounds(found).startswith("up to ")
    assert "" == formatting.net_cycles(found)


def test_a_slope_that_goes_down_is_below_resolution_and_no_number(tmp_path: Path) -> None:
    found = row(tmp_path, *pair(LOOPS, operation=-1e-11))

    assert found["net_high"] < 0
    assert ("below resolution", "") == (formatting.net(found), formatting.net_bounds(found))


@pytest.mark.parametrize(("clock", "resolved"), [(9e-6, True), (11e-6, False)])
def test_what_the_clock_cannot_resolve_is_below_resolution(
    clock: float, resolved: bool, tmp_path: Path
) -> None:
    """A thousand loops with fifty copies between them: 10 µs are 0.2 ns a copy."""
    found = row(tmp_path, *pair(LOOPS, operation=2e-10, clock=clock))

    assert resolved == found["resolved"]
    assert ("0.200 ns" if resolved else "below resolution") == formatting.net(found)


def test_a_run_prints_the_slope_or_that_it_is_below_resolution(tmp_path: Path) -> None:
    told = costs_by_case(result(tmp_path, *pair(LOOPS, operation=2e-10)))
    hidden = costs_by_case(result(tmp_path, *noise(spread=0.1)))

    assert "0.200 ns  [0.200 to 0.200 ns]" == told[CASE].strip()
    assert hidden[CASE].startswith("below resolution  [up to ")


def test_no_table_of_the_report_prints_a_figure_that_is_below_resolution(tmp_path: Path) -> None:
    page = analysis.write([result(tmp_path, *noise(spread=0.1))], tmp_path / "report")
    text = (page.parent / "tables" / "silicon-cases.md").read_text()

    assert f"{HALF} | slope | below resolution | up to " in text
    assert "-0." not in text


def test_the_figure_of_instructions_shows_the_slope_once(tmp_path: Path) -> None:
    path = result(tmp_path, *pair(LOOPS, operation=2e-10), skipped("syscall/getppid"))
    (result_set,) = analysis.result_sets([analysis.read(path)])
    table = PRIMITIVES.table(result_set)
    shown = table[table["what"] == "estimate"].set_index("case")

    assert [LOOP, CASE] == list(shown.index)
    assert pytest.approx(2e-10) == shown.loc[CASE, "value"]
    points = table.loc[(table["what"] == "process") & (table["case"] == CASE), "value"]
    assert pytest.approx(2e-10) == points.median()
    assert "slope" in PRIMITIVES.caption(table)


def test_a_result_from_before_slopes_has_none(tmp_path: Path) -> None:
    made = suite([Made(CASE, [[1e-9]])])
    made["metadata"]["pkbench_cases"] = made["metadata"]["pkbench_cases"].replace(
        '"slope": false, ', ""
    )
    assert not analysis.read(write(tmp_path / "old.json", made)).cases[0].slope


def test_a_slope_that_is_no_truth_value_is_refused(tmp_path: Path) -> None:
    made = suite([Made(CASE, [[1e-9]])])
    made["metadata"]["pkbench_cases"] = made["metadata"]["pkbench_cases"].replace(
        '"slope": false', '"slope": "no"'
    )
    with pytest.raises(ResultError, match="slope is neither true nor false"):
        analysis.read(write(tmp_path / "wrong.json", made))


def test_a_clock_that_steps_back_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="pkbench_clock_resolution is not a time"):
        analysis.read(result(tmp_path, Made(CASE, [[1e-9]], clock=-1.0)))


def test_every_slope_is_of_two_loops_that_share_process_and_loops() -> None:
    slopes = [benchmark for benchmark in benchmarks() if benchmark.slope]

    assert {"nop", "rdpkru", "rdfsbase", "lfence", "xgetbv"} <= {each.name for each in slopes}
    for slope in slopes:
        assert slope.floor is not None
        floor = by_name()[slope.floor]
        assert slope.group is not None
        assert (slope.group, slope.axes, slope.native.needs) == (
            floor.group,
            floor.axes,
            floor.native.needs,
        )
        assert 0 < floor.inner_loops < slope.inner_loops
