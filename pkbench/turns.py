"""Let runs that measure on the same CPU take turns: one worker process, or one profiled case, each.

Two measurements at the same moment would disturb each other. In turns they don't, and drift from
one minute to the next affects both equally. That is the way to compare two builds, or two settings
of a process, on a shared machine.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Tests set a folder of their own, so that they wait for no run on the machine.
CPUS = Path(os.environ.get("PKBENCH_TURNS", "/sys/devices/system/cpu"))
# A run that holds the CPU for longer than this many seconds is taken to be stopped.
# A worker process takes a small part of it.
LONGEST_WAIT = 60.0


class Turns:
    """One run's place among those that measure on a CPU.

    The run that has the CPU holds a lock on the CPU's folder in sysfs. Every user may open that
    folder, from every checkout, and the kernel releases the lock of a killed process. The run that
    is next holds a second lock. A run that has just had its turn finds it taken, so it can't jump
    the queue. A container with its own network has its own sysfs, and takes no turns with runs
    outside.
    """

    def __init__(self, cpu: int, longest_wait: float = LONGEST_WAIT, cpus: Path = CPUS) -> None:
        self._has, self._next = cpus / f"cpu{cpu}", cpus / f"cpu{cpu}" / "uevent"
        self._longest_wait = self._patience = longest_wait
        self._locks = True
        self.waited = 0.0  # seconds, for the turns of others
        self.missed = 0  # turns that began although another run had not ended its own

    @contextmanager
    def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Keep other runs off the CPU; call `waiting` before waiting for them.

        A run that seems to be stopped is waited for only once, until it has released the CPU again.
        Without locks, as in some containers, no run is waited for.
        """
        held = self._take(waiting) if self._locks else None
        try:
            yield
        finally:
            if held is not None:
                os.close(held)

    def _take(self, waiting: Callable[[], None]) -> int | None:
        wait = _Wait(self._patience, waiting)
        try:
            place = wait.lock(self._next)
            try:
                held = wait.lock(self._has)
            finally:
                os.close(place)
        except TimeoutError:
            self._patience = 0.0
            self.missed += 1
            return None
        except OSError:
            self._locks = False
            return None
        finally:
            self.waited += wait.waited
        self._patience = self._longest_wait
        return held


def at_the_last_cpu(longest_wait: float = LONGEST_WAIT) -> Turns:
    """Return our place at the last CPU that we may use; that is where cases are measured."""
    return Turns(max(os.sched_getaffinity(0)), longest_wait)


class _Wait:
    """The time that may still be spent waiting before one turn."""

    def __init__(self, patience: float, waiting: Callable[[], None]) -> None:
        self._left = patience
        self._waiting = waiting
        self.waited = 0.0

    def lock(self, path: Path) -> int:
        """Return an open file that holds the lock; raise TimeoutError when that takes too long."""
        held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not _lock_now(held):
                self._lock_later(held)
        except BaseException:
            os.close(held)  # if a thread still waits for the lock, this releases it again
            raise
        return held

    def _lock_later(self, held: int) -> None:
        if not self._left:
            raise TimeoutError
        self._waiting()
        # A sleeping thread waits for the lock: polling would disturb the run that measures.
        done = threading.Event()
        threading.Thread(target=_sleep_until_locked, args=(held, done), daemon=True).start()
        began = time.monotonic()
        locked = done.wait(self._left)
        seconds = time.monotonic() - began
        self.waited += seconds
        self._left = max(0.0, self._left - seconds)
        if not locked:
            raise TimeoutError


def _lock_now(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sleep_until_locked(held: int, done: threading.Event) -> None:
    with suppress(OSError):  # closed meanwhile: the wait is over
        fcntl.flock(held, fcntl.LOCK_EX)
        done.set()
