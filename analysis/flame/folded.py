"""Folded stacks: the functions from the outermost in, and how much was counted in the last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from ..reading.bounded_json import ResultError, clean

Stack: TypeAlias = tuple[str, ...]
Stacks: TypeAlias = Mapping[Stack, int]

# What a name ends with, as stack collapsers mark it, where its function is the kernel's.
KERNEL = "_[k]"
BETWEEN = ";"
LARGEST_FILE = 16 * 2**20
MOST_STACKS = 50_000
DEEPEST = 512
LONGEST_NAME = 300


def text(stacks: Stacks) -> str:
    """Return stacks as text, `outer;inner count` a line, in alphabetical order."""
    lines = (f"{BETWEEN.join(map(_plain, stack))} {stacks[stack]}" for stack in sorted(stacks))
    return "".join(f"{line}\n" for line in lines)


def parse(name: str, content: str) -> dict[Stack, int]:
    """Read such text, whoever wrote it; what is wrong becomes one sentence about `name`.

    Lines of the same stack are added up.
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
    """Read a file of folded stacks."""
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
    """Return what was counted in all stacks."""
    return sum(stacks.values())


def _line(name: str, number: int, line: str) -> tuple[Stack, int]:
    frames, _, count = line.rstrip().rpartition(" ")
    stack = tuple(clean(frame, LONGEST_NAME) for frame in frames.split(BETWEEN))
    # int() would take signs, underscores and other scripts' digits.
    if not (count.isascii() and count.isdigit() and len(count) < 19 and all(stack)):
        raise ResultError(f"{name}, line {number}, is not `outer;inner count`.")
    if len(stack) > DEEPEST:
        raise ResultError(f"{name}, line {number}, is deeper than {DEEPEST} functions.")
    return stack, int(count)


def _plain(frame: str) -> str:
    """Return a name that the text can hold."""
    return clean(frame, LONGEST_NAME).replace(BETWEEN, ":") or "?"
