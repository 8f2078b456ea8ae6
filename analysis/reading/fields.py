"""Fields of a result file, each checked for its type and range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from . import bounded_json
from .bounded_json import ResultError

# A measured number is 0 or well within these bounds, so products and quotients stay finite.
LEAST, MOST = 1e-30, 2.0**63
NUMBERS = {int, float}


def text_of(value: object) -> str:
    """Return a scalar of the file as clean text; "" for null and for anything else."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return bounded_json.clean(str(value)) if isinstance(value, (str, int, float)) else ""


def text(holder: Mapping[str, Any], key: str) -> str:
    """Return a field as clean text; "" where it is missing or not a scalar."""
    return text_of(holder.get(key))


def number_of(value: object) -> float | None:
    """Return a number within bounds; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Compared as they are: an integer may be too large for a float.
    return float(value) if LEAST < abs(value) < MOST or value == 0 else None


def are_numbers(values: Sequence[object]) -> bool:
    """Return whether all of these are numbers within bounds."""
    if not NUMBERS.issuperset(map(type, values)):
        return False
    # Checking the extremes is faster than checking each number.
    sizes = [abs(number) for number in cast("Sequence[float]", values) if number]
    return not sizes or (LEAST < min(sizes) and max(sizes) < MOST)


def structure(name: str, holder: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return the JSON document in a text field; raise ResultError if it is not of that kind."""
    found = holder.get(key)
    if not isinstance(found, str):
        raise ResultError(f"{name}: {key} is missing or not text.")
    value = bounded_json.bounded(f"{name}: {key}", bounded_json.parse(f"{name}: {key}", found))
    if not isinstance(value, kind):
        raise ResultError(f"{name}: {key} is not a JSON {'object' if kind is dict else 'list'}.")
    return value


def objects(name: str, holder: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of the JSON list in a text field; raise ResultError if it is not one."""
    for entry in structure(name, holder, key, list):
        if not isinstance(entry, dict):
            raise ResultError(f"{name}: {key} is not a list of objects.")
        yield entry


def mapping(name: str, holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return an object of the file; an empty one where it is missing."""
    value = holder.get(key, {})
    if not isinstance(value, dict):
        raise ResultError(f"{name} is not a pyperf file: {key} of a benchmark is not an object.")
    return value


def choice(name: str, holder: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    """Return a text that must be one of `allowed`."""
    value = holder.get(key)
    if isinstance(value, str) and value in allowed:
        return value
    raise ResultError(f"{name}: {key} is not one of {', '.join(allowed)}.")


def integer(name: str, holder: Mapping[str, Any], key: str) -> int:
    """Return a whole number that a column of 64-bit integers can hold."""
    value = holder.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise ResultError(f"{name}: {key} is not a whole number of 64 bits.")


def optional_integer(name: str, holder: Mapping[str, Any], key: str) -> int | None:
    """Return a whole number; None where it is missing."""
    return None if holder.get(key) is None else integer(name, holder, key)


def at_least_one(name: str, holder: Mapping[str, Any], key: str) -> int:
    """Return a whole number above zero; 1 where it is missing."""
    number = optional_integer(name, holder, key)
    if number is not None and number < 1:
        raise ResultError(f"{name}: {key} is less than one.")
    return 1 if number is None else number


def optional_seconds(name: str, holder: Mapping[str, Any], key: str) -> float | None:
    """Return a time in seconds, 0 or more; None where it is missing."""
    if holder.get(key) is None:
        return None
    number = number_of(holder[key])
    if number is None or number < 0:
        raise ResultError(f"{name}: {key} is not a time.")
    return number


def flag(name: str, holder: Mapping[str, Any], key: str) -> bool:
    """Return a truth value; False where it is missing."""
    value = holder.get(key, False)
    if not isinstance(value, bool):
        raise ResultError(f"{name}: {key} is neither true nor false.")
    return value
