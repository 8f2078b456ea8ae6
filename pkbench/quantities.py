"""Read shares and times as users write them (`1%`, `90s`, `10m`), and print times."""

import math
import re

SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class QuantityError(ValueError):
    """The text is not a valid quantity; the message gives a valid example."""


def share(text: str, least: float = 1e-9) -> float:
    """Return a share of one: 0.01 for `1%`, and for `0.01`.

    Raise QuantityError where it is below `least` or not below 100 %.
    """
    found = re.fullmatch(r"([0-9]*\.?[0-9]+) ?(%?)", text.strip())
    number = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    if not least <= number < 1:
        raise QuantityError(f"{text!r} is not a share between 0 and 100 %: write it as 1%")
    return number


def seconds(text: str) -> float:
    """Return a time such as `90`, `90s`, `1.5m` or `2h` in seconds, or raise QuantityError."""
    found = re.fullmatch(r"([0-9]*\.?[0-9]+) ?([smh]?)", text.strip())
    if not found or not math.isfinite(float(found[1])):
        raise QuantityError(f"{text!r} is not a time: write it as 90s, 10m or 2h")
    return float(found[1]) * SECONDS[found[2]]


def roughly(time: float) -> str:
    """Return a time in seconds as readable text: `40 seconds`, `1 minute`, `6 hours`."""
    number, unit = time, "second"
    if time >= SECONDS["m"]:
        number, unit = time / SECONDS["m"], "minute"
    if time >= 2 * SECONDS["h"]:
        number, unit = time / SECONDS["h"], "hour"
    return f"{number:.0f} {unit}{'' if round(number) == 1 else 's'}"
