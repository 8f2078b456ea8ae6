"""The command line answers on standard output, and what goes wrong is one sentence."""

import fcntl
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyperf
import pytest
from command_line import pkbench, refused
from needs import lacking

from pkbench.cases.catalogue import parse_case
from pkbench.cli.run import describe_step, note_record
from pkbench.resultfile import read_metadata
from pkbench.run.presets import PRESETS
from pkbench.run.record import Record
from pkbench.run.schedule import Step
from pkbench.turns import CPUS, at_the_last_cpu
from pkbench.version import version

pytestmark = pytest.mark.alone

QUICK = ("run", "--preset", "quick", "--budget", "0", "syscall/getppid")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the control once."""
    path = tmp_path_factory.mktemp("run") / "result.json"
    done = pkbench(*QUICK, "--seed", "7", "--name", "lab 1", "-o", str(path))
    assert 0 == done.returncode, done.stderr
    return path


def test_a_run_leaves_a_result_that_pyperf_reads(result: Path) -> None:
    for verb in ("show", "stats"):
        command = (sys.executable, "-m", "pyperf", verb, str(result))
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, done.stderr
        assert "syscall/getppid" in done.stdout


def test_a_result_says_what_to_type_to_repeat_it(result: Path) -> None:
    suite = pyperf.BenchmarkSuite.load(str(result))
    command = shlex.split(suite.get_metadata()["pkbench_command"])
    assert ["--name", "lab 1"] == command[command.index("--name") :][:2]


def test_a_run_leaves_nothing_but_the_result(result: Path) -> None:
    assert [result] == list(result.parent.iterdir())


def test_a_result_says_what_it_is_of(result: Path) -> None:
    metadata = json.loads(result.read_text())["metadata"]
    assert 7 == metadata["pkbench_seed"]
    assert version() == metadata["pkbench_version"]
    assert "lab 1" == metadata["hostname"] == json.loads(metadata["pkbench_machine"])["name"]
    assert "silicon" == metadata["pkbench_evidence"] or parse_case("instruction/rdpkru")
    states = {case["case"]: case["state"] for case in json.loads(metadata["pkbench_cases"])}
    assert {"instruction/empty-loop": "measured", "syscall/getppid": "measured"} == states


def test_a_result_holds_no_host_name_and_no_path(result: Path) -> None:
    text = result.read_text()
    assert os.uname().nodename not in re.findall(r'"hostname":"([^"]*)"', text)
    assert not re.search(r'"/(home|root|usr|tmp|work|opt|var)/', text)
    assert str(Path.home()) not in text
    assert str(result.parent) not in text


def test_every_run_is_at_least_the_least_rounds(result: Path) -> None:
    suite = pyperf.BenchmarkSuite.load(str(result))
    least = PRESETS["quick"].least_rounds
    assert least == suite.get_benchmark("syscall/getppid").get_nrun()


def test_a_report_is_written_where_asked(result: Path, tmp_path: Path) -> None:
    done = pkbench("report", str(result), "-o", str(tmp_path / "report"))
    assert 0 == done.returncode, done.stderr
    assert str(tmp_path / "report" / "index.html") == done.stdout.strip()
    assert "syscall/getppid" in (tmp_path / "report" / "index.html").read_text()


def test_key_cases_are_measured_or_skipped_with_the_reason_and_exit_0(tmp_path: Path) -> None:
    done = pkbench(
        *("run", "--preset", "quick", "--budget", "0", "instruction/rdpkru", "--json"),
        *("-o", str(tmp_path / "result.json")),
    )
    assert 0 == done.returncode, done.stderr
    found = json.loads(done.stdout)["cases"]["instruction/rdpkru"]
    reason = parse_case("instruction/rdpkru").skipped()
    assert {"state": "skipped" if reason else "measured", "reason": reason} == found


def test_an_existing_output_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("precious")
    refused(pkbench(*QUICK, "-o", str(path)), "result.json exists already")
    assert "precious" == path.read_text()


def test_an_output_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(
        pkbench(*QUICK, "-o", str(tmp_path / "file" / "result.json")), "can't create the folder"
    )
    refused(pkbench(*QUICK, "-o", "/proc/result.json"), "/proc")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b"\x1f\x8b", b'{"version": "1.0", "benchmarks": []}']
)
def test_a_bad_result_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(content)
    refused(pkbench("report", str(path), "-o", str(tmp_path / "report")), "bad.json")


def test_a_format_of_figures_that_is_not_known_is_refused_with_those_that_are() -> None:
    refused(pkbench("report", "x.json", "--format", "bmp"), "'bmp'", "svg, pdf, png")


def test_a_run_that_was_not_interrupted_is_not_resumed(tmp_path: Path) -> None:
    refused(pkbench("run", "--resume", "-o", "no.json", folder=tmp_path), "no.json.journal")


def test_list_says_of_every_case_whether_it_runs_here_and_why_not() -> None:
    rows = json.loads(pkbench("list", "--json").stdout)
    for row in rows:
        assert row["runs"] == (row["reason"] == "")
        assert row["operation"]
    text = pkbench("list").stdout.splitlines()
    assert len(rows) == len(text)


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -P -m pkbench.cli list | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert 1 == done.stdout.count("\n")
    assert "Traceback" not in done.stderr


def start(*arguments: str) -> subprocess.Popen[str]:
    # A shell's background jobs have SIGINT ignored, and so has what they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return subprocess.Popen(
        (sys.executable, "-P", "-m", "pkbench.cli", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_runs(journal: Path, runs: int) -> None:
    for _ in range(600):
        if journal.exists() and journal.read_text().count('"kind": "run"') >= runs:
            return
        time.sleep(0.05)
    raise AssertionError("the run did not begin")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_run_keeps_what_it_measured_and_is_resumed(
    tmp_path: Path, stop: signal.Signals
) -> None:
    path = tmp_path / "result.json"
    journal = tmp_path / "result.json.journal"
    arguments = (*QUICK[:-1], "syscall/*", "--seed", "5", "-o", str(path))
    process = start(*arguments)
    wait_for_runs(journal, 4)
    began = time.monotonic()
    os.killpg(process.pid, stop)
    _, said = process.communicate(timeout=30)
    if stop != signal.SIGKILL:
        assert time.monotonic() - began < 1
        assert 130 == process.returncode
        assert "--resume" in said
        assert "Traceback" not in said
    before = [
        json.loads(line)
        for line in journal.read_text().splitlines(keepends=True)
        if line.endswith("\n")
    ]
    refused(pkbench(*arguments), "unfinished run", "--resume")
    refused(pkbench(*arguments[:-4], "--seed", "6", "--resume", "-o", str(path)), "seed")
    refused(
        pkbench("run", "--preset", "quick", "syscall/getppid", "--resume", "-o", str(path)),
        "differs in",
        "cases",
    )
    done = pkbench(*arguments, "--resume")
    assert 0 == done.returncode, done.stderr
    assert not journal.exists()
    kept = {str(entry["run"]["values"]) for entry in before if entry["kind"] == "run"}
    result = json.loads(path.read_text())
    found = [run for benchmark in result["benchmarks"] for run in benchmark["runs"]]
    assert kept <= {str(run["values"]) for run in found}
    for benchmark in result["benchmarks"]:
        rounds = [run["metadata"]["pkbench_round"] for run in benchmark["runs"]]
        assert sorted(set(rounds)) == rounds


def test_the_bar_says_what_a_run_does_or_waits_for() -> None:
    step = Step("syscall/getppid", 3, 0.5)
    assert "round 3: syscall/getppid" == describe_step(step)
    assert "round 3: waiting for another pkbench" == describe_step(replace(step, waiting=True))
    assert describe_step(replace(step, round=0)).startswith("calibrating: ")


def test_a_run_says_of_turns_that_it_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note_record({}, Record(missed_turns=2), tmp_path / "result.json")
    assert "before another pkbench had finished its own: 2" in capsys.readouterr().err


def test_two_runs_at_once_take_turns(tmp_path: Path) -> None:
    if not os.access(CPUS / f"cpu{max(os.sched_getaffinity(0))}" / "uevent", os.R_OK):
        lacking("a CPU's folder in sysfs")
    paths = [tmp_path / f"{name}.json" for name in ("one", "other")]
    options = (*QUICK[:-1], "syscall/getppid", "--target", "0.001%", "--budget", "8s")
    with ExitStack() as stack:
        runs = [stack.enter_context(start(*options, "-o", str(path))) for path in paths]
        for run in runs:
            stack.callback(run.kill)
        for run in runs:
            _, said = run.communicate(timeout=60)
            assert run.returncode == 0
            assert "of that time for another pkbench on this CPU" in said
    for path in paths:
        metadata = read_metadata(path)
        assert float(metadata["pkbench_waited_seconds"]) >= 1
        assert 0 == metadata["pkbench_missed_turns"]
        assert str(metadata["pkbench_date"]) < str(metadata["pkbench_ended"])
    compared = pkbench("compare", *map(str, paths), "--json")
    assert "in turns" == json.loads(compared.stdout)[0]["run_overlap"]


def test_a_run_that_waits_for_its_turn_can_be_stopped_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    arguments = (*QUICK[:-1], "syscall/getppid", "--target", "0.001%", "-o", str(path))
    process = start(*arguments)
    wait_for_runs(tmp_path / "result.json.journal", 1)
    with at_the_last_cpu().turn():
        time.sleep(0.5)  # many times what it needs to come and wait
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert 130 == process.returncode
    assert "--resume" in said
    assert 0 == pkbench(*arguments, "--resume").returncode


def test_the_doctor_writes_its_commands_as_a_script(tmp_path: Path) -> None:
    path = tmp_path / "fixes"
    done = pkbench("doctor", "--json", "--fix-script", str(path))

    assert done.returncode in {0, 1, 2}
    found = json.loads(done.stdout)
    assert [] == [each["check"] for each in found if each["fix"] not in path.read_text()]
    assert f"wrote {sum(bool(each['fix']) for each in found)} fixes to {path};" in done.stderr
    assert [path] == list(tmp_path.iterdir())


def test_the_doctor_reports_each_finding_with_all_that_belongs_to_it() -> None:
    lines = pkbench("doctor").stdout.splitlines()

    found = [line for line in lines if not line.startswith(" ")]
    assert {"ok", "warning", "problem", "unknown"} >= {line.split()[0] for line in found}
    parts = [line.split(":")[0].strip() for line in lines if line.startswith(" ")]
    amiss = [line for line in found if not line.startswith("ok")]
    assert len(amiss) == parts.count("effect") == parts.count("fix") + parts.count("no fix")
    assert parts.count("fix") == parts.count("undo")


def test_the_doctor_writes_over_no_script(tmp_path: Path) -> None:
    path = tmp_path / "fixes"
    path.write_text("mine")
    done = pkbench("doctor", "--fix-script", str(path))

    refused(done, "fixes", "exists already")
    assert (2, "", "mine") == (done.returncode, done.stdout, path.read_text())


def test_the_doctor_says_where_it_cannot_write(tmp_path: Path) -> None:
    refused(pkbench("doctor", "--fix-script", str(tmp_path / "no" / "fixes")), "can't write")


def whole_lines(journal: Path) -> list[bytes]:
    return journal.read_bytes().splitlines(keepends=True)


def identity(case: str, run: dict[str, Any]) -> tuple[str, int, str]:
    """Return which run this is: two processes may well find the same values."""
    return case, run["metadata"]["pkbench_round"], str(run["values"])


def test_a_disk_that_fills_up_ends_a_run_in_one_sentence_and_keeps_what_was_measured(
    tmp_path: Path,
) -> None:
    path, journal = tmp_path / "result.json", tmp_path / "result.json.journal"
    arguments = (*QUICK, "--seed", "5", "-o", str(path))
    room = 8000  # bytes a file may have: some of the run, not all

    def fill_up() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    refused(pkbench(*arguments, limit=fill_up), "can't write", "result.json.journal", "too large")
    lines = [json.loads(line) for line in whole_lines(journal) if line.endswith(b"\n")]
    kept = {identity(line["case"], line["run"]) for line in lines if line["kind"] == "run"}
    assert kept
    done = pkbench(*arguments, "--resume")
    assert 0 == done.returncode, done.stderr
    benchmarks = json.loads(path.read_text())["benchmarks"]
    found = [
        identity(benchmark["metadata"]["name"], run)
        for benchmark in benchmarks
        for run in benchmark["runs"]
    ]
    assert kept <= set(found)
    assert len({(case, number) for case, number, _ in found}) == len(found)


def test_a_run_that_loses_a_cpu_ends_in_one_sentence_and_goes_on_when_it_is_back(
    tmp_path: Path,
) -> None:
    cpus = os.sched_getaffinity(0)
    if len(cpus) < 2:
        lacking("there is only one CPU")
    left = cpus - {max(cpus)}
    path, journal = tmp_path / "result.json", tmp_path / "result.json.journal"
    arguments = (*QUICK, "threads/mprotect-own-region/threads:2", "--seed", "5", "-o", str(path))
    process = start(*arguments)
    wait_for_runs(journal, 2)
    os.sched_setaffinity(process.pid, left)
    said = process.communicate(timeout=30)[1]
    assert 2 == process.returncode
    assert "pkbench: the CPUs to run on changed during the run" in said.splitlines()[-1]
    before = whole_lines(journal)
    refused(
        pkbench(*arguments, "--resume", limit=lambda: os.sched_setaffinity(0, left)),
        "differs in allowed cpus",
    )
    assert before == whole_lines(journal)
    done = pkbench(*arguments, "--resume")
    assert 0 == done.returncode, done.stderr


@pytest.mark.parametrize("blocking", [True, False])
def test_a_slow_reader_gets_all_of_a_large_output(blocking: bool) -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, resource.getpagesize())
    os.set_blocking(writer, blocking)
    command = (sys.executable, "-P", "-m", "pkbench.cli", "list", "--json")
    with subprocess.Popen(command, stdout=writer) as process, os.fdopen(reader, "rb") as output:
        os.close(writer)
        text = output.read()
    assert 0 == process.returncode
    assert json.loads(text)
