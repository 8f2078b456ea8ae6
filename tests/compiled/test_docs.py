"""The benchmark that docs/adding-a-benchmark.md shows compiles."""

import subprocess
from pathlib import Path

import docs_read
import needs
from docs_read import DOCS
from places import NATIVE, TESTS

from pkbench.cases.catalogue import by_name


def test_the_benchmark_that_is_shown_compiles_without_a_warning(tmp_path: Path) -> None:
    compiler = needs.compiler("gcc")
    benchmark, wrong = (
        block.text
        for block in docs_read.blocks(DOCS / "adding-a-benchmark.md")
        if block.language == "c"
    )
    folder = tmp_path / "families" / "syscall"
    folder.mkdir(parents=True)
    (folder / "getuid.c").write_text(benchmark)
    (tmp_path / "wrong.c").write_text(wrong)
    for source in (folder / "getuid.c", tmp_path / "wrong.c"):
        flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
        include = [f"-I{place}" for place in (tmp_path, NATIVE, TESTS / "native")]
        subprocess.run([compiler, *flags, *include, str(source)], check=True)


def test_the_benchmark_that_is_shown_is_not_there_yet() -> None:
    assert "syscall/getuid" not in by_name()
