"""Read points of an axis as users write them."""

import re

LARGEST = 2**40


class PointError(ValueError):
    """A point is not valid; the message says which and gives valid ones."""


def parse_points(text: str, axis: str, labels: tuple[str, ...] = (), cpus: int = 1) -> list[int]:
    """Return the points of a list such as `1,2,31-35`, `cpus` or `sleeping,spinning`.

    `cpus` in the text stands for 1, 2, 4 and so on, up to the number of allowed CPUs. A label's
    point is its index. Raise PointError for a point that is not valid.
    """
    points: list[int] = []
    for item in text.split(","):
        for point in _parse_item(item.strip(), axis, labels, cpus):
            if point not in points:
                points.append(point)
    return points


def _parse_item(item: str, axis: str, labels: tuple[str, ...], cpus: int) -> list[int]:
    if labels:
        if item not in labels:
            raise PointError(f"axis {axis} has no point {item!r}: it has {', '.join(labels)}")
        return [labels.index(item)]
    if item == "cpus":
        return powers_up_to(cpus)
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", item, re.ASCII)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= first <= last <= LARGEST:
        raise PointError(
            f"{item!r} is not a valid point of axis {axis}: "
            "give whole numbers from 1, as in 1,7,100-120"
        )
    if last - first >= 10_000:
        raise PointError(f"{item!r} on axis {axis} is more than 10,000 points")
    return list(range(first, last + 1))


def powers_up_to(limit: int) -> list[int]:
    """Return the powers of two below the limit, and the limit itself."""
    powers = [2**i for i in range(limit.bit_length()) if 2**i <= limit]
    return powers if powers[-1] == limit else [*powers, limit]
