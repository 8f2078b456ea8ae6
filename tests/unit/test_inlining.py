"""A function that a compiler inlined has neither come nor gone: its instructions moved."""

import pytest

from pkbench.analysis.flame import folded, functions
from pkbench.analysis.flame.caption import Caption
from pkbench.analysis.flame.functions import Profile
from pkbench.analysis.flame.inlining import PER_CALL, inlined_differently

CAPTION = Caption("made", "Linux 1 → Linux 2.", "instructions")


def profile(*lines: str, calls: int = 1) -> Profile:
    """Make a profile of lines `outer;inner count`, each function called so often in each stack."""
    stacks = folded.parse("made", "\n".join(lines))
    return Profile(stacks, dict.fromkeys(stacks, calls))


def groups(before: Profile, after: Profile) -> list[set[str]]:
    found = inlined_differently(before.stacks, after.stacks, before.calls, after.calls)
    return [set(group) for group in found]


def rows(before: Profile, after: Profile) -> list[list[str]]:
    return [list(row) for row in functions.changes(before, after, CAPTION).rows]


def test_an_inlined_function_and_its_caller_are_one_row() -> None:
    row = ["walk + find", "140", "140", "±0", "inlined differently"]
    assert [row] == rows(profile("walk 40", "walk;find 100"), profile("walk 140"))


def test_a_function_that_is_no_longer_inlined_is_one_row_too() -> None:
    row = ["walk + find", "140", "148", "+8", "inlined differently"]
    assert [row] == rows(profile("walk 140"), profile("walk 44", "walk;find 104"))


def test_a_function_that_is_no_longer_called_went() -> None:
    assert [["find", "100", "0", "−100", "went"], ["walk", "40", "38", "−2", "shrank"]] == rows(
        profile("walk 40", "walk;find 100"), profile("walk 38")
    )


def test_a_function_replaced_by_another_went_and_the_other_came() -> None:
    before, after = profile("walk 40", "walk;find 100"), profile("walk 40", "walk;search 100")
    assert {"went", "came"} == {row[-1] for row in rows(before, after)}


@pytest.mark.parametrize(("beyond", "moved"), [(0, True), (1, False), (-1, False)])
def test_the_sum_may_change_by_what_calls_cost_and_no_more(beyond: int, moved: bool) -> None:
    cost = 3 * PER_CALL * (beyond or 1)
    before = profile("walk 400", "walk;find 600", calls=3)
    assert moved == bool(groups(before, profile(f"walk {1000 + cost + beyond}")))


def test_a_small_function_that_is_gone_is_not_inlined_by_a_caller_that_hardly_grew() -> None:
    before = profile("walk 40", "walk;find 9")
    assert [] == groups(before, profile("walk 44"))
    assert [{"walk", "find"}] == groups(before, profile("walk 45"))


def test_a_function_inlined_into_an_inlined_one_is_in_the_row_of_both() -> None:
    before = profile("walk 40", "walk;find 60", "walk;find;step 100")
    assert [{"walk", "find", "step"}] == groups(before, profile("walk 200"))


def test_a_function_is_inlined_into_each_of_its_callers() -> None:
    before = profile("walk 40", "walk;find 50", "scan 30", "scan;find 50")
    assert [{"walk", "scan", "find"}] == groups(before, profile("walk 90", "scan 80"))


def test_a_caller_may_inline_several_functions() -> None:
    before = profile("walk 40", "walk;find 300", "walk;step 100")
    assert [{"walk", "find", "step"}] == groups(before, profile("walk 440"))


def test_a_function_that_went_and_another_that_came_were_not_inlined() -> None:
    before, after = profile("walk 40", "walk;find 300"), profile("walk 240", "walk;step 100")
    assert [] == groups(before, after)


def test_callers_that_gave_away_more_than_a_function_has_did_not_take_it_in() -> None:
    assert [] == groups(profile("walk 40", "walk;find 100"), profile("walk 191"))


def test_two_callers_that_were_rewritten_are_not_one_row_of_everything() -> None:
    before = profile("walk 100", "walk;find 100", "scan 100", "scan;find 50", "scan;trim 300")
    after = profile("walk 300", "walk;search 50", "scan 60", "scan;search 400")
    assert [] == groups(before, after)


def test_what_else_changed_keeps_its_own_row() -> None:
    before = profile("walk 40", "walk;find 100", "flush 300", "split 20", "split;trim 70")
    assert [
        ["flush", "300", "500", "+200", "grew"],
        ["trim", "70", "0", "−70", "went"],
        ["walk + find", "140", "140", "±0", "inlined differently"],
    ] == rows(before, profile("walk 140", "flush 500", "split 20"))


def test_a_function_that_really_went_hides_no_other_that_the_same_caller_inlined() -> None:
    before = profile("walk 40", "walk;find 100", "walk;check 500")
    assert [
        ["check", "500", "0", "−500", "went"],
        ["walk + find", "140", "140", "±0", "inlined differently"],
    ] == rows(before, profile("walk 140"))


def test_grouped_functions_are_not_counted_as_unchanged() -> None:
    before, after = profile("walk 40", "walk;find 100", "flush 3"), profile("walk 140", "flush 3")
    assert functions.changes(before, after, CAPTION).note.endswith(" 1 functions are unchanged.")
