"""Runs that measure on the same CPU at the same time take turns, a worker process each.

So do profiles, a case each. Two at once would each time the other. In turns neither does, and what
drifts from one minute to the next is in both alike: the way to compare two builds, or the settings
of two processes, on a machine that is shared.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Tests hand in a folder of their own, so that they wait for no run on the machine.
CPUS = Path(os.environ.get("PKBENCH_TURNS", "/sys/devices/system/cpu"))
# Seconds after which one that still has the CPU is taken to be stopped: many times what a worker
# process takes.
LONGEST_WAIT = 60.0


class Turns:
    """One run's place among those that measure on a CPU.

    Who has the CPU holds a lock on its folder in sysfs, which every user may open, in whichever
    checkout, and which the kernel takes back from one that is killed. Who is next holds another:
    one that has just had its turn finds it taken, and can't come in between. A container whose
    network is its own has a sysfs of its own, and takes no turns with those outside.
    """

    def __init__(self, cpu: int, longest_wait: float = LONGEST_WAIT, cpus: Path = CPUS) -> None:
        self._has, self._next = cpus / f"cpu{cpu}", cpus / f"cpu{cpu}" / "uevent"
        self._longest_wait = self._patience = longest_wait
        self._locks = True
        self.waited = 0.0  # seconds, for others
        self.missed = 0  # turns that began beside one that had not ended its own

    @contextmanager
    def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Have the CPU to ourselves, as far as other runs are concerned; tell that we wait for it.

        One that has the CPU and seems to be stopped is waited for once, until it has given it away
        again. Where no lock can be had, nobody is waited for.
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
    """Return our place at the last CPU that we may use, where cases are measured."""
    return Turns(max(os.sched_getaffinity(0)), longest_wait)


class _Wait:
    """How long others are waited for before one turn."""

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
            os.close(held)  # where it is still waited for, the lock is gone as soon as it is had
            raise
        return held

    def _lock_later(self, held: int) -> None:
        if not self._left:
            raise TimeoutError
        self._waiting()
        # By a thread that sleeps until then: to ask again and again would disturb who measures.
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
    with suppress(OSError):  # closed meanwhile: nobody waits any more
        fcntl.flock(held, fcntl.LOCK_EX)
        done.set()
