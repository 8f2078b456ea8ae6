"""The native sources, compiled by any compiler into the programs under tests/native."""

import os
import re
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from places import NATIVE, TESTS

from pkbench.cases.catalogue import Case

PROGRAMS = TESTS / "native"
BASE = ("", "cpu", "memory", "parallel", "timing")
CORE = tuple(path for folder in BASE for path in sorted((NATIVE / folder).glob("*.c")))
FAMILIES = tuple(sorted((NATIVE / "families").glob("*/*.c")))
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


def object_name(source: Path) -> str:
    """Return what tells a source's object file from those of other folders."""
    return f"{source.parent.name}-{source.stem}"


def compile_objects(
    compiler: str, sources: Iterable[Path], folder: Path, *more_flags: str
) -> dict[Path, Path]:
    """Compile each source strictly, as many at once as there are CPUs; return their objects."""
    objects = {source: folder / f"{object_name(source)}.o" for source in sources}
    flags = (*FLAGS, *STRICT, f"-I{NATIVE}", *more_flags)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done in [
            pool.submit(_run, [compiler, *flags, "-c", str(source), "-o", str(made)])
            for source, made in objects.items()
        ]:
            done.result()
    return objects


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True)


def link(compiler: str, inputs: Iterable[Path], program: Path, *flags: str) -> Path:
    """Compile what is source and link it all."""
    inputs = list(inputs)
    sources = [path for path in inputs if path.suffix == ".c"]
    objects = compile_objects(compiler, sources, program.parent, *flags)
    linked = [str(objects.get(path, path)) for path in inputs]
    _run([compiler, *FLAGS, *flags, *linked, "-o", str(program)])
    return program


def runner_sources() -> list[Path]:
    """Return what the runner is made of besides native/."""
    return [PROGRAMS / name for name in ("runner.c", "held.c", "walk.c", "tap.c")]


def case_list(cases: Iterable[Case]) -> str:
    """Return cases as the runner reads them, a line each."""
    lines = []
    for case in cases:
        points = [*case.point, 0, 0, 0][:3]
        lines.append(f"{case.benchmark.full_name} {' '.join(map(str, points))} {case.name}\n")
    return "".join(lines)


def wrong_cases_sources() -> list[Path]:
    """Return what the wrong cases are made of: they include the families' sources themselves."""
    helpers = [PROGRAMS / name for name in ("inject.c", "walk.c", "tap.c")]
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
        [str(word) for word in command], capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.stderr == ""
    return answers(done.stdout.splitlines())
