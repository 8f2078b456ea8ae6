"""A gate passes what grew by no more than is allowed, and says what else it found."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from results_made import Made, skipped, suite, write

CASES = ("syscall/getppid", "syscall/mprotect-same")
STEADY = (1.000, 1.001, 0.999, 1.000, 1.001, 0.999)
NOISY = (0.5, 1.0, 2.0, 0.7, 1.4, 1.1)


def made(
    path: Path,
    costs: dict[str, float],
    spread: tuple[float, ...] = STEADY,
    evidence: str = "silicon",
    cpu: str = "CPU",
) -> Path:
    cases = [
        Made(case, [[cost]] if evidence == "path length" else [[cost * s] for s in spread])
        for case, cost in costs.items()
    ]
    return write(path, suite(cases, evidence=evidence, machine={"cpu_model": cpu}))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return made(tmp_path / "base.json", dict.fromkeys(CASES, 1e-6))


def pkbench(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a verb; its results are taken as runs that had no effect of their own."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "pkbench.cli", *map(str, arguments), "--run-effect", "0"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_equal_results_pass(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", dict.fromkeys(CASES, 1.01e-6))
    done = pkbench("gate", base, new)
    assert (0, "pass: 2 pass") == (done.returncode, done.stdout.splitlines()[-1])


def test_growth_beyond_what_is_allowed_is_a_regression(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1e-6, CASES[1]: 1.1e-6})
    assert 1 == pkbench("gate", base, new).returncode
    assert 0 == pkbench("gate", base, new, "--max-regress", "15%").returncode


def test_what_noise_hides_is_inconclusive(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", dict.fromkeys(CASES, 1e-6), NOISY)
    assert 3 == pkbench("gate", base, new).returncode


def test_another_processor_is_not_comparable(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", dict.fromkeys(CASES, 1e-6), cpu="another")
    done = pkbench("gate", base, new)
    assert 4 == done.returncode
    assert "not comparable: processor: CPU and another" in done.stderr


def test_a_case_that_is_gone_is_missing(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1e-6})
    assert 5 == pkbench("gate", base, new).returncode


@pytest.mark.parametrize(("count", "code"), [(1000.0, 0), (1000.01, 1), (999.0, 0)])
def test_any_growth_of_a_path_length_is_seen(tmp_path: Path, count: float, code: int) -> None:
    old = made(tmp_path / "old.json", {CASES[0]: 1000.0}, evidence="path length")
    new = made(tmp_path / "new.json", {CASES[0]: count}, evidence="path length")
    assert code == pkbench("gate", old, new).returncode


def test_nothing_compared_is_not_passed(base: Path, tmp_path: Path) -> None:
    skipped_cases = [skipped(case) for case in CASES]
    nothing = write(tmp_path / "nothing.json", suite(skipped_cases))
    for old, new in ((nothing, nothing), (nothing, base)):
        done = pkbench("gate", old, new, "--junit", tmp_path / "j.xml")
        assert (3, "inconclusive: no case was compared") == (
            done.returncode,
            done.stdout.splitlines()[-1],
        )


def test_what_fails_comes_first_in_every_format(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1e-6, CASES[1]: 1.1e-6})
    junit = tmp_path / "junit.xml"
    text, markdown, data = (
        pkbench("gate", base, new, "--junit", junit, *more).stdout
        for more in ((), ("--markdown",), ("--json",))
    )
    order = [CASES[1], CASES[0]]
    for lines in (text.splitlines(), markdown.replace("| ", "").splitlines()):
        rows = [line for line in lines if line.startswith(tuple(CASES))]
        assert order == [row.split()[0] for row in rows]
        assert ["regression" in row for row in rows] == [True, False]
        assert lines[-1] == "regression: 1 regression, 1 pass"
    found = json.loads(data)
    assert [(case, state) for case, state in zip(order, ("regression", "pass"), strict=True)] == [
        (row["case"], row["state"]) for row in found["cases"]
    ]
    assert {"base.json", "new.json"} == {found[place]["file"] for place in ("base", "new")}
    tests = ET.parse(junit).getroot().iter("testcase")
    assert order == [f"{test.get('classname')}/{test.get('name')}" for test in tests]


@pytest.mark.parametrize("verb", ["compare", "gate"])
def test_times_and_counts_are_refused_in_one_sentence(
    base: Path, tmp_path: Path, verb: str
) -> None:
    counts = made(tmp_path / "counts.json", {CASES[0]: 1000.0}, evidence="path length")
    made_up = made(tmp_path / "guest.json", {CASES[0]: 1e-6}, evidence="function")
    for pair, said in (
        ((base, counts), "base.json holds times and counts.json holds instruction counts"),
        ((counts, base), "counts.json holds instruction counts and base.json holds times"),
        ((base, made_up), "guest.json was taken in an emulated machine"),
    ):
        done = pkbench(verb, *pair)
        assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
        assert said in done.stderr


@pytest.mark.parametrize("verb", ["compare", "gate"])
def test_cases_are_chosen_by_patterns_and_rows_by_options(
    base: Path, tmp_path: Path, verb: str
) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1e-6, CASES[1]: 1.1e-6})

    def rows(*more: str) -> list[str]:
        lines = pkbench(verb, base, new, *more).stdout.splitlines()
        return [line.split()[0] for line in lines if line.startswith(CASES)]

    assert [CASES[0]] == rows("--case", "syscall/getp*")
    by_name, failing_first = list(CASES), [CASES[1], CASES[0]]
    expected = by_name if verb == "compare" else failing_first
    assert expected == rows("--case", "syscall", "--sort", "case")
    assert [CASES[1]] == rows("--only-changed")
    assert CASES[1] == rows("--sort", "ratio")[0] == rows("--sort", "change")[0]
    wrong = pkbench(verb, base, new, "--case", "syscal/getppid")
    assert 2 == wrong.returncode
    assert "did you mean syscall/getppid?" in wrong.stderr


def test_times_are_shown_in_the_unit_that_was_asked_for(base: Path) -> None:
    assert "1,000 ns" in pkbench("compare", base, base, "--unit", "ns").stdout
    assert "1.00 µs" in pkbench("compare", base, base, "--unit", "us").stdout
    for unit in ("cycles", "ticks"):
        assert 2 == pkbench("compare", base, base, "--unit", unit).returncode


def test_a_full_disk_and_a_reader_that_has_gone_are_no_regression(base: Path) -> None:
    command = f"{sys.executable} -P -m pkbench.cli gate {base} {base}"
    full = subprocess.run(
        ["bash", "-c", f"{command} >/dev/full"], capture_output=True, text=True, check=False
    )
    assert (2, 1) == (full.returncode, full.stderr.count("can't read or write the output"))
    gone = subprocess.run(["bash", "-c", f"{command} | true; exit ${{PIPESTATUS[0]}}"], check=False)
    assert gone.returncode in (0, 141)


def test_growth_of_a_path_length_may_be_allowed(tmp_path: Path) -> None:
    old = made(tmp_path / "old.json", {CASES[0]: 1000.0}, evidence="path length")
    new = made(tmp_path / "new.json", {CASES[0]: 1009.0}, evidence="path length")
    assert 0 == pkbench("gate", old, new, "--max-regress", "1%").returncode
    assert 1 == pkbench("gate", old, new, "--max-regress", "0.5%").returncode


def test_a_case_that_was_counted_and_is_no_more_is_missing(tmp_path: Path) -> None:
    old = made(tmp_path / "old.json", dict.fromkeys(CASES, 1000.0), evidence="path length")
    new = made(tmp_path / "new.json", {CASES[0]: 1000.0}, evidence="path length")
    assert 5 == pkbench("gate", old, new).returncode


def test_times_may_grow_by_three_hundredths(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", dict.fromkeys(CASES, 1.02e-6))
    assert 0 == pkbench("gate", base, new).returncode


def test_build_servers_get_a_test_per_case(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1.5e-6})
    pkbench("gate", base, new, "--junit", tmp_path / "junit.xml")
    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert ("2", "1", "1") == (suite.get("tests"), suite.get("failures"), suite.get("errors"))
    (failure,) = suite.iter("failure")
    assert "slower" in str(failure.get("message"))


def test_a_comparison_is_text_markdown_or_json(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", {CASES[0]: 1.5e-6, CASES[1]: 1e-6})
    text, markdown, data = (
        pkbench("compare", base, new, *more).stdout for more in ((), ("--markdown",), ("--json",))
    )
    line = next(line for line in text.splitlines() if line.startswith(CASES[0]))
    assert "slower" in line
    assert "1.5" in line
    assert "| --- |" in markdown
    (found,) = json.loads(data)
    assert {CASES[0]: "slower", CASES[1]: "unchanged"} == {
        row["case"]: row["verdict"] for row in found["cases"]
    }


def test_a_warning_about_the_runs_is_printed_with_the_table(tmp_path: Path) -> None:
    base, slower = tmp_path / "base.json", tmp_path / "slower.json"
    for path, cost, date in ((base, 1e-6, "2026-01-02"), (slower, 1.5e-6, "2026-01-03")):
        whole = suite([Made(CASES[0], [[cost * s] for s in STEADY])])
        whole["metadata"] |= {"pkbench_date": f"{date}T03:04:05+00:00", "pkbench_seconds": 60.0}
        write(path, whole)

    assert "one after the other" in pkbench("compare", base, slower).stderr
    told = pkbench("compare", base, base).stderr
    assert "one after the other" not in told
    assert "base and new are the same run, base.json" in told


@pytest.mark.parametrize("allowed", ["3", "-1%", "many", "200%"])
def test_what_is_no_share_is_refused_in_one_sentence(base: Path, allowed: str) -> None:
    done = pkbench("gate", base, base, "--max-regress", allowed)
    assert 2 == done.returncode
    assert f"{allowed!r} is not a share" in done.stderr
