"""Select the cases that a command line asks for."""

import itertools
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pkbench.cases.catalogue import Axis, Benchmark, Case, allowed_cpus, benchmarks, parse_case
from pkbench.cases.points import PointError, parse_points


class SelectionError(ValueError):
    """Nothing matches a pattern or an axis; the message names it and suggests another."""


def select(
    patterns: Sequence[str],
    points: Sequence[str],
    preset: str,
    *,
    headline: bool = False,
    floors: bool = True,
) -> list[Case]:
    """Return the selected cases in the catalogue's order; with `floors`, their floors too.

    A pattern is a shell pattern for the name of a case, a benchmark or a family, or the full name
    of one case with any points. Without patterns, `headline` and the preset quick select the
    headline benchmarks, and other presets select all. `points` are texts such as
    `pages=1,7,100-120`, which replace the preset's points of that axis. Raise SelectionError where
    nothing matches.
    """
    overrides = _parse_overrides(points)
    chosen = [
        case
        for benchmark in benchmarks()
        if patterns or benchmark.headline or not (headline or preset == "quick")
        for case in _cases(benchmark, overrides, preset)
    ]
    if patterns:
        chosen = list(
            itertools.chain.from_iterable(_matching(pattern, chosen) for pattern in patterns)
        )
    _check_used(overrides, chosen)
    return _in_order([*chosen, *(_floors(chosen) if floors else ())])


def _parse_overrides(texts: Sequence[str]) -> dict[str, str]:
    overrides: dict[str, str] = {}
    known = {axis.name for benchmark in benchmarks() for axis in benchmark.axes}
    for text in texts:
        axis, equals, points = text.partition("=")
        if not equals or not points:
            raise SelectionError(
                f"{text!r} is not of the form axis=points, as in pages=1,7,100-120"
            )
        if axis not in known:
            axes = ", ".join(sorted(known))
            raise SelectionError(
                f"there is no axis {axis!r}{_hint(axis, known)}: the axes are {axes}"
            )
        overrides[axis] = points
    return overrides


def _axis_points(axis: Axis, overrides: dict[str, str], preset: str) -> list[int]:
    text = overrides.get(axis.name) or axis.points_of(preset)
    try:
        return parse_points(text, axis.name, axis.labels, allowed_cpus())
    except PointError as error:
        raise SelectionError(str(error)) from None


def _cases(benchmark: Benchmark, overrides: dict[str, str], preset: str) -> list[Case]:
    swept = (_axis_points(axis, overrides, preset) for axis in benchmark.axes)
    return [Case(benchmark, point) for point in itertools.product(*swept)]


def _matching(pattern: str, cases: Iterable[Case]) -> list[Case]:
    found = [
        case
        for case in cases
        if any(
            fnmatchcase(name, pattern)
            for name in (case.name, case.benchmark.full_name, case.benchmark.family)
        )
    ]
    return found or [_exactly(pattern)]


def _exactly(pattern: str) -> Case:
    """Return the case of this full name, whose points the preset doesn't have."""
    try:
        return parse_case(pattern)
    except PointError as error:
        raise SelectionError(str(error)) from None
    except LookupError:
        names = [benchmark.full_name for benchmark in benchmarks()]
        raise SelectionError(
            f"no case matches {pattern!r}{_hint(pattern, names)}; `pkbench list` shows all"
        ) from None


def _hint(word: str, known: Iterable[str]) -> str:
    import difflib  # noqa: PLC0415 - a worker, which makes no mistakes, starts without it

    near = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _check_used(overrides: dict[str, str], cases: Iterable[Case]) -> None:
    used = {axis for case in cases for axis in case.axes}
    for axis in overrides:
        if axis not in used:
            raise SelectionError(f"none of the chosen cases has an axis {axis!r}")


def _floors(cases: Iterable[Case]) -> list[Case]:
    """Return the floors of these cases, and the floors of these floors."""
    floors = [floor for case in cases if (floor := case.floor)]
    return [*floors, *_floors(floors)] if floors else []


def _in_order(cases: Iterable[Case]) -> list[Case]:
    place = {benchmark: index for index, benchmark in enumerate(benchmarks())}
    return sorted(set(cases), key=lambda case: (place[case.benchmark], case.point))
