"""A combination of cases is written as a formula, and computed as one."""

import pytest

from pkbench.analysis.derive.combination import parse
from pkbench.analysis.interval import Interval


@pytest.mark.parametrize(
    ("text", "factors"),
    [
        ("a/b", {"a/b": 1}),
        ("a/b/pages:1 / 2", {"a/b/pages:1": 0.5}),
        ("(a/x + a/y) / 2", {"a/x": 0.5, "a/y": 0.5}),
        ("a/x + 2 b/y", {"a/x": 1, "b/y": 2}),
        ("(a - 3 b) / 2", {"a": 0.5, "b": -1.5}),
    ],
)
def test_a_formula_is_read(text: str, factors: dict[str, float]) -> None:
    assert factors == parse(text).factors
    assert (factors == {text: 1}) == parse(text).single


@pytest.mark.parametrize(
    "text", ["", "a +", "a + a", "(a + b", "a / 0", "a b", "mean(a, b)", "a * 2"]
)
def test_what_is_no_formula_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no combination of cases"):
        parse(text)


def test_bounds_are_combined_by_interval_arithmetic() -> None:
    costs = {"a": Interval(10, 8, 13, 20), "b": Interval(4, 3, 6, 7)}
    assert Interval(7, 5.5, 9.5, 7) == parse("(a + b) / 2").of(costs)
    assert Interval(2, -4, 7, 7) == parse("a - 2 b").of(costs)


def test_an_exact_cost_has_itself_for_bounds_and_a_cost_without_bounds_none() -> None:
    assert Interval(13, 11, 15) == parse("a + b").of(
        {"a": Interval(3, 3, 3), "b": Interval(10, 8, 12)}
    )
    assert Interval(5) == parse("a + b").of({"a": Interval(3, 3, 3), "b": Interval(2)})


def test_its_cases_can_be_named_otherwise() -> None:
    assert "(A + 2 B) / 3" == parse("(a + 2 b) / 3").renamed(str.upper)
