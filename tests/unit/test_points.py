"""Points on an axis are understood as people write them, or refused in one sentence."""

import pytest

from pkbench.cases.points import PointError, parse_points, powers_up_to


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("1", [1]),
        ("1,7,100-102", [1, 7, 100, 101, 102]),
        ("33,31-34", [33, 31, 32, 34]),
        (" 4 , 2 ", [4, 2]),
        ("262144", [262144]),
    ],
)
def test_numbers_and_ranges_are_points_each_once(text: str, points: list[int]) -> None:
    assert points == parse_points(text, "pages")


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1-", "a", "1,,2", "5-4", "1.5", "1e3", "٣", "0x10", "9" * 30]
)
def test_what_is_no_point_is_refused_with_the_axis_named(text: str) -> None:
    with pytest.raises(PointError, match="axis pages"):
        parse_points(text, "pages")


def test_a_range_that_nobody_can_mean_is_refused() -> None:
    with pytest.raises(PointError, match="more than 10,000 points"):
        parse_points("1-1000000000", "pages")


def test_a_label_is_its_place() -> None:
    assert [1, 0] == parse_points("spinning,sleeping", "siblings", ("sleeping", "spinning"))


def test_an_unknown_label_is_refused_with_those_that_exist() -> None:
    with pytest.raises(PointError, match="sleeping, spinning"):
        parse_points("running", "siblings", ("sleeping", "spinning"))


@pytest.mark.parametrize(
    ("cpus", "points"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (64, [1, 2, 4, 8, 16, 32, 64])]
)
def test_cpus_are_powers_of_two_and_their_number(cpus: int, points: list[int]) -> None:
    assert points == parse_points("cpus", "threads", cpus=cpus)
    assert points == powers_up_to(cpus)
