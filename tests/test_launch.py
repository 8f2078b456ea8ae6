"""However a worker process ends, it becomes an outcome with a reason."""

import sys

import pytest

from pkbench import launch


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> "Script":
    return Script(monkeypatch)


class Script:
    """Lets a few lines of Python stand in for the worker."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def run(self, code: str, timeout: float = 20) -> launch.Outcome:
        self._monkeypatch.setattr(launch, "COMMAND", (sys.executable, "-c", code))
        return launch.measure("a/b", loops=1, values=1, warmups=0, timeout=timeout)


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("import sys; print('no keys', file=sys.stderr); sys.exit(3)", "skipped", "no keys"),
        ("import sys; print('it lies', file=sys.stderr); sys.exit(4)", "failed", "it lies"),
        ("raise RuntimeError('oh')", "failed", "exited with 1: RuntimeError: oh"),
        ("import os; os._exit(9)", "failed", "exited with 9: no message"),
        ("import os; os.kill(os.getpid(), 11)", "failed", "ended by SIGSEGV"),
        ("import os; os.kill(os.getpid(), 9)", "failed", "ended by SIGKILL"),
        ("print('garbage')", "failed", "not JSON"),
        ("", "failed", "not JSON"),
        ("print('[1]')", "failed", "not a JSON object"),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)))", "failed", "not JSON"),
    ],
)
def test_every_ending_has_a_state_and_a_reason(
    script: Script, code: str, state: str, reason: str
) -> None:
    outcome = script.run(code)
    assert (state, {}) == (outcome.state, outcome.document)
    assert reason in outcome.reason
    assert "\n" not in outcome.reason


def test_a_worker_that_hangs_is_ended(script: Script) -> None:
    outcome = script.run("import time; time.sleep(600)", timeout=0.5)
    assert ("failed", "it took longer than 0 s and was ended") == (outcome.state, outcome.reason)


def test_an_answer_is_handed_on(script: Script) -> None:
    assert {"version": "1.0"} == script.run('print(\'{"version": "1.0"}\')').document


def test_no_worker_at_all_is_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "COMMAND", ("/nowhere/python",))
    outcome = launch.calibrate("a/b", 0.001, timeout=5)
    assert "failed" == outcome.state
    assert "No such file or directory" in outcome.reason
