"""All charts of a report, drawn by as many processes as there are CPUs while the rest is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial

from .. import artwork, figures
from ..figures import Missing, style
from ..shelf import Shelf
from ..workers import workers
from .picture import Picture, picture

# What the processes are forked with: a shelf is large, and cheap to share so.
_asked: list[tuple[Shelf, artwork.Request]] = []

# Waits for the figures of a shelf: every one that it has data for, in their order, and of the
# others why not.
Drawn = Callable[[], list[Picture | Missing]]


@contextmanager
def drawing(stock: Sequence[Shelf], request: artwork.Request) -> Iterator[list[Drawn]]:
    """Draw every figure of each shelf; give what waits for them."""
    places = range(len(figures.FIGURES))
    for shelf in stock:  # what all of them need is found out once
        shelf.estimates  # noqa: B018
        shelf.cases  # noqa: B018
    _asked.extend((shelf, request) for shelf in stock)
    try:
        with workers(len(places)) as pool:
            if pool is None:
                yield [partial(_all, shelf, request) for shelf in stock]
                return
            drawn = [
                [pool.submit(_draw_asked, number, place) for place in places]
                for number in range(len(stock))
            ]
            yield [partial(_results, each) for each in drawn]
    finally:
        _asked.clear()


def _all(shelf: Shelf, request: artwork.Request) -> list[Picture | Missing]:
    return [_draw(shelf, request, place) for place in range(len(figures.FIGURES))]


def _results(drawn: Sequence[Future[Picture | Missing]]) -> list[Picture | Missing]:
    return [each.result() for each in drawn]


def _draw_asked(number: int, place: int) -> Picture | Missing:
    return _draw(*_asked[number], place)


def _draw(shelf: Shelf, request: artwork.Request, place: int) -> Picture | Missing:
    width = style.WIDTHS[request.width]
    drawn = figures.chart(figures.FIGURES[place], shelf, width, request.published)
    return drawn if isinstance(drawn, Missing) else picture(drawn, shelf, request)
