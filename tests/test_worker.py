"""The worker is a plain pyperf script over the cases."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyperf
import pytest

from pkbench import launch
from pkbench.catalogue import parse_case
from pkbench.session import CaseSkipped, Session
from pkbench.worker import calibrate

CASE = "protect/mprotect-rw-ro/pages:3"
PER_VALUE = (
    "pkbench_ticks",
    "pkbench_minor_faults",
    "pkbench_major_faults",
    "pkbench_voluntary_switches",
    "pkbench_involuntary_switches",
    "pkbench_cpu",
)


def worker(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (*launch.COMMAND, *arguments), capture_output=True, text=True, timeout=120, check=False
    )


def only_run(document: dict[str, Any]) -> tuple[dict[str, Any], list[float]]:
    (benchmark,) = document["benchmarks"]
    (run,) = benchmark["runs"]
    return {
        **document["metadata"],
        **benchmark.get("metadata", {}),
        **run.get("metadata", {}),
    }, run["values"]


def test_a_measured_run_is_a_pyperf_suite_of_one_run() -> None:
    outcome = launch.measure(CASE, loops=100, values=3, warmups=1, timeout=60)
    assert ("measured", "") == (outcome.state, outcome.reason)
    metadata, values = only_run(outcome.document)
    assert (CASE, 100, "second") == (metadata["name"], metadata["loops"], metadata["unit"])
    assert 3 == len(values)
    assert all(value > 0 for value in values)


def test_every_value_brings_ticks_faults_switches_and_its_cpu() -> None:
    metadata, _ = only_run(launch.measure(CASE, 100, 3, 1, 60).document)
    for key in PER_VALUE:
        assert 3 == len(json.loads(metadata[key])), key


def test_a_change_of_protection_takes_no_page_fault() -> None:
    metadata, _ = only_run(launch.measure(CASE, 100, 3, 1, 60).document)
    assert [0, 0, 0] == json.loads(metadata["pkbench_minor_faults"])


def test_a_crew_tells_its_slowest_member() -> None:
    outcome = launch.measure("threads/mprotect-own-region/threads:2", 50, 3, 0, 60)
    metadata, values = only_run(outcome.document)
    slowest = json.loads(metadata["pkbench_slowest"])
    assert all(slow >= value for slow, value in zip(slowest, values, strict=True))


def test_what_needs_keys_is_skipped_without_them_and_measured_with() -> None:
    case = parse_case("instruction/rdpkru")
    outcome = launch.measure(case.name, loops=10, values=1, warmups=0, timeout=60)
    if case.skipped():
        assert ("skipped", case.skipped()) == (outcome.state, outcome.reason)
        with pytest.raises(CaseSkipped):
            Session(case)
    else:
        assert "measured" == outcome.state


def test_calibration_finds_loops_that_last_long_enough() -> None:
    found = calibrate(parse_case("syscall/getppid"), 0.001)
    assert found["timed"] >= 0.001
    assert found["loops"] & (found["loops"] - 1) == 0


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


def test_the_worker_imports_nothing_slow() -> None:
    code = "import sys, pkbench.worker; print(*sys.modules)"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & {"numpy", "pandas", "matplotlib", "scipy", "jinja2", "rich", "click"}
    assert not {name for name in loaded if name.startswith("pkbench.analysis")}
