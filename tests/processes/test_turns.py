"""Runs that measure on the same CPU take turns."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pkbench.turns import CPUS, Turns

pytestmark = pytest.mark.alone

HOLD = """
import sys, time
from pathlib import Path
from pkbench.turns import Turns
with Turns(0, cpus=Path(sys.argv[1])).turn():
    print("has it", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def cpus(tmp_path: Path) -> Path:
    """Return what two CPUs look like in sysfs."""
    for cpu in range(2):
        (tmp_path / f"cpu{cpu}").mkdir()
        (tmp_path / f"cpu{cpu}" / "uevent").touch()
    return tmp_path


@contextmanager
def held_elsewhere(cpus: Path) -> Iterator[subprocess.Popen[str]]:
    """Have another process have CPU 0 until it is killed."""
    command = [sys.executable, "-P", "-c", HOLD, str(cpus)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline()
            yield process
        finally:
            process.kill()


def is_locked(path: Path) -> bool:
    """Tell whether somebody has a lock on a file."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)


def test_who_waits_comes_before_the_next_turn_of_who_had_one(cpus: Path) -> None:
    order: list[str] = []
    first, second = Turns(0, cpus=cpus), Turns(0, cpus=cpus)

    def wait_for_a_turn() -> None:
        with second.turn(lambda: order.append("second waits")):
            order.append("second")

    other = threading.Thread(target=wait_for_a_turn)
    with first.turn(lambda: order.append("first waits")):
        order.append("first")
        other.start()
        while "second waits" not in order:
            time.sleep(0.001)
    with first.turn():
        order.append("first")
    other.join()

    assert order == ["first", "second waits", "second", "first"]
    assert second.waited > 0


def test_on_another_cpu_nobody_is_waited_for(cpus: Path) -> None:
    with Turns(0, cpus=cpus).turn(), Turns(1, cpus=cpus).turn():
        assert is_locked(cpus / "cpu0")
        assert is_locked(cpus / "cpu1")


def test_one_that_is_killed_gives_its_turn_away(cpus: Path) -> None:
    with held_elsewhere(cpus) as other:
        threading.Timer(0.1, other.send_signal, [signal.SIGKILL]).start()
        with Turns(0, cpus=cpus).turn():
            assert is_locked(cpus / "cpu0")


def test_one_that_is_stopped_is_waited_for_once_until_it_goes_on(cpus: Path) -> None:
    turns = Turns(0, longest_wait=0.1, cpus=cpus)
    waits: list[str] = []
    with held_elsewhere(cpus) as other:
        other.send_signal(signal.SIGSTOP)
        for _ in range(3):
            with turns.turn(lambda: waits.append("waits")):
                pass
    assert ["waits"] == waits
    assert turns.missed == 3
    assert turns.waited >= 0.1

    with turns.turn():
        assert is_locked(cpus / "cpu0")
    with held_elsewhere(cpus), turns.turn(lambda: waits.append("waits again")):
        pass
    assert ["waits", "waits again"] == waits
    assert turns.missed == 4


def test_one_that_is_next_and_stopped_is_waited_for_as_well(cpus: Path) -> None:
    turns = Turns(0, longest_wait=0.1, cpus=cpus)
    descriptor = os.open(cpus / "cpu0" / "uevent", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with turns.turn():
        assert not is_locked(cpus / "cpu0")
    os.close(descriptor)
    assert turns.missed == 1


def test_where_there_is_no_sysfs_nobody_is_waited_for(tmp_path: Path) -> None:
    turns = Turns(0, cpus=tmp_path / "none")
    with turns.turn():
        pass
    assert (0.0, 0) == (turns.waited, turns.missed)


def test_a_turn_ends_with_an_error(cpus: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Turns(0, cpus=cpus).turn():
        raise KeyboardInterrupt

    assert not is_locked(cpus / "cpu0")
    assert not is_locked(cpus / "cpu0" / "uevent")


def test_no_test_waits_for_a_run_on_this_machine() -> None:
    assert Path(os.environ["PKBENCH_TURNS"]) == CPUS
    assert not CPUS.is_relative_to("/sys")
