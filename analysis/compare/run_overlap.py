"""Whether two runs were taken at the same time: in turns, at once, or one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ..reading.result import Result

IN_TURNS, AT_ONCE, APART, NOT_KNOWN = "in turns", "at once", "one after the other", ""
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


def overlap(base: Result, new: Result) -> str:
    """Return IN_TURNS, AT_ONCE, APART, or NOT_KNOWN where a result lacks its dates.

    IN_TURNS: the runs overlapped and each waited for the other, so both saw the same minutes of
    the machine. AT_ONCE: they overlapped without waiting, so each may have slowed the other. APART:
    one came after the other, so a drift of the machine counts as a difference, which no interval
    accounts for.

    Assumes that both ran on one machine: a result does not say which one it was.
    """
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
