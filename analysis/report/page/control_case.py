"""Find the control case of a case: the same work without keys or protection."""

from __future__ import annotations

from collections.abc import Collection, Iterator

WITHOUT = ("unprotected", "plain")


def control_case(case: str, among: Collection[str]) -> str:
    """Return the case's control among others, at the same points of shared axes; "" for none."""
    family, benchmark, *points = case.split("/")
    for name in _names(benchmark):
        for kept in _fewer(points):
            candidate = "/".join((family, name, *kept))
            if candidate in among and candidate != case:
                return candidate
    return ""


def _names(benchmark: str) -> Iterator[str]:
    """Give `read-plain` for `read`, and `jit-plain` for `jit-mprotect-page`."""
    parts = benchmark.split("-")
    for length in range(len(parts), 0, -1):
        yield from ("-".join((*parts[:length], word)) for word in WITHOUT)


def _fewer(points: list[str]) -> Iterator[tuple[str, ...]]:
    """Give all points, then all but one of them, then none."""
    yield tuple(points)
    for place in range(len(points)):
        yield (*points[:place], *points[place + 1 :])
    yield ()
