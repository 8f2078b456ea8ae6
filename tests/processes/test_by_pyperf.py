"""pyperf's own Manager orchestrates a run, and every verb takes the result."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyperf
import pytest
from command_line import pkbench

from pkbench import analysis
from pkbench.cases.catalogue import parse_case
from pkbench.cli.run import run as run_verb
from pkbench.run import by_pyperf
from pkbench.run.journal import Journal
from pkbench.run.record import Record
from pkbench.turns import Turns

pytestmark = pytest.mark.alone

CASES = [parse_case("instruction/empty-loop"), parse_case("syscall/getppid")]
SHORT = ("-p", "2", "-n", "3", "-l", "64")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the result of a run by pyperf."""
    path = tmp_path_factory.mktemp("by pyperf") / "a result.json"
    options = ("run", "syscall/getppid", "--orchestrator", "pyperf", "-o", str(path))
    done = pkbench(*options, "--", *SHORT)
    assert 0 == done.returncode, done.stderr
    return path


def test_pyperf_reads_it_as_one_of_its_own(result: Path) -> None:
    suite = pyperf.BenchmarkSuite.load(str(result))

    assert ["instruction/empty-loop", "syscall/getppid"] == suite.get_benchmark_names()
    assert [2, 2] == [benchmark.get_nrun() for benchmark in suite]
    assert [6, 6] == [benchmark.get_nvalue() for benchmark in suite]


def test_it_says_who_orchestrated_and_has_the_readings_of_each_value(result: Path) -> None:
    metadata = json.loads(result.read_text())["metadata"]
    found = analysis.read(result)

    assert metadata["pkbench_orchestrator"].startswith("pyperf ")
    assert metadata["pkbench_orchestrator"].endswith(" ".join(SHORT))
    assert {"measured"} == {case.state for case in found.cases}
    for process in found.processes:
        assert {3} == {len(process.per_value[name]) for name in ("minor_faults", "add_seconds")}
    assert [None] * 4 == [process.round for process in found.processes]


def test_it_holds_nothing_private(result: Path) -> None:
    text = result.read_text()

    assert "python_executable" not in text
    assert "boot_time" not in text
    assert str(result.parent) not in text


@pytest.mark.parametrize("verb", ["compare", "gate"])
def test_every_verb_takes_it(result: Path, verb: str) -> None:
    done = pkbench(verb, str(result), str(result), "--json")

    assert done.returncode in (0, 3), done.stderr
    assert "syscall/getppid" in done.stdout


def test_a_report_is_made_of_it(result: Path, tmp_path: Path) -> None:
    done = pkbench("report", str(result), "-o", str(tmp_path / "report"))

    assert 0 == done.returncode, done.stderr
    assert "syscall/getppid" in (tmp_path / "report" / "index.html").read_text()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("-o", "x.json"), "-o is an option of pkbench run"),
        (("--track-memory",), "a value would be memory"),
        (("--processes", "many"), "invalid"),
        (("--no-such-option",), "unrecognized arguments: --no-such-option"),
        (("syscall/getppid",), "name the cases before --"),
    ],
)
def test_what_pyperf_cannot_be_given_is_refused_before_anything_is_measured(
    options: Sequence[str], sentence: str
) -> None:
    with pytest.raises(by_pyperf.PyperfOptionError, match=sentence):
        by_pyperf.check_options(options)


def test_every_refused_option_is_one_of_pyperf_or_of_the_script() -> None:
    parser = by_pyperf.option_parser()

    assert set(by_pyperf.REFUSED) <= {action.dest for action in parser._actions}


@pytest.mark.parametrize("given", [("--target", "1%"), ("--budget", "9s"), ("--seed", "1")])
def test_options_of_the_own_schedule_are_refused(given: tuple[str, str], tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    done = pkbench("run", "syscall/getppid", "--orchestrator", "pyperf", *given, "-o", path)

    assert 2 == done.returncode
    assert f"{given[0]} steers pkbench's own schedule" in done.stderr


def test_without_pyperf_what_follows_the_dashes_are_patterns() -> None:
    context = run_verb.make_context("run", ["syscall/getppid", "--", "instruction"])

    assert ("syscall/getppid",) == context.params["patterns"]
    assert ("instruction",) == context.meta["pkbench.cli.rest"]


def measure(
    record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch, **ends: dict[str, Any]
) -> list[str]:
    """Measure the cases with a pyperf that ends as it is told; return which it was asked for."""
    asked = []

    def end(case: Any, _options: Any, _name: Any) -> dict[str, Any]:
        asked.append(case.name)
        return dict(ends[case.benchmark.name.replace("-", "_")])

    monkeypatch.setattr(by_pyperf, "_measure_case", end)
    with Journal(folder / "result.json.journal") as journal:
        turns = Turns(0, cpus=folder)
        by_pyperf.measure_cases(
            CASES, (), "lab 1", journal, record, lambda _step: None, turns=turns
        )
    return asked


RUNS = {"kind": "runs", "runs": [{"metadata": {}, "warmups": [], "values": [1e-9]}]}


def test_a_case_that_fails_is_recorded_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = {"kind": "state", "state": "failed", "reason": "it lied"}
    record = Record()
    measure(record, tmp_path, monkeypatch, empty_loop=failed, getppid=RUNS)

    assert ("failed", "it lied") == record.state("instruction/empty-loop")
    assert ("measured", "") == record.state("syscall/getppid")


def test_a_resumed_run_measures_only_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record()
    record.take({"case": "syscall/getppid", **RUNS})

    assert ["instruction/empty-loop"] == measure(record, tmp_path, monkeypatch, empty_loop=RUNS)


@pytest.mark.parametrize(
    ("said", "state", "reason"),
    [
        (
            "pkey_alloc: No space left on device\npython failed with exit code 3\n",
            "skipped",
            "pkey_alloc: No space left on device",
        ),
        ("Traceback (most recent call last):\n  File\nOSError: no\n", "failed", "OSError: no"),
        ("", "failed", "pyperf ended with exit code 1"),
    ],
)
def test_the_reason_is_the_workers_or_pyperfs_own(said: str, state: str, reason: str) -> None:
    done = subprocess.CompletedProcess((), 1, stdout="", stderr=said)
    found = by_pyperf._failure(done)

    assert (state, reason) == (found["state"], found["reason"])
