"""The native table of benchmarks as Benchmark and Case.

These are tuples because importing dataclasses would take an eighth of a worker's start-up.
"""

import functools
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from pkbench._native import ffi, lib
from pkbench.cases.points import PointError, parse_points


class Axis(NamedTuple):
    """A parameter that a benchmark is swept along."""

    name: str
    meaning: str
    points: str  # of the preset standard, as parse_points reads them
    quick: str  # of the preset quick
    more: str  # that publish adds to those of standard, or ""
    labels: tuple[str, ...]  # names of the points; empty where they are numbers

    def points_of(self, preset: str) -> str:
        """Return the points that a preset runs, as parse_points reads them."""
        if preset == "quick":
            return self.quick
        return f"{self.points},{self.more}" if self.more and preset == "publish" else self.points

    def text(self, point: int) -> str:
        """Return a point as a case's name has it."""
        return self.labels[point] if self.labels else str(point)


class Benchmark(NamedTuple):
    """One benchmark of the native table."""

    family: str
    name: str
    operation: str  # one sentence that says what one operation does
    group: str | None  # the benchmarks of a group are compared with each other
    # Fixed overhead: the full name of the benchmark whose iteration is contained in this one's.
    floor: str | None
    axes: tuple[Axis, ...]
    threads: bool  # it uses more than one thread or process
    headline: bool  # part of the preset quick
    inner_loops: int
    slope: bool  # the floor is the same loop with fewer operations
    native: Any  # struct pk_benchmark *

    @property
    def times_itself(self) -> bool:
        """Return whether the operation is more than one function in one thread."""
        return bool(self.native.measure)

    @property
    def functions(self) -> dict[str, int]:
        """Return the addresses in this process of its functions, `timed` and `prepare`."""
        named = {"timed": self.native.run or self.native.measure, "prepare": self.native.prepare}
        return {name: int(ffi.cast("uintptr_t", at)) for name, at in named.items() if at}

    @property
    def full_name(self) -> str:
        """Return the name with its family, as in `protect/mprotect-rw-ro`."""
        return f"{self.family}/{self.name}"


class Case(NamedTuple):
    """A benchmark at one point of each of its axes."""

    benchmark: Benchmark
    point: tuple[int, ...]

    @property
    def name(self) -> str:
        """Return the full name, as in `protect/mprotect-rw-ro/pages:16`."""
        places = (f"{axis}:{text}" for axis, text in self.labels.items())
        return "/".join([self.benchmark.full_name, *places])

    @property
    def labels(self) -> dict[str, str]:
        """Return each axis's point as text."""
        return {axis.name: axis.text(point) for axis, point in self._places()}

    @property
    def axes(self) -> dict[str, int | str]:
        """Return each axis's point as a number or a label."""
        return {
            axis.name: axis.text(point) if axis.labels else point for axis, point in self._places()
        }

    @property
    def floor(self) -> "Case | None":
        """Return the fixed overhead: the case whose iteration is contained in this one's."""
        if self.benchmark.floor is None:
            return None
        floor = by_name()[self.benchmark.floor]
        here = {axis.name: point for axis, point in self._places()}
        return Case(floor, tuple(here[axis.name] for axis in floor.axes))

    @property
    def memory(self) -> int:
        """Return how many bytes the case populates."""
        needed = self.benchmark.native.memory
        return int(needed(self.native_point())) if needed else 0

    @property
    def wait_seconds(self) -> float:
        """Return for how many seconds one value waits untimed."""
        waits = self.benchmark.native.wait
        return waits(self.native_point()) / 1000 if waits else 0.0

    @property
    def counts(self) -> dict[str, float]:
        """Return what an operation costs besides time on this machine, on average, by name."""
        native = self.benchmark.native
        return {text_of(native.counted): native.count(self.native_point())} if native.count else {}

    @property
    def prepares(self) -> bool:
        """Return whether the state is restored, untimed, between timed loops."""
        return bool(self.benchmark.native.prepare)

    def native_point(self) -> Any:
        """Return the point as `const int64_t *`."""
        return ffi.new("int64_t[]", [*self.point, 0])

    def skipped(self) -> str:
        """Return why this machine can't run the case, or "" if that isn't known before trying."""
        if lib.pk_benchmark_skipped(self.benchmark.native, self.native_point()):
            return text_of(lib.pk_reason())
        return ""

    def _places(self) -> Iterable[tuple[Axis, int]]:
        return zip(self.benchmark.axes, self.point, strict=True)


def text_of(pointer: Any) -> str:
    """Return a C string."""
    return str(ffi.string(pointer).decode(errors="replace"))


def _text_or_none(pointer: Any) -> str | None:
    return text_of(pointer) if pointer else None


def _axis(native: Any) -> Axis:
    return Axis(
        name=text_of(native.name),
        meaning=text_of(native.meaning),
        points=text_of(native.points),
        quick=text_of(native.quick),
        more=text_of(native.more) if native.more else "",
        labels=tuple(text_of(native.labels).split(",")) if native.labels else (),
    )


def _benchmark(native: Any) -> Benchmark:
    return Benchmark(
        family=text_of(native.family),
        name=text_of(native.name),
        operation=text_of(native.operation),
        group=_text_or_none(native.group),
        floor=_text_or_none(native.floor),
        axes=tuple(_axis(axis) for axis in native.axes if axis.name),
        threads=bool(native.needs & lib.PK_NEEDS_THREADS),
        headline=bool(native.headline),
        inner_loops=native.inner_loops or 1,
        slope=bool(native.slope),
        native=native,
    )


@functools.cache
def benchmarks() -> tuple[Benchmark, ...]:
    """Return the table, ordered by family, by file within it and as declared within a file."""
    lines = {}
    for index in range(lib.pk_benchmark_count()):
        benchmark = _benchmark(lib.pk_benchmark_at(index))
        file = text_of(lib.pk_benchmark_file(index))
        line = lib.pk_benchmark_line(index)
        lines[benchmark] = (
            benchmark.family,
            file,
            line,
            benchmark.name,
        )  # the name, because two may share a line
    return tuple(sorted(lines, key=lines.__getitem__))


@functools.cache
def by_name() -> dict[str, Benchmark]:
    """Return the benchmarks by their full names."""
    return {benchmark.full_name: benchmark for benchmark in benchmarks()}


def allowed_cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


def parse_case(name: str) -> Case:
    """Return the case of this name, whether or not a preset has its points.

    Raise LookupError for an unknown benchmark and PointError for invalid points.
    """
    family, _, rest = name.partition("/")
    own, *places = rest.split("/")
    benchmark = by_name().get(f"{family}/{own}")
    if benchmark is None:
        raise LookupError(f"there is no benchmark {family}/{own}")
    given = dict(place.partition(":")[::2] for place in places)
    if list(given) != [axis.name for axis in benchmark.axes]:
        wanted = ", ".join(axis.name for axis in benchmark.axes) or "none"
        raise PointError(f"{name!r} must name a point of each axis of {family}/{own}: {wanted}")
    points = (
        parse_points(given[axis.name], axis.name, axis.labels, allowed_cpus())
        for axis in benchmark.axes
    )
    singles = [point for (point, *more) in points if not more]
    if len(singles) != len(benchmark.axes):
        raise PointError(f"{name!r} names more than one case")
    return Case(benchmark, tuple(singles))
