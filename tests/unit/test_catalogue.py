"""The native table: what holds of every benchmark in it."""

import re
from collections import Counter

import pytest
from places import NATIVE

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import Axis, Benchmark, benchmarks, by_name, parse_case
from pkbench.cases.points import parse_points

FAMILIES = NATIVE / "families"

every_benchmark = pytest.mark.parametrize(
    "benchmark_", benchmarks(), ids=lambda each: each.full_name
)
every_axis = pytest.mark.parametrize(
    "axis",
    [
        pytest.param(axis, id=f"{each.full_name}-{axis.name}")
        for each in benchmarks()
        for axis in each.axes
    ],
)


def test_names_are_unique() -> None:
    names = Counter(benchmark.full_name for benchmark in benchmarks())

    assert {1} == set(names.values())


def test_every_family_is_a_folder_and_every_folder_a_family() -> None:
    assert {path.name for path in FAMILIES.iterdir()} == {each.family for each in benchmarks()}


def test_a_benchmark_is_declared_in_its_familys_folder() -> None:
    for path in FAMILIES.glob("*/*.c"):
        assert {path.parent.name} == set(re.findall(r'\.family = "(\w+)"', path.read_text()))


@every_benchmark
def test_a_name_is_lower_case_words_and_hyphens(benchmark_: Benchmark) -> None:
    assert re.fullmatch(r"[a-z]+/[a-z0-9]+(-[a-z0-9]+)*", benchmark_.full_name)


@every_benchmark
def test_the_operation_is_one_sentence_that_can_stand_in_another(benchmark_: Benchmark) -> None:
    assert benchmark_.operation
    assert benchmark_.operation.strip() == benchmark_.operation
    assert not benchmark_.operation.endswith((".", ",", ":", ";"))
    assert ". " not in benchmark_.operation


@every_benchmark
def test_the_floor_exists_and_stands_at_the_same_point(benchmark_: Benchmark) -> None:
    if benchmark_.floor is None:
        return
    floor = by_name()[benchmark_.floor]

    assert floor is not benchmark_
    assert {axis.name for axis in floor.axes} <= {axis.name for axis in benchmark_.axes}


@every_benchmark
def test_what_is_compared_is_swept_along_the_same_axes(benchmark_: Benchmark) -> None:
    if benchmark_.group is None:
        return
    others = [
        each
        for each in benchmarks()
        if (each.family, each.group) == (benchmark_.family, benchmark_.group)
    ]

    assert len(others) > 1
    assert {tuple(axis.name for axis in each.axes) for each in others} == {
        tuple(axis.name for axis in benchmark_.axes)
    }


@every_axis
def test_an_axis_has_a_meaning_and_its_quick_points_are_among_its_points(axis: Axis) -> None:
    points = parse_points(axis.points, axis.name, axis.labels)
    quick = parse_points(axis.quick, axis.name, axis.labels)

    assert axis.meaning
    assert quick
    assert set(quick) <= set(points)
    assert sorted(set(points)) == list(points)


@every_benchmark
def test_it_can_be_proved(benchmark_: Benchmark) -> None:
    assert benchmark_.native.verify != ffi.NULL


@every_benchmark
def test_it_is_timed_or_times_itself(benchmark_: Benchmark) -> None:
    assert bool(benchmark_.native.run) != bool(benchmark_.native.measure)


@every_benchmark
def test_what_comes_in_batches_is_prepared_before_each(benchmark_: Benchmark) -> None:
    assert bool(benchmark_.native.batch) == bool(benchmark_.native.prepare)


@every_benchmark
def test_what_is_counted_has_a_name(benchmark_: Benchmark) -> None:
    assert bool(benchmark_.native.count) == bool(benchmark_.native.counted)


def test_going_round_one_domain_more_than_there_are_keys_evicts_one_each_time() -> None:
    keys = lib.pk_machine_probe().keys or lib.PK_KEYS_MAX - 1
    found = [
        parse_case(f"domains/lru/domains:{domains}/pages:1/pattern:round-robin").counts
        for domains in (keys, keys + 1)
    ]

    assert [{"evictions": 0}, {"evictions": 1}] == found


@every_benchmark
def test_what_is_set_up_is_torn_down(benchmark_: Benchmark) -> None:
    assert bool(benchmark_.native.setup) == bool(benchmark_.native.teardown)


def test_the_headline_holds_every_family() -> None:
    assert {each.family for each in benchmarks()} == {
        each.family for each in benchmarks() if each.headline
    }
