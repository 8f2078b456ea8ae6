"""Whether runs were taken at the same time: in turns, at once, or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

from ..reading.result import Result

IN_TURNS, AT_ONCE, APART, NOT_KNOWN = "in turns", "at once", "one after the other", ""
SAME_RUN, MIXED = "the same run", "mixed"
# Two runs overlap if the time they share is at least SHARED of the longer one. A run took turns if
# it waited for others for more than WAITED of its seconds; two runs in turns mostly wait for half.
SHARED, WAITED = 0.5, 0.01


class Span(NamedTuple):
    """The time that a run took, from its beginning to its end."""

    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.ended - self.began).total_seconds()


def overlap(base: Sequence[Result], new: Sequence[Result]) -> str:
    """Return how the runs of two sides lie in time; NOT_KNOWN where a result lacks its dates.

    IN_TURNS: two runs overlapped and each waited for the other, so both saw the same minutes of
    the machine. AT_ONCE: they overlapped without waiting, so each may have slowed the other. APART:
    all of one side came after all of the other, so a drift of the machine counts as a difference.
    MIXED: of several runs a side, some of one came before and some after some of the other.
    SAME_RUN: both sides are one and the same run, whatever the files are called.

    Assumes that all ran on one machine: a result does not say which one it was.
    """
    if len(base) == len(new) == 1:
        return _of_two(base[0], new[0])
    if any(_of_two(one, other) == AT_ONCE for one, other in product(base, new)):
        return AT_ONCE
    sides = [[_span(result) for result in side] for side in (base, new)]
    known = [[span for span in side if span is not None] for side in sides]
    if sides != known:
        return NOT_KNOWN
    first, second = (
        Span(min(span.began for span in side), max(span.ended for span in side)) for side in known
    )
    return APART if first.ended <= second.began or second.ended <= first.began else MIXED


def is_same_run(one: Result, other: Result) -> bool:
    """Tell whether two results hold the same run, whatever their files are called."""
    return bool(one.processes) and (one.date, one.processes) == (other.date, other.processes)


def _of_two(base: Result, new: Result) -> str:
    if is_same_run(base, new):
        return SAME_RUN
    first, second = _span(base), _span(new)
    if first is None or second is None:
        return NOT_KNOWN
    shared = Span(max(first.began, second.began), min(first.ended, second.ended)).seconds
    if shared < SHARED * max(first.seconds, second.seconds):
        return APART
    waited = _waited(base, first) and _waited(new, second)
    return IN_TURNS if waited else AT_ONCE


def _span(result: Result) -> Span | None:
    """Return when a run took place; None where the result does not say it with a time zone."""
    try:
        began = datetime.fromisoformat(result.date)
        if result.ended:
            ended = datetime.fromisoformat(result.ended)
        else:
            ended = began + timedelta(seconds=result.seconds or 0.0)
    except (ValueError, OverflowError):
        return None
    return Span(began, ended) if began.tzinfo and ended.tzinfo and began < ended else None


def _waited(result: Result, span: Span) -> bool:
    """Tell whether a run took turns throughout, and was not interrupted for long."""
    seconds, waited = result.seconds or 0.0, result.waited_seconds or 0.0
    return not result.missed_turns and waited > WAITED * seconds and seconds > SHARED * span.seconds
