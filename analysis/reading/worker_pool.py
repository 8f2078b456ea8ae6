"""A pool of processes that share the work of a report, one per CPU."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

MOST = 8  # processes


@contextmanager
def workers(tasks: int) -> Iterator[ProcessPoolExecutor | None]:
    """Yield a pool of processes for so many tasks; None where a pool would not help.

    The processes are forked from this one and share its data. They ignore an interrupt: this
    process ends them.
    """
    number = min(len(os.sched_getaffinity(0)), MOST, tasks)
    # Forking a process that has threads may deadlock the child.
    if number <= 1 or threading.active_count() > 1:
        yield None
        return
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(number, multiprocessing.get_context("fork"), ignore)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
