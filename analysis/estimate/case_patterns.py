"""Choose cases of results by patterns."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from ..reading.bounded_json import ResultError, clean
from ..reading.result import Result


def matching(patterns: Sequence[str], names: Iterable[str]) -> set[str]:
    """Return the cases that match a pattern: a shell pattern for a case, a benchmark or a family.

    Without patterns all match. Raises ResultError for a pattern that matches nothing.
    """
    names = list(dict.fromkeys(names))
    if not patterns:
        return set(names)
    found: set[str] = set()
    for pattern in patterns:
        matched = {name for name in names if any(fnmatchcase(n, pattern) for n in _levels(name))}
        if not matched:
            raise ResultError(_nothing(pattern, names))
        found |= matched
    return found


def with_floors(patterns: Sequence[str], results: Sequence[Result]) -> set[str]:
    """Return the matching cases of results, and what these are net of (floors).

    Raises ResultError for a pattern that matches no case of any result.
    """
    floors = {case.name: case.floor for result in results for case in result.cases}
    found = matching(patterns, floors)
    for name in list(found):
        while name := floors.get(name, ""):
            found.add(name)
    return found


def _levels(name: str) -> tuple[str, str, str]:
    parts = name.split("/")
    return name, "/".join(parts[:2]), parts[0]


def _nothing(pattern: str, names: Sequence[str]) -> str:
    known = {level for name in names for level in _levels(name)}
    near = difflib.get_close_matches(pattern, sorted(known), n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"no case of the results matches {clean(pattern, 100)!r}{hint}."
