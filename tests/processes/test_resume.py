"""Whatever moment a run is killed at, nothing is lost and nothing counted twice."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from runs_made import NAMES, is_done, output, runs_in, runs_of
from workers_made import workers

from pkbench.run.journal import journal_path

pytestmark = pytest.mark.alone

__all__ = ["output", "workers"]

KILLS = 50


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
cases = select(("syscall/getppid", "syscall/mprotect-page"), (), "quick")
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
