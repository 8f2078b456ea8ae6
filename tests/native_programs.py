"""The native sources, compiled by any compiler into the programs under tests/native."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "native"
PROGRAMS = ROOT / "tests" / "native"
CORE = tuple(sorted(NATIVE.glob("*.c")))
FAMILIES = tuple(sorted((NATIVE / "families").glob("*.c")))
GUEST = tuple(sorted((NATIVE / "guest").glob("*.c")))

# As native/CMakeLists.txt has it, and strict.
FLAGS = (
    *("-std=gnu11", "-O2", "-fPIC", "-fvisibility=hidden", "-pthread"),
    *("-falign-functions=64", "-falign-loops=64"),
)
STRICT = ("-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Answer:
    """One line of the Test Anything Protocol."""

    name: str
    ok: bool
    skipped: str  # the reason; "" where it wasn't
    why: str  # it isn't ok; "" where it is


def compile_objects(compiler: str, sources: Iterable[Path], folder: Path) -> dict[str, Path]:
    """Compile each source strictly, and return the object files by the sources' names."""
    command = [compiler, *FLAGS, *STRICT, f"-I{NATIVE}", "-c", *map(str, sources)]
    subprocess.run(command, cwd=folder, check=True)
    return {path.stem: path for path in folder.glob("*.o")}


def link(compiler: str, inputs: Iterable[Path], program: Path, *flags: str) -> Path:
    """Compile what is source and link it all."""
    command = [compiler, *FLAGS, *STRICT, f"-I{NATIVE}", *flags, *map(str, inputs)]
    subprocess.run([*command, "-o", str(program)], check=True)
    return program


def runner_sources() -> list[Path]:
    """Return what the runner is made of besides native/."""
    return [PROGRAMS / name for name in ("runner.c", "walk.c", "tap.c")]


def wrong_cases_sources() -> list[Path]:
    """Return what the wrong cases are made of: they include the families' sources themselves."""
    helpers = [PROGRAMS / name for name in ("spoil.c", "walk.c", "tap.c")]
    return [*CORE, *sorted(PROGRAMS.glob("wrong_*.c")), *helpers]


def answers(lines: Iterable[str]) -> list[Answer]:
    """Read a program's answers; they are complete, or this fails."""
    read, planned = [], None
    for line in lines:
        if plan := re.fullmatch(r"1\.\.(\d+)", line):
            planned = int(plan[1])
        elif found := re.fullmatch(r"(not )?ok \d+ - (.*?)(?: # (SKIP )?(.*))?", line):
            failed, name, skip, text = found.groups()
            read.append(Answer(name, not failed, text if skip else "", text if failed else ""))
        else:
            raise AssertionError(f"not an answer: {line}")
    assert planned == len(read), f"{len(read)} answers instead of {planned}"
    return read


def ask(command: Iterable[str | Path]) -> list[Answer]:
    """Run a program that says nothing but its answers."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stderr == ""
    return answers(done.stdout.splitlines())
