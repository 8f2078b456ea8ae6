"""Two samples of a case: what stands in the way of a verdict, and what doesn't."""

from pathlib import Path

import numpy as np
import pytest
from results_made import Made, suite, write

from pkbench.analysis.compare.compare import Comparison, compare
from pkbench.analysis.compare.gate import judge
from pkbench.analysis.compare.pair import CONTENTION, Side, pair
from pkbench.analysis.reading.bounded_json import ResultError
from pkbench.analysis.reading.result import read

CASE = "syscall/getppid"
NOT_KNOWN = np.full(20, np.nan)
ONE_RUN = np.zeros(20, dtype=int)


def drawn(seed: int, cost: float = 1e-6, spread: float = 0.002, processes: int = 20) -> list[float]:
    return list(cost * np.exp(np.random.default_rng(seed).normal(0, spread, processes)))


def compared(folder: Path, base: Made, new: Made, evidence: str = "silicon") -> Comparison:
    paths = [
        write(folder / f"{name}.json", suite([made], evidence=evidence))
        for name, made in (("base", base), ("new", new))
    ]
    base_result, new_result = map(read, paths)
    return compare(base_result, new_result, run_effect=0.0)


def of(values: list[float], nops: float = 0.2) -> Made:
    values_of_each = [[value] for value in values]
    return Made(CASE, values_of_each, beside={"nop_cycles": [[nops]] * len(values)})


def verdict(comparison: Comparison) -> tuple[str, str]:
    """Return the verdict of the one case, and its state in a gate."""
    return str(comparison.cases["verdict"][0]), str(judge(comparison, 0.03).states[0])


@pytest.mark.parametrize(("times", "expected"), [(1.4, "inconclusive"), (1.6, "slower")])
def test_a_contended_side_is_slower_only_by_more_than_contention_makes(
    tmp_path: Path, times: float, expected: str
) -> None:
    alone, contended = of(drawn(1)), of(drawn(2, times * 1e-6), nops=0.4)
    found = compared(tmp_path, alone, contended)
    row = found.cases.iloc[0]
    assert (expected, "regression" if expected == "slower" else expected) == verdict(found)
    assert times / 1.01 < row["low"] < row["ratio"] < row["high"] < times * 1.01
    assert row["why"].startswith("the new result is contended")


def test_a_result_that_is_contended_throughout_decides_no_case(tmp_path: Path) -> None:
    """Not even one in which the other result happens to be contended as well."""
    quiet = Made("a/quiet", [[1e-6]] * 20, beside={"nop_cycles": [[0.2]] * 20})
    both = of(drawn(1), nops=0.3), of(drawn(2), nops=0.4)
    paths = [
        write(tmp_path / "base.json", suite([quiet, both[0]])),
        write(tmp_path / "new.json", suite([both[1]])),
    ]
    found = compare(read(paths[0]), read(paths[1]))
    row = found.cases.set_index("case").loc[CASE]
    assert "inconclusive" == row["verdict"]
    assert row["why"].endswith("all the time")
    assert (
        "inconclusive"
        == dict(zip(found.cases["case"], judge(found, 0.03).states, strict=True))[CASE]
    )


def test_what_is_missing_is_not_blamed_on_contention(tmp_path: Path) -> None:
    other = Made("syscall/other", [[1e-6]] * 4, beside={"nop_cycles": [[0.2]] * 4})
    paths = [
        write(tmp_path / "base.json", suite([of(drawn(1), nops=0.4)])),
        write(tmp_path / "new.json", suite([other])),
    ]
    found = compare(read(paths[0]), read(paths[1])).cases
    assert {CASE: "missing", "syscall/other": "added"} == dict(
        zip(found["case"], found["verdict"], strict=True)
    )
    assert {""} == set(found["why"])


@pytest.mark.parametrize("slow", [2, 4, 6])
def test_a_larger_share_of_slow_processes_is_told_and_never_unchanged(
    tmp_path: Path, slow: int
) -> None:
    base, new = drawn(1), drawn(2)
    assert ("unchanged", "pass") == verdict(compared(tmp_path, of(base), of(new)))
    new[:slow] = [1.3 * value for value in new[:slow]]
    found = compared(tmp_path, of(base), of(new))
    assert ("inconclusive", "inconclusive") == verdict(found)
    row = found.cases.iloc[0]
    assert (0, slow) == (row["odd_base"], row["odd_new"])
    told = f"0 of 20 processes of the base result and {slow} of 20 of the new one took 1.30 times"
    assert row["why"].startswith(told)


def test_one_odd_process_more_comes_by_chance(tmp_path: Path) -> None:
    new = drawn(2)
    new[0] *= 1.3
    assert "unchanged" == verdict(compared(tmp_path, of(drawn(1)), of(new)))[0]


@pytest.mark.parametrize("share", [0.005, 0.02])
def test_a_coarse_clock_is_noticed_by_its_steps(tmp_path: Path, share: float) -> None:
    step = share * 1e-6

    def coarse(seed: int, steps: float) -> Made:
        values = drawn(seed, 1e-6 + steps * step, spread=share)
        return of([step * round(value / step) for value in values])

    found = compared(tmp_path, coarse(1, 0), coarse(2, 0.9))
    assert "inconclusive" == verdict(found)[0]
    assert "the clock is too coarse" in found.cases["why"][0]
    found = compared(tmp_path, coarse(1, 0), coarse(2, 5))
    assert "slower" == verdict(found)[0]


def test_figures_that_are_no_multiples_of_a_step_are_not_called_coarse() -> None:
    for seed in range(50):
        base, new = (
            Side(np.array(drawn(each, spread=0.05)), NOT_KNOWN, ONE_RUN)
            for each in (seed, seed + 100)
        )
        assert "clock" not in pair(base, new, "s", run_effect=0.0).why


def counted(count: float, *bounds: float) -> Made:
    least_and_most = dict(zip(("least_instructions", "most_instructions"), bounds, strict=False))
    return Made(CASE, [[count]], beside={name: [[each]] for name, each in least_and_most.items()})


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [
        (counted(7000), counted(7000), "unchanged"),
        (counted(7000), counted(7000.1), "more instructions"),
        (counted(7000, 6990, 7010), counted(7005), "unchanged"),
        (counted(7000), counted(7005, 6990, 7010), "unchanged"),
        (counted(7000, 6990, 7010), counted(7020, 7009, 7030), "unchanged"),
        (counted(7000, 6990, 7010), counted(7020, 7011, 7030), "more instructions"),
        (counted(7020, 7011, 7030), counted(7000, 6990, 7010), "fewer instructions"),
    ],
)
def test_nothing_within_the_range_of_a_count_is_a_change(
    tmp_path: Path, base: Made, new: Made, expected: str
) -> None:
    found = compared(tmp_path, base, new, "path length")
    row = found.cases.iloc[0]
    assert expected == row["verdict"]
    assert row["low"] <= row["ratio"] <= row["high"]
    assert (judge(found, 0.0).states[0] == "regression") == (expected == "more instructions")


def test_a_guests_times_are_never_compared(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="mean nothing"):
        compared(tmp_path, of(drawn(1)), of(drawn(2)), "function")


def test_the_largest_effect_of_contention_is_the_one_that_the_docs_state() -> None:
    stated = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")
    assert "| 132 ns | 175 to 200 ns |" in stated
    assert 200 / 132 == CONTENTION
