"""Read and write folded stacks: functions from the outermost in, and the count of the last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ..reading.bounded_json import ResultError, clean

Stack: TypeAlias = tuple[str, ...]
Stacks: TypeAlias = Mapping[Stack, int]

# The end of a kernel function's name, as stack collapsers mark it.
KERNEL = "_[k]"
BETWEEN = ";"
LARGEST_FILE = 16 * 2**20
MOST_STACKS = 50_000
DEEPEST = 512
LONGEST_NAME = 300


def text(stacks: Stacks) -> str:
    """Return stacks as text, in alphabetical order: a line `outer;inner count` for each."""
    lines = (f"{BETWEEN.join(map(_plain, stack))} {stacks[stack]}" for stack in sorted(stacks))
    return "".join(f"{line}\n" for line in lines)


def parse(name: str, content: str) -> dict[Stack, int]:
    """Return the stacks in a text of folded stacks, from any program; equal stacks are added up.

    Raises ResultError, a sentence about `name`, where the text is not valid or too large.
    """
    stacks: dict[Stack, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        stack, count = _line(name, number, line)
        stacks[stack] = stacks.get(stack, 0) + count
        if len(stacks) > MOST_STACKS:
            raise ResultError(f"{name} has more than {MOST_STACKS:,} stacks.")
    return stacks


def read(path: Path) -> dict[Stack, int]:
    """Return the stacks in a file of folded stacks; see `parse`."""
    name = clean(str(path))
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ResultError(f"{name} can't be read: {clean(str(why))}.") from None
    if len(content) > LARGEST_FILE:
        raise ResultError(f"{name} is larger than {LARGEST_FILE // 2**20} MiB.")
    return parse(name, content.decode("utf-8", errors="replace"))


def total(stacks: Stacks) -> int:
    """Return the sum of the counts of all stacks."""
    return sum(stacks.values())


def _line(name: str, number: int, line: str) -> tuple[Stack, int]:
    frames, _, count = line.rstrip().rpartition(" ")
    stack = tuple(clean(frame, LONGEST_NAME) for frame in frames.split(BETWEEN))
    # int() would accept signs, underscores and the digits of other scripts.
    if not (count.isascii() and count.isdigit() and len(count) < 19 and all(stack)):
        raise ResultError(f"{name}, line {number}, is not `outer;inner count`.")
    if len(stack) > DEEPEST:
        raise ResultError(f"{name}, line {number}, is deeper than {DEEPEST} functions.")
    return stack, int(count)


def _plain(frame: str) -> str:
    """Return a name that a line of folded stacks can hold."""
    return clean(frame, LONGEST_NAME).replace(BETWEEN, ":") or "?"
