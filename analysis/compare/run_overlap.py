"""Whether two runs saw the same minutes of a machine: in turns, at once, or one after the other."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ..reading.result import Result

IN_TURNS, AT_ONCE, APART, NOT_KNOWN = "in turns", "at once", "one after the other", ""
# Of the longer run, how much the other must have been under way as well; of each run's rounds, the
# least that it waits for another one's turns, which mostly are some half.
SHARED, WAITED = 0.5, 0.01


class Span(NamedTuple):
    """When a run was under way."""

    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        """Return how long that is."""
        return (self.ended - self.began).total_seconds()


def together(base: Result, new: Result) -> str:
    """Return whether two runs were taken in turns, at once, or one after the other.

    That is on one machine: which one a result doesn't tell, but whoever compares knows. In turns
    they saw the same minutes of it. Of two that were not, what drifts in between counts as a
    difference, and no interval of either tells how much that is. Two that were under way at once
    and did not wait for each other may have timed each other.
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
    """Return when a run was under way, as far as it says so."""
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
    """Tell whether a run waited for others, always, and was not interrupted in between."""
    seconds, waited = result.seconds or 0.0, result.waited_seconds or 0.0
    return not result.missed_turns and waited > WAITED * seconds and seconds > SHARED * span.seconds
