"""`pkbench profile`: what works is delivered whatever does not, and the machine stays as it was."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import needs
import profiles_made
import pytest
from processes import gone

from pkbench.analysis.profiles import read
from pkbench.analysis.reading.bounded_json import ResultError
from pkbench.cases.catalogue import parse_case
from pkbench.machine import detect
from pkbench.profiler import conversation, counting, profiling, run, settings
from pkbench.profiler import round as rounds
from pkbench.profiler.conversation import Conversation, NoAnswer
from pkbench.profiler.counting import Known
from pkbench.profiler.perf import sampling, timeline
from pkbench.profiler.processes import TRACEFS, checked
from pkbench.profiler.profiling import Profiled
from pkbench.profiler.run import Request
from pkbench.resultfile import OutputError

pytestmark = pytest.mark.alone

CASE = "protect/mprotect-rw-ro/pages:1"
SECONDS = 0.2
MOUNTS = Path("/proc/self/mounts").read_text()  # before anything here looked for tracepoints


@pytest.fixture(scope="module")
def known() -> Known:
    return counting.known(timeline.EVENTS)


@pytest.fixture
def traced(known: Known) -> Known:
    """Give what this kernel can count, where tracepoints can be reached."""
    if not known.tracepoints:
        (needs.lacking if os.geteuid() == 0 else pytest.skip)(known.events[0].reason)
    return known


def profiled(known: Known, case: str = CASE) -> Profiled:
    return profiling.profile(parse_case(case), known, SECONDS)


def per_operation(found: Profiled) -> dict[str, float]:
    return {
        each.quantity: each.per_operation
        for each in found.quantities
        if each.per_operation is not None
    }


@pytest.fixture
def perf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder whose perf is taken for the real one."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'Access to performance monitoring is Permission denied' >&2; exit 255", "as root"),
        ("exit 1", "perf record exited with 1: no message"),
        ("kill -SEGV $$", "perf record was killed by 11"),
        ("exit 0", "perf record left no file"),
        ('[ "$1" = script ] || exec touch "$FILE"; head -c 5000 /dev/urandom', "no sample"),
        ('[ "$1" = script ] || exec touch "$FILE"', "took no sample"),
        ('[ "$1" = script ] || exec touch "$FILE"; exit 3', "perf script exited with 3"),
    ],
)
def test_whatever_perf_does_everything_else_is_delivered(
    script: str, words: str, perf: Path, known: Known
) -> None:
    file = (
        'while [ $# -gt 1 ]; do [ "$1" = -o ] && FILE=$2; [ "$1" = script ] && break; shift; done'
    )
    profiles_made.perf(perf, f"{file}\n{script}")
    found = profiled(known)

    assert "measured" == found.state
    assert words in found.missing["samples"]
    assert "\n" not in found.missing["samples"]
    assert "context_switches" in per_operation(found)
    assert {"unprofiled", "counted"} <= {timing.how for timing in found.timings}


def test_a_perf_that_hangs_is_ended_and_everything_else_is_delivered(
    perf: Path, known: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "STARTING", 0.3)
    profiles_made.perf(perf, f"echo $$ > {perf / 'pid'}; exec sleep 600")
    began = time.monotonic()
    found = profiled(known)

    assert "perf record took longer than" in found.missing["samples"]
    assert "context_switches" in per_operation(found)
    assert 30 > time.monotonic() - began
    assert not Path(f"/proc/{(perf / 'pid').read_text().strip()}").exists()


def test_without_perf_everything_else_is_delivered(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = profiled(known, "instruction/nop-100")

    assert "perf is not installed: install linux-perf" in found.missing["samples"]
    # Which of its programs is missed first depends on what was read of the module before.
    assert "is not installed: install binutils" in found.missing["instructions"]
    assert "context_switches" in per_operation(found)


def test_a_sample_rate_that_is_too_low_says_how_to_mend_it(
    known: Known, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = tmp_path / "rate"
    rate.write_text("1\n")
    monkeypatch.setattr(settings, "SAMPLE_RATE", rate)

    assert "sysctl kernel.perf_event_max_sample_rate" in profiled(known).missing["samples"]


def test_without_tracepoints_the_kernels_own_counts_are_left(known: Known) -> None:
    reason = "mount tracefs: Operation not permitted"
    events = tuple(
        replace(event, reason=reason) if event.tracepoint else event for event in known.events
    )
    found = profiled(Known(events, frozenset()))

    assert {reason} == {each.reason for each in found.quantities if ":" in each.source.split()[0]}
    assert {"context_switches", "minor_faults"} <= per_operation(found).keys()


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (CASE, {"system_calls": 1, "tlb_flushes": 1, "mmap_lock_writes": 1}),
        ("protect/mprotect-rw-none/pages:33", {"system_calls": 1, "tlb_flushes": 1}),
        ("protect/mprotect-none-rw/pages:34", {"system_calls": 1, "tlb_flushes": 0}),
        ("syscall/getppid", {"system_calls": 1, "tlb_flushes": 0, "mmap_lock_writes": 0}),
        ("instruction/nop-100", {"system_calls": 0, "user_faults_not_present": 0}),
        ("fault/mprotect-repair", {"user_faults_protection": 1, "signals": 1}),
        ("switch/mprotect/pages:1", {"system_calls": 2, "tlb_flushes": 2}),
    ],
)
def test_an_operation_is_counted_exactly(
    case: str, expected: dict[str, float], traced: Known
) -> None:
    with Conversation(case, traced.events, 60) as talk:
        found = counting.quantities(talk.ask("count", loops=2000), 2000, 1, traced.events)
        told = {each.quantity: each.per_operation for each in found}

    # Once a fault or a flush for another's sake is no operation's.
    assert {name: pytest.approx(number, abs=0.01) for name, number in expected.items()} == {
        name: told[name] for name in expected
    }


def test_what_was_sampled_before_is_counted_as_exactly(traced: Known) -> None:
    expected = {"system_calls": 1, "tlb_flushes": 1, "mmap_lock_writes": 1}
    told = per_operation(profiled(traced))

    assert {name: pytest.approx(number, abs=0.01) for name, number in expected.items()} == {
        name: told[name] for name in expected
    }


def test_the_flushes_by_reason_are_all_flushes(traced: Known) -> None:
    with Conversation(CASE, traced.events, 60) as talk:
        counted = talk.ask("count", loops=2000)["many"]
    reasons = ("on_task_switch", "received", "local", "local_mm", "sent")

    assert counted["tlb_flushes"] == sum(counted[f"tlb_flushes_{reason}"] for reason in reasons)


def test_touched_memory_is_that_of_the_operation(known: Known) -> None:
    touched = {}
    for pages in (1, 512):
        case = f"protect/touch-after-mprotect-rw-ro/pages:{pages}"
        with Conversation(case, known.events, 60) as talk:
            touched[pages] = talk.ask("count", loops=2)["touched"]
    if None in touched.values():
        pytest.skip("the kernel keeps no soft-dirty bits")

    assert 511 * 4096 == pytest.approx(touched[512] - touched[1], abs=64 * 1024)


def test_perf_sees_the_timed_function(known: Known) -> None:
    needs.program("perf")
    found = profiled(known)
    if found.samples is None:
        pytest.skip(found.missing["samples"])

    assert any("run_mprotect" in stack for stack in found.samples.stacks)
    assert all("prepare" not in stack for stack in found.samples.timed)
    assert found.samples.places


def test_the_timeline_is_of_the_threads_of_the_case(traced: Known) -> None:
    needs.program("perf")
    found = profiled(traced, "threads/mprotect-own-process/threads:2")
    if found.samples is None:
        pytest.skip(found.missing["samples"])

    assert found.timeline is not None, found.missing
    assert 2 == found.timeline.system_calls
    assert 2 == sum(part.kind == "system call" and part.lane == 0 for part in found.timeline.parts)


def state_of_machine() -> dict[str, str]:
    """Return what a profile might leave changed."""
    folder = "/sys/kernel/tracing"
    files = " ".join(f"{folder}/{name}" for name in ("tracing_on", "set_event", "current_tracer"))
    return {
        "mounts": Path("/proc/self/mounts").read_text(),
        "sample rate": Path("/proc/sys/kernel/perf_event_max_sample_rate").read_text(),
        "paranoid": Path("/proc/sys/kernel/perf_event_paranoid").read_text(),
        "tracing": checked((*TRACEFS, "exec", "sh", "-c", f"cat {files}; echo"), 20),
    }


def test_the_machine_is_left_as_it_was(traced: Known, tmp_path: Path) -> None:
    before = state_of_machine() | {"mounts": MOUNTS}
    ended = pkbench(CASE, "-o", str(tmp_path / "profile"))

    assert 0 == ended.returncode, ended.stderr
    assert before == state_of_machine()


def command(*arguments: str) -> Sequence[str]:
    return (sys.executable, "-P", "-m", "pkbench.cli", "profile", *arguments)


def pkbench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.slow
def test_a_folder_gets_the_profile_and_what_is_drawn_of_it(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert 0 == pkbench(CASE, "-o", str(first)).returncode
    ended = pkbench(CASE, "syscall/getppid", "--against", str(first), "-o", str(second), "--json")
    told = json.loads(ended.stdout)
    names = {path.name for path in second.iterdir()}

    assert {CASE, "syscall/getppid"} == set(told["cases"])
    assert {"profile.json", "causes.md", "causes.csv", "slow-down.md"} <= names
    if told["cases"][CASE]["shares"]:
        assert "flame graphs, stacks and tables are in the same folder" in ended.stderr
        stem = "protect-mprotect-rw-ro-pages-1"
        assert {f"{stem}.svg", f"{stem}.folded", f"{stem}.difference.svg"} <= names
        assert "syscall/getppid is not in" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("no/such-case",), "no case matches"),
        ((CASE, "--against", "no/such-case"), "no case matches"),
        ((CASE, "--against", "protect"), "name one case, or a profile"),
        ((CASE, "-o", "/proc/nowhere"), "can't create the folder"),
    ],
)
def test_what_cannot_be_profiled_is_one_sentence(arguments: Sequence[str], words: str) -> None:
    ended = pkbench(*arguments)

    assert 2 == ended.returncode
    assert words in ended.stderr
    assert 1 == len(ended.stderr.splitlines())


def test_a_profile_is_not_written_over_another(tmp_path: Path) -> None:
    (tmp_path / "profile.json").write_text("{}")
    ended = pkbench(CASE, "-o", str(tmp_path))

    assert 2 == ended.returncode
    assert "exists already" in ended.stderr


def wait_for_cases(journal: Path, cases: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if journal.exists() and journal.read_text().count('"kind": "case"') >= cases:
            return
        time.sleep(0.02)
    raise AssertionError("no case was profiled")


def test_without_samples_no_flame_graphs_are_promised(tmp_path: Path) -> None:
    asked = command("syscall/getppid", "-o", str(tmp_path))
    environment = os.environ | {"PATH": str(tmp_path)}
    ended = subprocess.run(
        asked, capture_output=True, text=True, timeout=120, check=False, env=environment
    )

    assert 0 == ended.returncode, ended.stderr
    assert "profile.json; tables are in the same folder" in ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_stopped_profile_keeps_each_case_that_was_done_and_is_resumed(
    tmp_path: Path, stop: signal.Signals
) -> None:
    journal = tmp_path / "profile.json.journal"
    asked = (CASE, "syscall/getppid", "syscall/mprotect-same", "-o", str(tmp_path))
    process = subprocess.Popen(command(*asked), stderr=subprocess.PIPE, text=True)
    wait_for_cases(journal, 1)
    started = children(process.pid)
    process.send_signal(stop)
    said = process.communicate(timeout=60)[1]
    told = f"interrupted; kept 1 of 3 cases: repeat the command with --resume -o {tmp_path}"
    assert stop == signal.SIGKILL or told in said
    assert all(gone(each) for each in started)
    assert not (tmp_path / "profile.json").exists()
    lines = [line for line in journal.read_text().splitlines(keepends=True) if line[-1:] == "\n"]
    kept = [json.loads(line)["case"] for line in lines[1:]]

    refused = pkbench(*asked)
    assert (2, 1) == (refused.returncode, len(refused.stderr.splitlines()))
    assert "continue it with --resume" in refused.stderr
    refused = pkbench(CASE, "--resume", "-o", str(tmp_path))
    assert "this run differs in cases (syscall/getppid and 1 more)" in refused.stderr
    assert "".join(lines) == journal.read_text()

    done = pkbench(*asked, "--resume")
    assert 0 == done.returncode, done.stderr
    found = json.loads((tmp_path / "profile.json").read_text())["cases"]
    assert list(asked[:3]) == [case["case"] for case in found]
    assert [case for case in kept if case not in found] == []
    assert not journal.exists()
    assert (tmp_path / "causes.md").exists()


def finish(folder: Path, resume: bool = False) -> Path:
    """Profile two cases and return the file."""
    cases = [parse_case(CASE), parse_case("syscall/getppid")]
    request = Request(cases, detect(), folder, 60, "pkbench profile", resume)
    return run.profile(request, run.begin(request), lambda _case, _done: None)


def skipping(reason: str) -> Callable[..., Iterator[Profiled]]:
    """Return what skips each case and stands in for profiling it."""
    return lambda cases, *_: (Profiled(each.name, "", "skipped", reason) for each in cases)


def test_a_case_that_the_budget_left_out_has_its_turn_when_the_profile_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "profiles", skipping(rounds.SPENT))
    finish(tmp_path)
    monkeypatch.setattr(rounds, "profiles", skipping("no keys"))
    path = finish(tmp_path, resume=True)
    found = [case["reason"] for case in json.loads(path.read_text())["cases"]]

    assert ["no keys", "no keys"] == found
    monkeypatch.setattr(rounds, "profiles", skipping("again"))
    assert path.read_text() == finish(tmp_path, resume=True).read_text()


def test_a_profile_that_cannot_be_written_is_one_sentence_and_loses_no_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "profiles", skipping("no keys"))
    (tmp_path / "profile.json.part").mkdir()

    with pytest.raises(OutputError, match=r"can't write .*profile.json: Is a directory"):
        finish(tmp_path)
    assert 3 == len((tmp_path / "profile.json.journal").read_text().splitlines())


def test_a_report_says_how_an_unfinished_profile_is_finished(tmp_path: Path) -> None:
    (tmp_path / "profile.json.journal").write_text("")

    assert read.is_profile(tmp_path)
    with pytest.raises(ResultError, match=rf"repeat its command with --resume -o {tmp_path}"):
        read.read(tmp_path)


def children(process: int) -> set[int]:
    """Return the processes that one has started and not ended."""
    found = set()
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= set(map(int, file.read_text().split()))
    return found


def test_an_interrupt_ends_everything_that_was_started(tmp_path: Path) -> None:
    process = subprocess.Popen(command("protect", "-o", str(tmp_path)), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not (started := children(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)

    assert 130 == process.wait(60)
    assert started
    assert all(gone(each) for each in started)


@pytest.mark.parametrize(
    ("script", "state", "words"),
    [
        ("exit 7", "failed", "exited with 7"),
        ("kill -SEGV $$", "failed", "ended by SIGSEGV"),
        ("echo garbage; sleep 60", "failed", "can't be used"),
        ("sleep 60", "failed", "took longer than 1 s"),
        ('echo \'{"state": "skipped", "reason": "no keys"}\'; sleep 60', "skipped", "no keys"),
    ],
)
def test_a_case_that_ends_or_hangs_has_a_state_and_a_reason(
    script: str, state: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "COMMAND", ("sh", "-c", script))

    with pytest.raises(NoAnswer) as none:
        Conversation(CASE, (), 1)
    assert state == none.value.state
    assert words in none.value.reason


def test_what_a_case_has_started_ends_with_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "child"
    script = f'sleep 600 & echo $! > {file}; echo \'{{"state": "measured"}}\'; wait'
    monkeypatch.setattr(conversation, "COMMAND", ("sh", "-c", script))

    with pytest.raises(KeyboardInterrupt), Conversation(CASE, (), 10):
        raise KeyboardInterrupt
    assert gone(int(file.read_text()))
