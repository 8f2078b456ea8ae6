"""Every case can be selected."""

from pkbench.cases.catalogue import parse_case
from pkbench.cases.selection import select


def test_every_case_can_be_named_and_is_then_the_only_one_beside_its_floors() -> None:
    for case in select((), (), "standard"):
        assert case == parse_case(case.name)
        chosen = select((case.name,), (), "quick")
        assert case in chosen
        others = [other for other in chosen if other != case]
        floors = {case.floor, *(other.floor for other in others)}
        assert set(others) <= floors
