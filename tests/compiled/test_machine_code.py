"""The timed loops, as compilers make them: exactly the operation that the case's name says."""

import functools
import re
import subprocess
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import needs
import pytest
from native_programs import FAMILIES, compile_objects
from places import NATIVE, TESTS

# What a turn of the loop counts with: addition or subtraction, perhaps a comparison, the jump.
COUNTING_INSTRUCTIONS = 3
# The constant, 1 or -1, that the loop's counter is told from other additions by.
ONE = re.compile(r"\$0x(1|f{16}),")

FAMILIES_FOLDER = NATIVE / "families"
# By file and function, from loops/FAMILY.toml: how often a turn of the loop holds the instructions
# that count, of which a call is one, and whether it is bare, so that nothing else happens in it,
# not even a move; or a text that says why there is no loop.
LOOPS: dict[Path, dict[str, dict[str, Any] | str]] = {
    FAMILIES_FOLDER / path.stem / f"{file}.c": functions
    for path in sorted((TESTS / "loops").glob("*.toml"))
    for file, functions in tomllib.loads(path.read_text()).items()
}
# Not `nop`: gcc fills up to an inner loop with one; the loops that time it name it themselves.
COUNTED = {"lfence", "rdpkru", "wrpkru", "xgetbv", "wrfsbase", "syscall", "call"}

Disassembly = dict[str, list[tuple[int, str, str]]]


@pytest.fixture(scope="session", params=["gcc", "clang"])
def code(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Path], Disassembly]:
    """Give a file's functions, as one compiler makes them."""
    needs.program("objdump")
    compiler = needs.program(request.param)
    objects = compile_objects(compiler, FAMILIES, tmp_path_factory.mktemp(f"code-{request.param}"))
    return functools.cache(lambda file: dict(disassemble(objects[file])))


def disassemble(path: Path) -> Iterator[tuple[str, list[tuple[int, str, str]]]]:
    """Give each function's instructions: address, mnemonic, operands."""
    done = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    for part in re.split(r"\n\n(?=[0-9a-f]+ <)", done.stdout):
        if not (head := re.match(r"[0-9a-f]+ <(.+)>:\n", part)):
            continue
        lines = re.findall(r"^ *([0-9a-f]+):\t(\S+)(?: +(.*))?$", part, re.MULTILINE)
        yield head[1], [(int(address, 16), name, rest) for address, name, rest in lines]


def loop(function: list[tuple[int, str, str]]) -> Counter[str]:
    """Count the instructions from where the longest backward jump goes to the jump itself."""
    spans = []
    for address, name, operands in function:
        target = (
            int(operands.split()[0], 16) if name.startswith("j") and operands[0] != "*" else address
        )
        spans.append((address - target, target, address))
    length, start, end = max(spans)
    assert length > 0, "there is no loop"
    return Counter(
        "counter" if name in {"add", "sub"} and ONE.match(operands) else name
        for address, name, operands in function
        if start <= address <= end
    )


def loops(bare: bool) -> list[Any]:
    """Return file, function and counts of each timed loop, or of the bare ones."""
    return [
        pytest.param(file, function, counts, id=f"{file.parent.name}-{file.stem}-{function}")
        for file, functions in LOOPS.items()
        for function, counts in functions.items()
        if isinstance(counts, dict) and (counts.get("bare") or not bare)
    ]


def expected(counts: dict[str, Any]) -> dict[str, int]:
    """Return the instructions that a loop must hold."""
    return {name: count for name, count in counts.items() if name != "bare"}


@pytest.mark.parametrize(("file", "function", "counts"), loops(bare=False))
def test_the_loop_holds_the_operation_and_no_other_call(
    file: Path, function: str, counts: dict[str, Any], code: Callable[[Path], Disassembly]
) -> None:
    held = loop(code(file)[function])
    looked_at = COUNTED | counts.keys()

    assert expected(counts) == {name: held[name] for name in held if name in looked_at}


@pytest.mark.parametrize(("file", "function", "counts"), loops(bare=True))
def test_nothing_but_the_counter_is_beside_the_instruction(
    file: Path, function: str, counts: dict[str, Any], code: Callable[[Path], Disassembly]
) -> None:
    held = loop(code(file)[function])

    assert held.total() - sum(expected(counts).values()) <= COUNTING_INSTRUCTIONS


def test_every_timed_function_is_looked_at(code: Callable[[Path], Disassembly]) -> None:
    found = {
        path: {name for name in code(path) if re.fullmatch(r"run(_\w+)?", name)}
        for path in FAMILIES
    }

    assert {path: set(functions) for path, functions in LOOPS.items()} == {
        path: names for path, names in found.items() if names
    }
