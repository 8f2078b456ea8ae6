"""Runs that measure on the same CPU at the same time take turns, a worker process each.

So do profiles, a case each. Two at once would each time the other. In turns neither does, and what
drifts from one minute to the next is in both alike: the way to compare two builds or two settings
on a machine that is shared.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
# Seconds after which one that still has the CPU is taken to be stopped: many times what a worker
# process takes.
LONGEST_WAIT = 300.0


class Turns:
    """One run's place among those that measure on a CPU.

    Who has the CPU holds a lock on its folder in sysfs, which every user may open, in whichever
    checkout or environment, and which the kernel takes back from one that is killed. Who is next
    holds another: one that has just had its turn finds it taken, and can't come in between.
    """

    def __init__(self, cpu: int, longest_wait: float = LONGEST_WAIT, cpus: Path = CPUS) -> None:
        self._has, self._next = cpus / f"cpu{cpu}", cpus / f"cpu{cpu}" / "uevent"
        self._longest_wait = longest_wait
        self._waits = True
        self.waited = 0.0  # seconds, for others

    @contextmanager
    def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Have the CPU to ourselves, as far as other runs are concerned; tell that we wait for it.

        Where no lock can be had, or one that has the CPU seems to be stopped, nobody is waited for.
        """
        began = time.monotonic()
        held = self._take(waiting) if self._waits else None
        self.waited += time.monotonic() - began
        try:
            yield
        finally:
            if held is not None:
                os.close(held)

    def _take(self, waiting: Callable[[], None]) -> int | None:
        try:
            place = _lock(self._next, self._longest_wait, waiting)
            try:
                return _lock(self._has, self._longest_wait, waiting)
            finally:
                os.close(place)
        except OSError:
            self._waits = False
            return None


def at_the_last_cpu() -> Turns:
    """Return our place at the last CPU that we may use, where cases are measured."""
    return Turns(max(os.sched_getaffinity(0)))


def _lock(path: Path, longest_wait: float, waiting: Callable[[], None]) -> int:
    """Return an open file that holds the lock; raise TimeoutError when that takes too long."""
    held = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _wait_for(held, longest_wait, waiting)
    except BaseException:
        os.close(held)  # where it is still waited for, the lock is gone as soon as it is had
        raise
    return held


def _wait_for(held: int, longest_wait: float, waiting: Callable[[], None]) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        waiting()
    else:
        return
    # By a thread that sleeps until then: to ask again and again would disturb who measures.
    done = threading.Event()
    threading.Thread(target=_sleep_until_locked, args=(held, done), daemon=True).start()
    if not done.wait(longest_wait):
        raise TimeoutError


def _sleep_until_locked(held: int, done: threading.Event) -> None:
    with suppress(OSError):  # closed meanwhile: nobody waits any more
        fcntl.flock(held, fcntl.LOCK_EX)
        done.set()
