"""Draw all charts of a report in worker processes while the rest of the page is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

from ... import figures
from ...estimate.result_set import ResultSet
from ...figures import Missing, figure_files
from ...figures.drawing import style
from ...reading.worker_pool import workers
from .picture import Picture, picture

# Set before the workers fork: a large result set is shared without being copied.
_requested: list[tuple[ResultSet, figure_files.Request]] = []

# Call it to wait for the figures of a result set, in the order of `figures.FIGURES`: a picture, or
# the reason why there is none.
Drawn = Callable[[], list[Picture | Missing]]


@contextmanager
def drawing(sets: Sequence[ResultSet], request: figure_files.Request) -> Iterator[list[Drawn]]:
    """Start to draw every figure of each result set; give what waits for them, in that order."""
    places = range(len(figures.FIGURES))
    for result_set in sets:  # computed once here, not again in each worker
        result_set.estimates  # noqa: B018
        result_set.cases  # noqa: B018
    _requested.extend((result_set, request) for result_set in sets)
    try:
        with workers(len(places)) as pool:
            if pool is None:
                yield [partial(_all, result_set, request) for result_set in sets]
                return
            drawn = [
                [pool.submit(_draw_asked, number, place) for place in places]
                for number in range(len(sets))
            ]
            yield [partial(_results, each) for each in drawn]
    finally:
        _requested.clear()


def _all(result_set: ResultSet, request: figure_files.Request) -> list[Picture | Missing]:
    return [_draw(result_set, request, place) for place in range(len(figures.FIGURES))]


def _results(drawn: Sequence[Future[Picture | Missing]]) -> list[Picture | Missing]:
    return [each.result() for each in drawn]


def _draw_asked(number: int, place: int) -> Picture | Missing:
    return _draw(*_requested[number], place)


def _draw(result_set: ResultSet, request: figure_files.Request, place: int) -> Picture | Missing:
    width = style.WIDTHS[request.width]
    drawn = figures.chart(figures.FIGURES[place], result_set, width, request.published)
    return drawn if isinstance(drawn, Missing) else picture(drawn, result_set, request)
