"""Shares and times, as a user writes and reads them."""

import pytest

from pkbench.quantities import QuantityError, roughly, seconds, share


@pytest.mark.parametrize(("text", "expected"), [("1%", 0.01), ("0.5 %", 0.005), (".1%", 0.001)])
def test_a_share_is_written_in_per_cent(text: str, expected: float) -> None:
    assert expected == pytest.approx(share(text))


@pytest.mark.parametrize("text", ["1", "0%", "100%", "-1%", "many %", "1%%"])
def test_what_is_no_share_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(QuantityError, match="write it as 1%"):
        share(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("1.5m", 90), ("2 h", 7200)]
)
def test_a_time_is_written_with_its_unit_or_in_seconds(text: str, expected: float) -> None:
    assert expected == seconds(text)


@pytest.mark.parametrize("text", ["", "m", "-1s", "1d", "soon"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(QuantityError, match="write it as 90s, 10m or 2h"):
        seconds(text)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (0.4, "0 seconds"),
        (1.2, "1 second"),
        (59, "59 seconds"),
        (61, "1 minute"),
        (89.9, "1 minute"),
        (91, "2 minutes"),
        (900, "15 minutes"),
        (7199, "120 minutes"),
        (21600, "6 hours"),
    ],
)
def test_an_estimate_is_read_as_people_say_it(time: float, expected: str) -> None:
    assert expected == roughly(time)
