"""Processes that share the work of a report, as many as there are CPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial

MOST = 8


@contextmanager
def workers(tasks: int) -> Iterator[ProcessPoolExecutor | None]:
    """Give a pool for so many tasks, forked from this process as it is; None where one won't help.

    An interrupt ends them with this process, not by themselves.
    """
    number = min(len(os.sched_getaffinity(0)), MOST, tasks)
    # A process that has threads is not to be forked.
    if number <= 1 or threading.active_count() > 1:
        yield None
        return
    ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
    pool = ProcessPoolExecutor(number, multiprocessing.get_context("fork"), ignore)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
