"""What was measured outlives whatever ends a run, and is counted once."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import runs_made
from runs_made import CASES, NAMES, PRESET, ROUNDS, is_done, output, run, runs_in, runs_of
from workers_made import Workers, measured, workers

from pkbench.resultfile import OutputError
from pkbench.run import measurement
from pkbench.run.journal import ResumeError, journal_path
from pkbench.run.launch import Outcome
from pkbench.version import version

__all__ = ["output", "workers"]


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


def test_a_stopped_run_goes_on_where_it_stood(stopped: Path) -> None:
    before = runs_in(journal_path(stopped))
    record = run(stopped, resume=True)
    assert before < set(runs_of(stopped))
    assert {ROUNDS} == {len(runs) for runs in record.runs.values()}


def test_what_another_version_began_is_not_continued(
    stopped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurement, "version", lambda: "9.9")

    with pytest.raises(ResumeError, match=rf"version \({re.escape(version())} then, 9\.9 now\)"):
        run(stopped, resume=True)


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
    monkeypatch.setattr(runs_made, "CASES", CASES[:-1])
    monkeypatch.setattr(runs_made, "PRESET", replace(PRESET, budget=7.0))
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
