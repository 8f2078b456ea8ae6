"""However a worker process ends, it becomes an outcome with a reason."""

import sys

import pytest

from pkbench.run import launch

pytestmark = pytest.mark.alone


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> "Script":
    return Script(monkeypatch)


class Script:
    """Lets a few lines of Python stand in for the worker."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def outcomes(self, code: str, *cases: str, timeout: float = 20) -> list[launch.Outcome]:
        """Return what becomes of the cases where a worker runs this code."""
        whole = f"import json, os, sys, time\ntasks = json.load(sys.stdin)\n{ANSWER}\n{code}"
        self._monkeypatch.setattr(launch, "COMMAND", (sys.executable, "-c", whole))
        return list(
            launch.work(
                [launch.measure(case, launch.Amount(1, 0, 1, 1, 0), 0.0, timeout) for case in cases]
            )
        )


# What the code of a script may call.
ANSWER = """
def answer(case, **other):
    whole = {"case": case, "state": "measured", "reason": "", "document": {}}
    whole |= {"setup_seconds": 0.5, "preparing_seconds": 0.25, "timed_seconds": 2}
    print(json.dumps(whole | other), flush=True)
"""


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("answer('a/b', state='skipped', reason='no keys')", "skipped", "no keys"),
        ("answer('a/b', state='failed', reason='it lies')", "failed", "it lies"),
        ("raise RuntimeError('oh')", "failed", "exited with 1: RuntimeError: oh"),
        ("os._exit(9)", "failed", "exited with 9: no message"),
        ("os.kill(os.getpid(), 11)", "failed", "ended by SIGSEGV"),
        ("os.kill(os.getpid(), 9)", "failed", "ended by SIGKILL"),
        ("print('garbage')", "failed", "can't be used"),
        ("", "failed", "exited with 0"),
        ("print('[1]')", "failed", "can't be used"),
        ("sys.stdout.buffer.write(bytes(range(256)))", "failed", "can't be used"),
        ("answer('a/c')", "failed", "it is about 'a/c'"),
        ("answer('a/b', state='fine')", "failed", "its state is 'fine'"),
        ("answer('a/b', reason=7)", "failed", "can't be used"),
        ("answer('a/b', document=[1])", "failed", "its document is no object"),
        ("answer('a/b', setup_seconds=None)", "failed", "can't be used"),
        ("answer('a/b', timed_seconds=None)", "failed", "can't be used"),
        ("print('[' * 100_000)", "failed", "can't be used"),
        ("print('1' * (1 << 25))", "failed", "can't be used"),
    ],
)
def test_every_ending_has_a_state_and_a_reason(
    script: Script, code: str, state: str, reason: str
) -> None:
    (outcome,) = script.outcomes(code, "a/b")
    assert (state, {}) == (outcome.state, outcome.document)
    assert reason in outcome.reason
    assert "\n" not in outcome.reason


def test_a_worker_that_hangs_is_ended(script: Script) -> None:
    (outcome,) = script.outcomes("time.sleep(600)", "a/b", timeout=0.5)
    assert ("failed", "it took longer than 0 s and was ended") == (outcome.state, outcome.reason)


def test_answers_are_handed_on_in_order(script: Script) -> None:
    code = "for task in tasks: answer(task['case'], document={'loops': task['loops']})"
    found = script.outcomes(code, "a/b", "c/d")
    assert [("a/b", {"loops": 1}, 0.5), ("c/d", {"loops": 1}, 0.5)] == [
        (outcome.case, outcome.document, outcome.setup_seconds) for outcome in found
    ]


@pytest.mark.parametrize(
    "end",
    [
        "os.kill(os.getpid(), 11)",
        "os.kill(os.getpid(), 9)",  # as the kernel does when memory runs out
        "time.sleep(600)",
        "print('garbage', flush=True)",
    ],
)
def test_what_ends_a_worker_costs_only_the_case_that_it_was_at(script: Script, end: str) -> None:
    code = f"""
for task in tasks:
    if task["case"] == "bad/one": {end}
    answer(task["case"])
"""
    found = script.outcomes(code, "a/b", "bad/one", "c/d", "e/f", timeout=1)
    assert ["measured", "failed", "measured", "measured"] == [outcome.state for outcome in found]


def test_a_worker_that_does_not_exit_after_its_last_answer_is_ended(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "SECONDS_TO_EXIT", 0.1)
    (outcome,) = script.outcomes("answer('a/b'); time.sleep(600)", "a/b")
    assert "measured" == outcome.state


def test_no_worker_at_all_is_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "COMMAND", ("/nowhere/python",))
    outcomes = list(launch.work([launch.calibrate(case, 0.001, 5) for case in ("a/b", "c/d")]))
    assert ["failed", "failed"] == [outcome.state for outcome in outcomes]
    assert all("No such file or directory" in outcome.reason for outcome in outcomes)
