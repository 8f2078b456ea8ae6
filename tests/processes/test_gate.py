"""A gate passes what grew by no more than is allowed, and says what else it found."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from results_made import Made, suite, write

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
    return subprocess.run(
        [sys.executable, "-P", "-m", "pkbench.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_equal_results_pass(base: Path, tmp_path: Path) -> None:
    new = made(tmp_path / "new.json", dict.fromkeys(CASES, 1.01e-6))
    done = pkbench("gate", base, new)
    assert (0, "pass: 2 pass") == (done.returncode, done.stderr.splitlines()[-1])


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
    assert "one after the other" not in pkbench("compare", base, base).stderr


@pytest.mark.parametrize("allowed", ["3", "-1%", "many", "200%"])
def test_what_is_no_share_is_refused_in_one_sentence(base: Path, allowed: str) -> None:
    done = pkbench("gate", base, base, "--max-regress", allowed)
    assert 2 == done.returncode
    assert f"{allowed!r} is not a share" in done.stderr
