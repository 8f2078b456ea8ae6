"""The worker is a plain pyperf script over the cases."""

import subprocess
import sys
from pathlib import Path

import pyperf
import pytest

from pkbench.cases.catalogue import parse_case

pytestmark = pytest.mark.alone


def worker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-P", "-m", "pkbench.worker.pyperf_script", *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_pyperf_runs_the_script_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    done = worker(
        *("syscall/getppid", "-p", "2", "-n", "2", "-l", "64", "-q", "-o", str(path)),
        *("--min-time", "0.001"),
    )
    assert 0 == done.returncode, done.stderr
    suite = pyperf.BenchmarkSuite.load(str(path))
    assert ["instruction/empty-loop", "syscall/getppid"] == suite.get_benchmark_names()
    assert 4 == suite.get_benchmark("syscall/getppid").get_nvalue()


def test_under_pyperf_alone_what_cannot_run_is_told_and_left_out(tmp_path: Path) -> None:
    if not parse_case("instruction/rdpkru").skipped():
        pytest.skip("this machine has protection keys")
    done = worker("instruction", "-p", "1", "-n", "1", "-l", "64", "-q")
    assert 0 == done.returncode, done.stderr
    assert "instruction/rdpkru: skipped: the CPU has no protection keys" in done.stderr


def test_an_unknown_pattern_is_one_sentence() -> None:
    done = worker("nothing")
    assert 1 == done.returncode
    assert 1 == done.stderr.count("\n")
    assert "'nothing'" in done.stderr
