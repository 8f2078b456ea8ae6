"""All charts of a report, drawn by as many processes as there are CPUs while the rest is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

from ...figures import figure_files
from ... import figures
from ...figures import Missing
from ...figures.drawing import style
from ...estimate.result_set import ResultSet
from ...reading.worker_pool import workers
from .picture import Picture, picture

# What the processes are forked with: a result set is large, and cheap to share so.
_asked: list[tuple[ResultSet, figure_files.Request]] = []

# Waits for the figures of a result set: every one that it has data for, in their order, and of the
# others why not.
Drawn = Callable[[], list[Picture | Missing]]


@contextmanager
def drawing(stock: Sequence[ResultSet], request: figure_files.Request) -> Iterator[list[Drawn]]:
    """Draw every figure of each result set; give what waits for them."""
    places = range(len(figures.FIGURES))
    for result_set in stock:  # what all of them need is found out once
        result_set.estimates  # noqa: B018
        result_set.cases  # noqa: B018
    _asked.extend((result_set, request) for result_set in stock)
    try:
        with workers(len(places)) as pool:
            if pool is None:
                yield [partial(_all, result_set, request) for result_set in stock]
                return
            drawn = [
                [pool.submit(_draw_asked, number, place) for place in places]
                for number in range(len(stock))
            ]
            yield [partial(_results, each) for each in drawn]
    finally:
        _asked.clear()


def _all(result_set: ResultSet, request: figure_files.Request) -> list[Picture | Missing]:
    return [_draw(result_set, request, place) for place in range(len(figures.FIGURES))]


def _results(drawn: Sequence[Future[Picture | Missing]]) -> list[Picture | Missing]:
    return [each.result() for each in drawn]


def _draw_asked(number: int, place: int) -> Picture | Missing:
    return _draw(*_asked[number], place)


def _draw(result_set: ResultSet, request: figure_files.Request, place: int) -> Picture | Missing:
    width = style.WIDTHS[request.width]
    drawn = figures.chart(figures.FIGURES[place], result_set, width, request.published)
    return drawn if isinstance(drawn, Missing) else picture(drawn, result_set, request)
