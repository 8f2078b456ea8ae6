"""A command line's words select cases, or are refused with the word named."""

import pytest

from pkbench.cases.catalogue import benchmarks
from pkbench.cases.selection import SelectionError, select


def names(*patterns: str, points: tuple[str, ...] = (), preset: str = "quick") -> list[str]:
    return [case.name for case in select(patterns, points, preset)]


def test_without_a_pattern_quick_has_the_headline_benchmarks_and_their_floors() -> None:
    chosen = {case.benchmark for case in select((), (), "quick")}
    headline = {benchmark for benchmark in benchmarks() if benchmark.headline}
    floors = {case.benchmark for case in select((), (), "quick") if not case.benchmark.headline}
    assert headline <= chosen
    assert floors <= {
        case.floor.benchmark for case in select((), (), "quick") if case.floor is not None
    }


def test_without_a_pattern_other_profiles_have_every_benchmark() -> None:
    assert set(benchmarks()) == {case.benchmark for case in select((), (), "standard")}


def test_a_pattern_may_be_a_family_a_benchmark_or_have_stars() -> None:
    family = names("syscall")
    assert set(names("syscall/getppid")) < set(family)
    assert set(family) == set(names("syscall/*"))


def test_quick_has_fewer_points() -> None:
    assert set(names("protect/mprotect-rw-ro")) < set(
        names("protect/mprotect-rw-ro", preset="standard")
    )


def test_points_replace_those_of_the_profile() -> None:
    chosen = names("protect/mprotect-rw-ro", points=("pages=7,100-101",))
    assert [f"protect/mprotect-rw-ro/pages:{pages}" for pages in (7, 100, 101)] == [
        name for name in chosen if "rw-ro" in name
    ]


def test_a_case_may_be_named_at_a_point_that_no_profile_has() -> None:
    assert "protect/mprotect-rw-ro/pages:777" in names("protect/mprotect-rw-ro/pages:777")


def test_floors_come_along_and_theirs_too() -> None:
    assert names("protect/mprotect-rw-ro/pages:1") == [
        "instruction/empty-loop",
        "protect/mprotect-rw-ro/pages:1",
        "syscall/mprotect-length-0",
    ]


def test_a_case_asked_for_twice_is_there_once() -> None:
    assert names("syscall/getppid", "syscall/*") == names("syscall/*")


@pytest.mark.parametrize(
    ("patterns", "points", "named"),
    [
        (("nothing",), (), "'nothing'"),
        (("syscall/getpid",), (), "did you mean syscall/getppid"),
        (("protect/mprotect-rw-ro/pages:0",), (), "axis pages"),
        (("protect/mprotect-rw-ro/threads:1",), (), "each axis"),
        (("protect/mprotect-rw-ro/pages:1-3",), (), "more than one case"),
        ((), ("pages",), "axis=points"),
        ((), ("pages=",), "axis=points"),
        ((), ("page=1",), "did you mean pages"),
        ((), ("pages=x",), "axis pages"),
        (("syscall/getppid",), ("pages=1",), "'pages'"),
        (("",), (), "''"),
        (("../../etc/passwd",), (), "passwd"),
    ],
)
def test_what_fits_nothing_is_refused_with_the_word_named(
    patterns: tuple[str, ...], points: tuple[str, ...], named: str
) -> None:
    with pytest.raises(SelectionError) as refused:
        select(patterns, points, "quick")
    assert named in str(refused.value)
    assert "\n" not in str(refused.value)
