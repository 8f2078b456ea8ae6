"""Disassemble a timed function and mark its loop."""

import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from pkbench.profiler.processes import ProgramError, checked

TIMEOUT = 30.0
MOST_INSTRUCTIONS = 2000
SYMBOL = re.compile(r"([0-9a-f]+) ([0-9a-f]+) [tT] (\S+)")
INSTRUCTION = re.compile(r" *([0-9a-f]+):\t(\S+)(?: +(.*))?")
INSTALL = "install binutils"


class Symbol(NamedTuple):
    """A function of a file."""

    address: int
    size: int
    name: str


class Instruction(NamedTuple):
    """One instruction of a function, and how many samples found it executed."""

    address: int
    text: str
    in_loop: bool
    samples: int


@functools.cache
def symbols(module: str) -> tuple[Symbol, ...]:
    """Return the functions of a file; raise ProgramError where binutils can't list them."""
    text = _binutils("nm", "-S", module)
    return tuple(Symbol(int(m[1], 16), int(m[2], 16), m[3]) for m in SYMBOL.finditer(text))


def annotated(module: str, address: int, samples: Mapping[int, int]) -> list[Instruction]:
    """Return the instructions of the function at an address, with its loop marked.

    `samples` are how many samples found each address executed. Raise ProgramError where the file
    has no such function.
    """
    function = next((each for each in symbols(module) if each.address == address), None)
    if function is None:
        raise ProgramError(
            f"{module} has no function at the address of the timed one: its symbols are wrong"
        )
    place = (f"--start-address={address}", f"--stop-address={address + function.size}")
    text = _binutils("objdump", "-d", "--no-show-raw-insn", *place, module)
    lines = [
        (int(m[1], 16), m[2], m[3] or "")
        for m in map(INSTRUCTION.fullmatch, text.splitlines())
        if m
    ]
    first, last = _loop(lines)
    return [
        Instruction(at, f"{name} {rest}".strip(), first <= at <= last, samples.get(at, 0))
        for at, name, rest in lines[:MOST_INSTRUCTIONS]
    ]


def _loop(lines: list[tuple[int, str, str]]) -> tuple[int, int]:
    """Return the target and the address of the longest backward jump; no address without one."""
    spans = [
        (at - target, target, at)
        for at, name, rest in lines
        if name.startswith("j")
        and re.match(r"[0-9a-f]+( |$)", rest)
        and (target := int(rest.split()[0], 16)) < at
    ]
    _, first, last = max(spans, default=(0, -1, -2))
    return first, last


def _binutils(program: str, *arguments: str) -> str:
    try:
        return checked((program, *arguments), TIMEOUT)
    except ProgramError as error:
        advice = f": {INSTALL}" if "not installed" in str(error) else ""
        raise ProgramError(f"{error}{advice}") from None
