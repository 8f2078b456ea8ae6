"""The timed loops, as compilers make them: exactly the operation that the case's name says."""

import functools
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import needs
import pytest
from native_programs import FAMILIES, compile_objects

# What a turn of the loop counts with: addition or subtraction, perhaps a comparison, the jump.
COUNTING_INSTRUCTIONS = 3

# By family and function: how often a turn holds the instructions that count. A call is one.
LOOPS: dict[tuple[str, str], dict[str, int]] = {
    ("instruction", "run_empty_loop"): {},
    ("instruction", "run_nop"): {"nop": 100},
    ("instruction", "run_lfence"): {"lfence": 100},
    ("instruction", "run_rdpkru"): {"rdpkru": 100},
    ("instruction", "run_wrpkru_same"): {"wrpkru": 100},
    ("instruction", "run_wrpkru_toggle"): {"wrpkru": 100, "xor": 100},
    ("instruction", "run_toggle_floor"): {"xor": 100},
    ("instruction", "run_set_raw"): {"wrpkru": 20},
    ("instruction", "run_set_inline"): {"rdpkru": 20, "wrpkru": 20},
    ("instruction", "run_set_glibc"): {"call": 20},
    ("syscall", "run_getppid"): {"syscall": 1},
    ("syscall", "run_alloc_free"): {"syscall": 2},
    ("syscall", "run_mprotect_same"): {"syscall": 1},
    ("syscall", "run_pkey_mprotect_same"): {"syscall": 1},
    ("protect", "run_mprotect"): {"syscall": 1},
    ("protect", "run_pkey_mprotect"): {"syscall": 1},
    ("switch", "run_raw"): {"wrpkru": 2},
    ("switch", "run_inline"): {"rdpkru": 2, "wrpkru": 2},
    ("switch", "run_glibc"): {"call": 2},
    ("switch", "run_pkey_mprotect"): {"syscall": 2},
    ("switch", "run_mprotect"): {"syscall": 2},
    ("threads", "run_siblings"): {"syscall": 2},
    ("threads", "run_siblings_keyed"): {"syscall": 2},
    ("threads", "run_own"): {"syscall": 2},
    ("threads", "run_keyed"): {"wrpkru": 2},
    ("application", "run_alloc"): {"syscall": 1},
    ("application", "run_tag"): {"syscall": 1},
    ("application", "run_open"): {"rdpkru": 1, "wrpkru": 1},
    ("application", "run_write"): {},
    ("application", "run_close"): {"rdpkru": 1, "wrpkru": 1},
    ("application", "run_unmap"): {"call": 1},
    ("application", "run_free"): {"syscall": 1},
}
COUNTED = {"nop", "lfence", "rdpkru", "wrpkru", "syscall", "call"}
# In these nothing else happens, not even a move.
BARE = [key for key in LOOPS if key[0] == "instruction" and "set" not in key[1]]

Disassembly = dict[str, list[tuple[int, str, str]]]


@pytest.fixture(scope="session", params=["gcc", "clang"])
def code(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Disassembly]:
    """Give a family's functions, as one compiler makes them."""
    needs.program("objdump")
    compiler = needs.program(request.param)
    objects = compile_objects(compiler, FAMILIES, tmp_path_factory.mktemp(f"code-{request.param}"))
    return functools.cache(lambda family: dict(disassemble(objects[family])))


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
    return Counter(name for address, name, _ in function if start <= address <= end)


@pytest.mark.parametrize(("family", "function"), LOOPS)
def test_the_loop_holds_the_operation_and_no_call(
    family: str, function: str, code: Callable[[str], Disassembly]
) -> None:
    held = loop(code(family)[function])
    expected = LOOPS[family, function]

    assert expected == {
        name: count for name, count in held.items() if name in COUNTED | expected.keys()
    }


@pytest.mark.parametrize(("family", "function"), BARE)
def test_nothing_but_the_counter_is_beside_the_instruction(
    family: str, function: str, code: Callable[[str], Disassembly]
) -> None:
    held = loop(code(family)[function])

    assert held.total() - sum(LOOPS[family, function].values()) <= COUNTING_INSTRUCTIONS


def test_every_timed_function_with_a_loop_is_looked_at(code: Callable[[str], Disassembly]) -> None:
    """Functions that walk the pages of a region, or do nothing, hold no instruction to count."""
    walking = {("protect", "run_loads"), ("protect", "run_stores"), ("application", "run_nothing")}
    dispatching = {("application", "run")}
    found = {
        (path.stem, name)
        for path in FAMILIES
        for name in code(path.stem)
        if re.fullmatch(r"run(_\w+)?", name)
    }

    assert set(LOOPS) == found - walking - dispatching
