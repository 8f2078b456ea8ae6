"""What was measured outlives whatever ends a run, and is counted once."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from machines_made import NO_KEYS, plant
from workers_made import Workers, measured, workers

from pkbench.cases.selection import select
from pkbench.machine import detect
from pkbench.resultfile import OutputError
from pkbench.run import measurement
from pkbench.run.journal import ResumeError, journal_path
from pkbench.run.launch import Outcome
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS
from pkbench.run.record import Record

__all__ = ["workers"]

CASES = select(("syscall/getppid", "syscall/mprotect-same"), (), "quick")
NAMES = [case.name for case in CASES]
ROUNDS = 6
PRESET = replace(PRESETS["quick"], rounds=ROUNDS, least_rounds=ROUNDS, values=3)
KILLS = 50


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def run(output: Path, resume: bool = False, seed: int | None = 1, **facts: Any) -> Record:
    root = plant(output.parent / "root", {"proc/cpuinfo": "model name\t: CPU\n"})
    found = detect(root, NO_KEYS, "lab 1")
    machine = replace(found, **{"allowed_cpus": (0, 1), **facts})
    request = Request(CASES, PRESET, machine, (), output, seed, resume)
    return measure(request, lambda step: None)


class Stop(Exception):
    """Stands in for whatever ends a run."""


def stop_at(path: Path) -> Callable[..., None]:
    """Return a Path.unlink that a run ends at when it comes to this path."""
    unlink = Path.unlink

    def stop(other: Path, missing_ok: bool = False) -> None:
        if other == path:
            raise Stop
        unlink(other, missing_ok)

    return stop


@pytest.fixture
def stopped(output: Path, workers: Workers) -> Path:
    """Leave a run that ended amid its third round; return where its result is to be."""

    def stop(case: str, times: int) -> Outcome:
        if times == 3:
            raise Stop
        return measured(case, PRESET.values)

    workers.answers[NAMES[-1]] = stop
    with pytest.raises(Stop):
        run(output)
    workers.answers.clear()
    return output


def runs_of(output: Path) -> Iterator[tuple[str, int, str]]:
    """Give each run in a result: its case, its round and its values."""
    for benchmark in json.loads(output.read_text())["benchmarks"]:
        for run in benchmark["runs"]:
            metadata = benchmark["metadata"] | run["metadata"]
            yield metadata["name"], metadata["pkbench_round"], str(run["values"])


def runs_in(journal: Path) -> set[tuple[str, int, str]]:
    """Return each run whose line in a journal is whole."""
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    return {
        (entry["case"], entry["run"]["metadata"]["pkbench_round"], str(entry["run"]["values"]))
        for entry in entries
        if entry["kind"] == "run"
    }


def test_a_stopped_run_goes_on_where_it_stood(stopped: Path) -> None:
    before = runs_in(journal_path(stopped))
    record = run(stopped, resume=True)
    assert before < set(runs_of(stopped))
    assert {ROUNDS} == {len(runs) for runs in record.runs.values()}


@pytest.mark.parametrize("schema", [None, 1, 3])
def test_a_journal_of_another_format_is_refused_in_one_sentence_and_kept(
    stopped: Path, schema: int | None
) -> None:
    journal = journal_path(stopped)
    first, *others = journal.read_text().splitlines()
    start = {key: value for key, value in json.loads(first).items() if key != "schema"}
    start |= {"schema": schema} if schema else {}
    journal.write_text("\n".join([json.dumps(start), *others]) + "\n")
    before = journal.read_bytes()

    with pytest.raises(ResumeError, match=r"^can't resume .*: another version of pkbench began it"):
        run(stopped, resume=True)
    assert before == journal.read_bytes()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({"name": "lab 2"}, "machine (lab 1 then, lab 2 now)"),
        ({"cpu_model": "other"}, "processor (CPU then, other now)"),
        ({"kernel": "7.0"}, "kernel (None then, 7.0 now)"),
        ({"allowed_cpus": (0,)}, "allowed cpus (0,1 then, 0 now)"),
        ({"native_build": "ffff"}, "native build (None then, ffff now)"),
        ({"seed": 2}, "seed (1 then, 2 now)"),
    ],
)
def test_what_another_machine_build_or_seed_began_is_not_continued(
    stopped: Path, now: dict[str, Any], told: str
) -> None:
    before = journal_path(stopped).read_bytes()
    with pytest.raises(ResumeError) as refused:
        run(stopped, resume=True, **now)
    assert str(refused.value).endswith(f"this run differs in {told}")
    assert before == journal_path(stopped).read_bytes()


def test_other_cases_or_another_profile_are_told_by_what_differs(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[__name__], "CASES", CASES[:-1])
    monkeypatch.setattr(sys.modules[__name__], "PRESET", replace(PRESET, budget=7.0))
    expected = rf"preset \(budget .* then, 7.0 now\), cases \({NAMES[-1]}\)"
    with pytest.raises(ResumeError, match=expected):
        run(stopped, resume=True)


def test_the_seed_is_that_of_the_beginning_unless_given(stopped: Path) -> None:
    run(stopped, resume=True, seed=None)
    assert 1 == json.loads(stopped.read_text())["metadata"]["pkbench_seed"]


@pytest.mark.parametrize("begun", ["", '{"kind": "sta'])
def test_a_run_that_was_killed_before_its_first_line_was_whole_begins_afresh(
    output: Path, workers: Workers, begun: str
) -> None:
    journal_path(output).write_text(begun)
    run(output, resume=True)
    assert ROUNDS * len(NAMES) == len(set(runs_of(output)))


def test_a_result_that_a_kill_left_half_written_is_written_again(
    stopped: Path,
) -> None:
    stopped.with_name(stopped.name + ".part").write_text('{"version"')
    run(stopped, resume=True)
    assert ROUNDS * len(NAMES) == len(set(runs_of(stopped)))
    assert not stopped.with_name(stopped.name + ".part").exists()


def test_a_run_killed_between_its_result_and_the_end_of_its_journal_is_whole(
    output: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", stop_at(journal_path(output)))
        with pytest.raises(Stop):
            run(output)
    whole = output.read_text()
    workers.ran.clear()
    record = run(output, resume=True)
    assert (ROUNDS, []) == (record.rounds, workers.ran)
    assert whole == output.read_text()
    assert is_done(output)


def test_a_journal_is_kept_where_the_result_beside_it_is_another_run(stopped: Path) -> None:
    stopped.write_text('{"metadata": {"pkbench_date": "2020-01-01T00:00:00+00:00"}}')
    before = journal_path(stopped).read_text()
    with pytest.raises(OutputError, match="exists already"):
        run(stopped, resume=True)
    assert before == journal_path(stopped).read_text()


def test_what_a_full_disk_kept_from_the_result_is_written_later_without_measuring(
    output: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OutputError("can't write result.json: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(measurement, "write_result", full)
        with pytest.raises(OutputError, match="No space left"):
            run(output)
    workers.ran.clear()
    run(output, resume=True)
    assert [] == workers.ran
    assert ROUNDS * len(NAMES) == len(set(runs_of(output)))


def test_a_worker_killed_for_memory_is_in_the_result_with_the_reason(
    output: Path, workers: Workers
) -> None:
    reason = "the worker was ended by SIGKILL"
    workers.answers[NAMES[-1]] = lambda case, times: Outcome(case, "failed", reason)
    run(output)
    told = json.loads(json.loads(output.read_text())["metadata"]["pkbench_cases"])
    found = {case["case"]: (case["state"], case["reason"]) for case in told}
    assert found == dict.fromkeys(NAMES, ("measured", "")) | {NAMES[-1]: ("failed", reason)}
    assert ROUNDS * (len(NAMES) - 1) == len(set(runs_of(output)))


# A manager without what a command line takes to import: it says when it begins. Its values last so
# long that a kill often finds it between two cases of a round.
MANAGER = """
import sys
from dataclasses import replace
from pathlib import Path
from pkbench.run.journal import ResumeError, journal_path
from pkbench.machine import detect
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS
from pkbench.cases.selection import select

