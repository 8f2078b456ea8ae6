"""Choose cases of results by patterns."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ..reading.bounded_json import ResultError, clean
from ..reading.result import Result


def matching(patterns: Sequence[str], results: Sequence[Result]) -> frozenset[str] | None:
    """Return the cases of results that match a pattern; None, which is all, without patterns.

    A pattern is a shell pattern for a case, a benchmark or a family. Raises ResultError for one
    that matches no case of any result.
    """
    if not patterns:
        return None
    names = {case.name for result in results for case in result.cases}
    found: set[str] = set()
    for pattern in patterns:
        matched = {name for name in names if any(fnmatchcase(n, pattern) for n in _levels(name))}
        if not matched:
            raise ResultError(_nothing(pattern, names))
        found |= matched
    return frozenset(found)


def with_floors(names: Iterable[str], results: Sequence[Result]) -> set[str]:
    """Return some cases and what these are net of (floors)."""
    floors = {case.name: case.floor for result in results for case in result.cases}
    found = set(names)
    for name in list(found):
        while name := floors.get(name, ""):
            found.add(name)
    return found


def _levels(name: str) -> tuple[str, str, str]:
    parts = name.split("/")
    return name, "/".join(parts[:2]), parts[0]


def _nothing(pattern: str, names: Iterable[str]) -> str:
    known = {level for name in names for level in _levels(name)}
    near = difflib.get_close_matches(pattern, sorted(known), n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"no case of the results matches {clean(pattern, 100)!r}{hint}."
