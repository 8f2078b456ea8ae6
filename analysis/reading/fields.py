"""Fields of a result file, each checked for what it must be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from . import bounded_json
from .bounded_json import ResultError

# What is measured is nothing or lies far between these: products and quotients stay finite.
LEAST, MOST = 1e-30, 2.0**63
NUMBERS = {int, float}


def text_of(value: object) -> str:
    """Return a scalar of the file as clean text; anything else, and null, as nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return bounded_json.clean(str(value)) if isinstance(value, (str, int, float)) else ""


def text(holder: Mapping[str, Any], key: str) -> str:
    """Return a field as clean text."""
    return text_of(holder.get(key))


def number_of(value: object) -> float | None:
    """Return a number that can be reckoned with; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Compared as they are: an integer may be too large for a float.
    return float(value) if LEAST < abs(value) < MOST or value == 0 else None


def are_numbers(values: Sequence[object]) -> bool:
    """Tell whether all of these are numbers that can be reckoned with."""
    if not NUMBERS.issuperset(map(type, values)):
        return False
    # The least and the largest of what isn't zero tell it of all.
    sizes = [abs(number) for number in cast("Sequence[float]", values) if number]
    return not sizes or (LEAST < min(sizes) and max(sizes) < MOST)


def structure(name: str, holder: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return the JSON document that a text of the file holds."""
    found = holder.get(key)
    if not isinstance(found, str):
        raise ResultError(f"{name}: {key} is missing or no text.")
    value = bounded_json.bounded(f"{name}: {key}", bounded_json.parse(f"{name}: {key}", found))
    if not isinstance(value, kind):
        raise ResultError(f"{name}: {key} is no JSON {'object' if kind is dict else 'list'}.")
    return value


def objects(name: str, holder: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Give the objects of the list that a text of the file holds."""
    for entry in structure(name, holder, key, list):
        if not isinstance(entry, dict):
            raise ResultError(f"{name}: {key} is no list of objects.")
        yield entry


def mapping(name: str, holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object of the file; an empty one where there is none."""
    value = holder.get(key, {})
    if not isinstance(value, dict):
        raise ResultError(f"{name} is not a pyperf file: {key} of a benchmark is no object.")
    return value


def choice(name: str, holder: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """Return a text that is one of a few."""
    value = holder.get(key)
    if isinstance(value, str) and value in allowed:
        return value
    raise ResultError(f"{name}: {key} is none of {', '.join(allowed)}.")


def integer(name: str, holder: Mapping[str, Any], key: str) -> int:
    """Return a whole number that a column of 64-bit integers can hold."""
    value = holder.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise ResultError(f"{name}: {key} is no whole number of a sensible size.")


def optional_integer(name: str, holder: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number, None where there is none."""
    return None if holder.get(key) is None else integer(name, holder, key)


def at_least_one(name: str, holder: Mapping[str, Any], key: str) -> int:
    """Return a whole number above zero, one where there is none."""
    number = optional_integer(name, holder, key)
    if number is not None and number < 1:
        raise ResultError(f"{name}: {key} is less than one.")
    return 1 if number is None else number


def optional_seconds(name: str, holder: Mapping[str, Any], key: str) -> float | None:
    """Return a time, None where there is none."""
    if holder.get(key) is None:
        return None
    number = number_of(holder[key])
    if number is None or number < 0:
        raise ResultError(f"{name}: {key} is no time.")
    return number


def flag(name: str, holder: Mapping[str, Any], key: str) -> bool:
    """Return a truth value, false where there is none."""
    value = holder.get(key, False)
    if not isinstance(value, bool):
        raise ResultError(f"{name}: {key} is neither true nor false.")
    return value