output = Path(sys.argv[1])
preset = replace(
    PRESETS["quick"], rounds=20, least_rounds=20, values=2, warmups=0, value_seconds=0.02
)
cases = select(("syscall/getppid", "syscall/mprotect-same"), (), "quick")
machine = detect(name="lab 1")
resume = journal_path(output).exists()
print("begun", flush=True)
measure(Request(cases, preset, machine, (), output, 1, resume), lambda step: None)
"""


def manage(output: Path, killed_after: float) -> bool:
    """Run a manager, and kill it after so many seconds; tell whether that was before its end."""
    command = (sys.executable, "-P", "-c", MANAGER, str(output))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as manager:
        assert manager.stdout
        assert "begun\n" == manager.stdout.readline()
        try:
            manager.wait(killed_after)
        except subprocess.TimeoutExpired:
            manager.kill()
    assert manager.returncode in (0, -signal.SIGKILL)
    return manager.returncode != 0


def is_done(output: Path) -> bool:
    """Tell whether a run has nothing left to do: its result is there, and its journal gone."""
    return output.exists() and not journal_path(output).exists()


def kill_and_resume(output: Path, moments: list[float]) -> None:
    """Have a run killed at each moment until it or they end, taking them; check what it is then."""
    seen: set[tuple[str, int, str]] = set()
    # A kill may find the manager with everything done: then only the result is left.
    while moments and not is_done(output) and manage(output, moments[-1]):
        moments.pop()
        now = set(runs_of(output)) if is_done(output) else runs_in(journal_path(output))
        assert seen <= now
        seen = now
    if not is_done(output):
        assert not manage(output, 60)
    found = list(runs_of(output))
    assert seen <= set(found)
    once_a_round = [(name, number) for name in sorted(NAMES) for number in range(20)]
    assert once_a_round == sorted((name, number) for name, number, _ in found)


@pytest.mark.slow
def test_a_manager_killed_at_fifty_random_moments_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    draw = random.Random(50)
    # From before the first line of a run to after a few processes' worth of them.
    moments = [draw.uniform(0, 0.8) for _ in range(KILLS)]
    number = 0
    while moments:
        kill_and_resume(tmp_path / f"{number}.json", moments)
        number += 1
