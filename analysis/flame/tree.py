"""Build the call tree of one or more profiles, and lay it out as boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..reading.bounded_json import clean
from .folded import DEEPEST, LONGEST_NAME, Stacks

MOST_BOXES = 4000


@dataclass
class Node:
    """A function as called from one place, in each profile."""

    name: str
    own: list[int]  # the counts in the function itself, one for each profile
    inner: dict[str, Node] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)  # likewise, with all functions that it called
    width: int = 0


@dataclass(frozen=True)
class Box:
    """A frame of the graph; `start` and `width` are in the unit of the counts."""

    name: str
    depth: int
    start: int
    width: int
    own: tuple[int, ...]
    whole: tuple[int, ...]
    merged: int = 0  # the number of frames it stands for, each too narrow to be drawn; else 0


def grow(profiles: Sequence[Stacks], root: str) -> Node:
    """Return the call tree of all profiles together.

    A function itself is as wide as the largest of its counts, so that functions of one profile
    only can be seen as well.
    """
    tree = Node(root, [0] * len(profiles))
    for place, stacks in enumerate(profiles):
        for stack, count in stacks.items():
            node = tree
            for frame in stack[:DEEPEST]:
                name = clean(frame, LONGEST_NAME)
                node = node.inner.setdefault(name, Node(name, [0] * len(profiles)))
            node.own[place] += count
    _add_up(tree)
    return tree


def boxes(tree: Node, most: int = MOST_BOXES) -> list[Box]:
    """Return the boxes of a tree, callers before their callees, in alphabetical order.

    The narrowest neighbours are merged until there are at most `most` boxes.
    """
    narrowest = 1
    while True:
        laid = list(_lay(tree, 0, 0, narrowest))
        if len(laid) <= most:
            return laid
        narrowest = max(narrowest * 2, tree.width // 4000)


def _add_up(tree: Node) -> None:
    """Sum counts and widths from the innermost functions outwards."""
    order = [tree]
    for node in order:
        order.extend(node.inner.values())
    for node in reversed(order):
        called = node.inner.values()
        node.whole = [
            own + sum(each.whole[place] for each in called) for place, own in enumerate(node.own)
        ]
        node.width = max(node.own) + sum(each.width for each in called)


def _lay(tree: Node, start: int, depth: int, narrowest: int) -> Iterator[Box]:
    waiting = [(tree, start, depth)]
    while waiting:
        node, start, depth = waiting.pop()
        yield _box(node, start, depth)
        called = [node.inner[name] for name in sorted(node.inner)]
        narrow = [each for each in called if 0 < each.width < narrowest]
        placed = []
        for each in called:
            if each.width >= narrowest:
                placed.append((each, start, depth + 1))
                start += each.width
        if narrow:
            yield _merged(narrow, start, depth + 1)
        waiting.extend(reversed(placed))


def _box(node: Node, start: int, depth: int) -> Box:
    return Box(node.name, depth, start, node.width, tuple(node.own), tuple(node.whole))


def _merged(narrow: list[Node], start: int, depth: int) -> Box:
    """Return the one box that stands for neighbours too narrow to be drawn."""
    whole = tuple(map(sum, zip(*(node.whole for node in narrow), strict=True)))
    width = sum(node.width for node in narrow)
    return Box("…", depth, start, width, whole, whole, merged=len(narrow))
