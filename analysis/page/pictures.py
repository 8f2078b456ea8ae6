"""All charts of one kind of evidence, drawn by as many processes as there are CPUs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from .. import artwork, figures
from ..figures import Missing, style
from ..shelf import Shelf
from .picture import Picture, picture

MOST_PROCESSES = 8
# What the processes are forked with: a shelf is large, and cheap to share so.
_asked: list[tuple[Shelf, artwork.Request]] = []


def pictures(shelf: Shelf, request: artwork.Request) -> list[Picture | Missing]:
    """Draw every figure that the shelf has data for, in their order; say why of the others."""
    places = range(len(figures.FIGURES))
    processes = min(len(os.sched_getaffinity(0)), MOST_PROCESSES, len(places))
    # A process that has threads is not to be forked.
    if processes == 1 or threading.active_count() > 1:
        return [_draw(shelf, request, place) for place in places]
    shelf.estimates  # noqa: B018 - what all of them need is found out once
    _asked.append((shelf, request))
    try:
        context = multiprocessing.get_context("fork")
        ignore = partial(signal.signal, signal.SIGINT, signal.SIG_IGN)
        with ProcessPoolExecutor(processes, context, ignore) as pool:
            return list(pool.map(_draw_asked, places))
    finally:
        _asked.pop()


def _draw_asked(place: int) -> Picture | Missing:
    return _draw(*_asked[-1], place)


def _draw(shelf: Shelf, request: artwork.Request, place: int) -> Picture | Missing:
    width = style.WIDTHS[request.width]
    drawn = figures.chart(figures.FIGURES[place], shelf, width, request.published)
    return drawn if isinstance(drawn, Missing) else picture(drawn, shelf, request)
