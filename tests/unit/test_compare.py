"""A comparison says of each case what is known, and never more."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from results_made import Made, suite, write

from pkbench.analysis.compare.compare import ONLY_MEANS, Comparison, compare
from pkbench.analysis.compare.run_overlap import APART, AT_ONCE, IN_TURNS, NOT_KNOWN
from pkbench.analysis.compare.text import caution
from pkbench.analysis.reading.result import Result, read

CASE = "syscall/getppid"
PROCESSES = 20
EFFECT = 0.02  # of the process, relative: what differs from one to the next

judged = partial(compare, run_effect=0.0)


def result(
    folder: Path, *cases: Made, evidence: str = "silicon", machine: dict[str, str] | None = None
) -> Result:
    folder.mkdir(parents=True, exist_ok=True)
    return read(write(folder / "result.json", suite(cases, evidence=evidence, machine=machine)))


def compared(folder: Path, base: Made, new: Made, evidence: str = "silicon") -> Comparison:
    return judged(
        result(folder / "a", base, evidence=evidence), result(folder / "b", new, evidence=evidence)
    )


def verdict(folder: Path, base: Made, new: Made, evidence: str = "silicon") -> str:
    return str(compared(folder, base, new, evidence).cases["verdict"].iloc[0])


def noisy(cost: float, seed: int, case: str = CASE, processes: int = PROCESSES) -> Made:
    generator = np.random.default_rng(seed)
    effects = np.exp(generator.normal(0, EFFECT, processes))
    values = [list(cost * e * generator.normal(1, 0.01, 5)) for e in effects]
    return Made(case, values)


def single(*values: float) -> list[list[float]]:
    return [[value] for value in values]


def test_a_clear_change_is_called_by_its_direction(tmp_path: Path) -> None:
    assert "slower" == verdict(tmp_path / "1", noisy(1e-6, 1), noisy(1.1e-6, 2))
    assert "faster" == verdict(tmp_path / "2", noisy(1.1e-6, 1), noisy(1e-6, 2))


def test_what_is_known_to_differ_by_less_than_the_margin_is_unchanged(tmp_path: Path) -> None:
    base = Made(CASE, single(1.000, 1.001, 1.002, 1.001, 1.002, 1.000))
    new = Made(CASE, single(1.003, 1.004, 1.005, 1.004, 1.003, 1.005))
    assert "unchanged" == verdict(tmp_path, base, new)


def test_what_is_too_noisy_is_inconclusive(tmp_path: Path) -> None:
    assert "inconclusive" == verdict(tmp_path, noisy(1e-6, 1, processes=6), noisy(1e-6, 2))


@pytest.mark.parametrize("odd", [0.1, 1.32, 100.0])
def test_one_odd_process_of_many_hides_no_difference_and_makes_none(
    tmp_path: Path, odd: float
) -> None:
    base, new = (noisy(cost, seed) for cost, seed in ((1e-6, 1), (1.06e-6, 2)))
    strange = replace(new, values=[*new.values[:-1], [odd * value for value in new.values[-1]]])
    clear, found = (
        compared(tmp_path / str(number), base, each).cases.iloc[0]
        for number, each in enumerate((new, strange))
    )
    assert "slower" == clear["verdict"] == found["verdict"]
    assert 1.03 < found["ratio"] < 1.09
    assert found["high"] - found["low"] < 1.5 * (clear["high"] - clear["low"])


def test_a_cost_is_the_median_over_processes_and_a_ratio_that_of_two(tmp_path: Path) -> None:
    base, new = [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], [2.0, 2.1, 2.3, 2.3, 2.9, 9.0]
    found = compared(tmp_path, Made(CASE, single(*base)), Made(CASE, single(*new))).cases.iloc[0]
    assert (1.25, 2.3) == pytest.approx((found["base"], found["new"]))
    assert found["ratio"] == pytest.approx(2.3 / 1.25)


@pytest.mark.parametrize("few", range(1, 6))
def test_fewer_than_six_processes_have_no_interval_and_no_verdict(tmp_path: Path, few: int) -> None:
    base, new = noisy(1.0, 1, processes=few), noisy(2.0, 2)
    found = compared(tmp_path, base, new).cases.iloc[0]
    told = f"too few processes count, {few} of the base result: an interval needs 6"
    assert ("inconclusive", told) == (found["verdict"], found["why"][: len(told)])
    assert np.isnan([found["low"], found["high"], found["p"]]).all()


def test_a_difference_of_the_means_alone_is_told_and_decides_nothing(tmp_path: Path) -> None:
    """The slower third of the processes became slower still."""
    base = 1 + np.linspace(-0.01, 0.01, 21) ** 3 * 1e4
    new = np.where(np.arange(21) > 13, base + 0.02, base)
    found = compared(tmp_path, Made(CASE, single(*base)), Made(CASE, single(*new))).cases.iloc[0]
    assert found["low"] < 1 < found["high"]
    assert found["p"] < 0.05
    assert ("inconclusive", ONLY_MEANS) == (found["verdict"], found["why"])


@pytest.mark.parametrize(
    ("base", "new"),
    [
        ([1.0], [1.5]),
        ([1.0], [1.5, 1.6, 1.7]),
        ([1.0] * 7, [1.5] * 6),
        ([1.0] * 6 + [9.0], [1.5] * 7),
    ],
)
def test_one_process_or_a_clock_too_coarse_gives_no_verdict_and_says_why(
    tmp_path: Path, base: list[float], new: list[float]
) -> None:
    found = compared(tmp_path, Made(CASE, single(*base)), Made(CASE, single(*new))).cases
    assert "inconclusive" == found["verdict"].iloc[0]
    assert found["why"].iloc[0]


def test_an_uncontended_case_and_a_contended_one_are_not_compared(tmp_path: Path) -> None:
    values = single(1.0, 1.01, 1.023, 1.0, 1.03, 1.02)
    other = Made("a/b", [[1.0]] * 6, beside={"nop_cycles": [[0.17]] * 6})
    uncontended, contended = (
        Made(CASE, values, beside={"nop_cycles": [[cycles]] * 6}) for cycles in (0.17, 0.34)
    )
    found = judged(
        result(tmp_path / "a", uncontended, other), result(tmp_path / "b", contended, other)
    )
    row = found.cases.iloc[0]
    assert (
        "inconclusive",
        "the new result is contended: another hardware thread used its core",
    ) == (row["verdict"], row["why"])
    both = judged(
        result(tmp_path / "c", contended, other), result(tmp_path / "d", contended, other)
    )
    assert "" == both.cases.iloc[0]["why"]


@pytest.mark.parametrize(
    ("reading", "uncontended", "contended"),
    [("nop_cycles", 0.17, 0.34), ("branch_cycles", 15.2, 16.3)],
)
def test_a_result_that_was_contended_throughout_is_not_called_slower(
    reading: str, uncontended: float, contended: float, tmp_path: Path
) -> None:
    base, new = (
        Made(CASE, single(*(cost * 1.01, cost * 1.02) * 3), beside={reading: [[cycles]] * 6})
        for cost, cycles in ((1.0, uncontended), (1.4, contended))
    )
    row = compared(tmp_path / "1", base, new).cases.iloc[0]
    why = "the new result is contended: another hardware thread used its core all the time"
    assert ("inconclusive", why) == (row["verdict"], row["why"])
    row = compared(tmp_path / "2", new, base).cases.iloc[0]
    assert ("inconclusive", why.replace("new", "base")) == (row["verdict"], row["why"])


def test_contention_must_be_known_of_both_results_or_of_neither(tmp_path: Path) -> None:
    silent, other = Made(CASE, single(*(1.0, 1.01) * 3)), Made(CASE, single(*(1.4, 1.41) * 3))
    telling = Made(CASE, silent.values, beside={"nop_cycles": [[0.17]] * 6})
    assert "slower" == verdict(tmp_path / "1", silent, other)
    row = compared(tmp_path / "2", telling, other).cases.iloc[0]
    assert ("inconclusive", "only one of the two") == (row["verdict"], row["why"][:19])


def test_one_side_without_variance_is_no_trouble(tmp_path: Path) -> None:
    base, new = Made(CASE, single(*[1.0] * 6)), Made(CASE, single(1.5, 1.6, 1.55, 1.5, 1.6, 1.5))
    assert "slower" == verdict(tmp_path, base, new)


def test_a_machine_with_itself_is_compared_in_cycles(tmp_path: Path) -> None:
    # The core ran at half the frequency the second time: the code did not change.
    base = Made(CASE, single(1.00e-6, 1.01e-6, 0.99e-6), cycle=2.5e-10)
    new = Made(CASE, single(2.00e-6, 2.02e-6, 1.98e-6), cycle=5e-10)
    found = compared(tmp_path, base, new).cases.iloc[0]
    assert "cycles" == found["unit"]
    assert 1 == pytest.approx(found["ratio"])
    assert 4000 == pytest.approx(found["base"], rel=1e-3)


def test_a_case_of_one_result_is_missing_or_added(tmp_path: Path) -> None:
    other = noisy(1e-6, 3, "syscall/mprotect-same")
    base, new = (
        result(tmp_path / "a", noisy(1e-6, 1), other),
        result(tmp_path / "b", noisy(1e-6, 2)),
    )
    assert ["missing"] == list(judged(base, new).cases["verdict"])[1:]
    assert ["added"] == list(judged(new, base).cases["verdict"])[1:]


@pytest.mark.parametrize(
    ("new", "expected"),
    [(100.0, "unchanged"), (100.02, "more instructions"), (99.98, "fewer instructions")],
)
def test_counts_are_compared_exactly(tmp_path: Path, new: float, expected: str) -> None:
    base, other = Made(CASE, [[100.0]]), Made(CASE, [[new]])
    assert expected == verdict(tmp_path, base, other, evidence="path length")


def test_machines_that_differ_where_it_matters_are_not_comparable(tmp_path: Path) -> None:
    here = {"cpu_model": "CPU 1", "kernel": "6.1", "governor": "performance"}
    one = result(tmp_path / "a", noisy(1e-6, 1), machine=here)
    kernel = result(tmp_path / "b", noisy(1e-6, 2), machine={**here, "kernel": "6.12"})
    cpu = result(tmp_path / "c", noisy(1e-6, 2), machine={**here, "cpu_model": "CPU 2"})
    assert judged(one, kernel).comparable
    assert ["kernel: 6.1 and 6.12"] == [str(each) for each in judged(one, kernel).differences]
    assert not judged(one, cpu).comparable


def test_another_version_of_pkbench_and_another_native_build_are_said(tmp_path: Path) -> None:
    base, new = (
        read(
            write(
                tmp_path / f"{build}.json",
                suite(
                    [Made("syscall/getppid", [[1e-7]])],
                    machine={"native_build": build},
                    pkbench_version=version,
                ),
            )
        )
        for build, version in [("aa", "0.1.0"), ("bb", "0.2.0.dev5+gabc")]
    )
    found = judged(base, new)

    assert found.comparable
    assert [
        "native build: aa and bb",
        "version of pkbench: 0.1.0 and 0.2.0.dev5+gabc",
    ] == [str(difference) for difference in found.differences]


def test_processors_of_one_name_are_not_comparable_where_their_versions_differ(
    tmp_path: Path,
) -> None:
    milan, naples, unknown = (
        result(tmp_path / name, noisy(1e-6, 1), machine={"cpu_model": "AMD EPYC", **version})
        for name, version in (
            ("a", {"cpu_version": "family 25, model 1, stepping 1"}),
            ("b", {"cpu_version": "family 23, model 1, stepping 2"}),
            ("c", {}),
        )
    )
    assert not judged(milan, naples).comparable
    assert [] == judged(unknown, unknown).differences
    found = judged(milan, unknown)
    assert not found.comparable
    assert {"s"} == set(found.cases["unit"])
    told = "processor's version: family 25, model 1, stepping 1 and not known"
    assert [told] == [str(difference) for difference in found.differences]


def counted(folder: Path, **machine: object) -> Result:
    folder.mkdir()
    made = suite([Made(CASE, [[335.0]])], evidence="path length", machine=dict(machine))
    return read(write(folder / "result.json", made))


@pytest.mark.parametrize(
    ("base", "new", "told"),
    [
        (
            {"mitigations": {"meltdown": "Not affected", "mds": "Not affected"}},
            {"mitigations": {"meltdown": "Mitigation: PTI", "mds": "Not affected"}},
            ["mitigation of meltdown: Not affected and Mitigation: PTI"],
        ),
        (
            {"keys": {"supported": True, "reason": ""}},
            {"keys": {"supported": False, "reason": "the kernel has them turned off"}},
            ["protection keys: yes and no: the kernel has them turned off"],
        ),
        (
            {"emulator": "-cpu max"},
            {"emulator": "-cpu max,-la57"},
            ["emulator: -cpu max and -cpu max,-la57"],
        ),
        (
            {"cmdline": "quiet"},
            {"cmdline": "quiet nopku"},
            ["kernel's command line: quiet and quiet nopku"],
        ),
    ],
)
def test_a_change_of_a_guest_is_reported_and_stays_comparable(
    tmp_path: Path, base: dict[str, object], new: dict[str, object], told: list[str]
) -> None:
    found = judged(counted(tmp_path / "a", **base), counted(tmp_path / "b", **new))
    assert told == [str(difference) for difference in found.differences]
    assert found.comparable


def at(
    folder: Path, made: Made, date: str, spent: dict[str, float], kernel: str = "6.12"
) -> Result:
    """Return the result of a run that began then, and spent so many seconds on what."""
    folder.mkdir(parents=True)
    whole = suite([made], machine={"kernel": kernel})
    whole["metadata"] |= {"pkbench_date": date}
    whole["metadata"] |= {f"pkbench_{name}": seconds for name, seconds in spent.items()}
    return read(write(folder / "r.json", whole))


BEGAN, LATER = "2026-01-02T03:04:05+00:00", "2026-01-02T03:04:25+00:00"
HOURS_LATER = "2026-01-02T05:04:05+00:00"
TURNS = {"seconds": 60.0, "waited_seconds": 29.0, "missed_turns": 0}


@pytest.mark.parametrize(
    ("began", "spent", "expected"),
    [
        (LATER, TURNS, IN_TURNS),
        ("2026-01-02T04:04:25+01:00", TURNS, IN_TURNS),
        (LATER, {**TURNS, "seconds": 35.0}, IN_TURNS),
        ("2026-01-02T03:05:05+00:00", TURNS, APART),  # when the other ended
        ("2026-01-02T03:04:55+00:00", TURNS, APART),  # ten seconds before
        (LATER, {**TURNS, "seconds": 3600.0}, APART),  # a minute of an hour
        (LATER, {**TURNS, "waited_seconds": 0.1}, AT_ONCE),
        (LATER, {**TURNS, "missed_turns": 1}, AT_ONCE),
        (LATER, {"seconds": 60.0}, AT_ONCE),
        (LATER, {"waited_seconds": 29.0}, NOT_KNOWN),
        ("2026-01-02T03:04:25", TURNS, NOT_KNOWN),  # nobody knows of which zone
        ("9999-12-31T23:59:59+00:00", TURNS, NOT_KNOWN),
        ("some day", TURNS, NOT_KNOWN),
    ],
)
def test_two_runs_took_turns_that_were_under_way_at_once_and_waited(
    tmp_path: Path, began: str, spent: dict[str, float], expected: str
) -> None:
    one = at(tmp_path / "one", noisy(1e-6, 1), BEGAN, TURNS)
    other = at(tmp_path / "other", noisy(1e-6, 2), began, spent)

    assert expected == judged(one, other).run_overlap == judged(other, one).run_overlap


def test_a_run_that_was_interrupted_for_hours_took_no_turns(tmp_path: Path) -> None:
    one, other = (
        replace(at(tmp_path / name, noisy(1e-6, seed), BEGAN, TURNS), ended=HOURS_LATER)
        for seed, name in enumerate(("one", "other"))
    )

    assert AT_ONCE == judged(one, other).run_overlap
    soon = "2026-01-02T03:05:10+00:00"
    assert IN_TURNS == judged(replace(one, ended=""), replace(other, ended=soon)).run_overlap


def test_a_comparison_comes_with_a_warning_where_runs_took_no_turns(tmp_path: Path) -> None:
    one = at(tmp_path / "one", noisy(1e-6, 1), BEGAN, TURNS)

    def told(
        name: str,
        began: str,
        cost: float = 1.1e-6,
        spent: dict[str, float] = TURNS,
        kernel: str = "6.12",
    ) -> str:
        return caution(judged(one, at(tmp_path / name, noisy(cost, 2), began, spent, kernel)))

    assert "" == told("in turns", LATER)
    assert "without taking turns" in told("at once", LATER, spent={"seconds": 60.0})
    assert "start both runs at once" in told("later", HOURS_LATER)
    assert "measure both again" in told("another kernel", HOURS_LATER, kernel="7.0")
    assert "start both runs at once" in told("no different", HOURS_LATER, cost=1e-6)
    assert "do not say whether" in told("nobody knows", "some day")


def partly_contended(cost: float, uncontended: int) -> Made:
    """Return a case of forty processes, of which so many were uncontended."""
    kept = [place < uncontended for place in range(40)]
    values = single(
        *((1 if own else 1.4) * cost * (1 + place % 3 / 1000) for place, own in enumerate(kept))
    )
    return Made(CASE, values, beside={"branch_cycles": [[15.2 if own else 16.3] for own in kept]})


def test_the_readings_of_runs_in_turns_together_decide_what_is_contended(tmp_path: Path) -> None:
    base = at(tmp_path / "base", partly_contended(1e-6, uncontended=6), BEGAN, TURNS)
    new, later = (
        at(tmp_path / name, partly_contended(1e-6, uncontended=20), began, TURNS)
        for name, began in (("new", LATER), ("later", HOURS_LATER))
    )
    never = at(tmp_path / "never", partly_contended(1e-6, uncontended=0), LATER, TURNS)

    (apart,), (in_turns,), (without,) = (
        judged(*pair).cases.to_dict("records")
        for pair in ((base, later), (base, new), (new, never))
    )

    assert (
        apart["why"]
        == "the base result is contended: another hardware thread used its core all the time"
    )
    assert (in_turns["verdict"], in_turns["why"]) == ("unchanged", "")
    assert without["why"] == "the new result is contended: another hardware thread used its core"
