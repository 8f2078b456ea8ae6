"""`pkbench count --functions`: a table, stacks and pictures of each kernel and of changes."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pkbench.analysis.flame import folded
from pkbench.cases.catalogue import Case
from pkbench.cli import EXPECTED, functions
from pkbench.cli.count import count
from pkbench.count.guest import GuestError
from pkbench.count.result import Counted
from pkbench.kernels.available import Kernel
from pkbench.tracing.attribution import Attribution

CASE = "protect/mprotect-rw-ro/pages:1"
USER, ENTRY = ("user mode",), ("user mode", "entry_SYSCALL_64_[k]")
OLD = {USER: 8, ENTRY: 40, (*ENTRY, "vma_merge_[k]"): 100, (*ENTRY, "walk_[k]"): 300}
NEW = {USER: 16, ENTRY: 80, (*ENTRY, "mas_walk_[k]"): 301, (*ENTRY, "walk_[k]"): 700}
MADE = {"6.1.0": (OLD, 1), "6.12.0": (NEW, 2)}


@pytest.fixture
def made(monkeypatch):
    """Kernels that need no guest, of which the second's counts are of two operations."""

    def trace(kernel: Kernel, case: Case, *_: object) -> Attribution:
        if kernel.release not in MADE:
            raise GuestError(f"the guest with kernel {kernel.release} panicked")
        stacks, operations = MADE[kernel.release]
        calls = {stack: operations for stack in stacks if stack != USER}
        machine = f"Linux {kernel.version}"
        return Attribution(kernel, machine, Counted(case, "measured"), operations, stacks, calls)

    monkeypatch.setattr(functions, "trace", trace)
    monkeypatch.setattr(
        "pkbench.kernels.available.resolve", lambda name: Kernel(name, Path(name), "file", name)
    )


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(count, ["--functions", *arguments, "-o", str(folder)])


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_kernel_has_a_table_folded_stacks_a_flame_graph_and_a_file_for_speedscope(made, tmp_path):
    done = call(tmp_path / "out", CASE, "--kernel", "6.1.0")
    assert 0 == done.exit_code, done.output
    assert {f"6.1.0.{ending}" for ending in ("csv", "md", "folded", "svg", "speedscope.json")} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert OLD == folded.read(tmp_path / "out" / "6.1.0.folded")
    assert ["walk", "vma_merge", "entry_SYSCALL_64", "user mode"] == [
        row["function"] for row in rows(tmp_path / "out" / "6.1.0.csv")
    ]


def test_the_table_has_instructions_share_callees_and_calls(made, tmp_path):
    lines = call(tmp_path / "out", CASE, "--kernel", "6.1.0").stdout.splitlines()
    assert "Linux 6.1.0: instructions, exact" in lines[0]
    assert ["function", "instructions", "share", "with", "callees", "calls"] == lines[1].split()
    assert ["walk", "300", "67.0", "%", "300", "1"] == lines[2].split()
    assert ["user", "mode", "8", "1.8", "%", "448", "–"] == lines[5].split()


def test_two_kernels_are_compared_by_one_operation_each(made, tmp_path):
    done = call(tmp_path / "out", CASE, "--kernel", "6.1.0", "--kernel", "6.12.0")
    assert "In all 448 → 548.50 instructions (+100.50, +22.4 %)" in done.stdout
    changed = [
        (row["function"], row["before"], row["after"], row["it"])
        for row in rows(tmp_path / "out" / "6.1.0--6.12.0.csv")
    ]
    assert [
        ("mas_walk", "0.0", "150.5", "came"),
        ("vma_merge", "100.0", "0.0", "went"),
        ("walk", "300.0", "350.0", "grew"),
    ] == changed
    svg = (tmp_path / "out" / "6.1.0--6.12.0.svg").read_text()
    assert "vma_merge (kernel): 100 → 0 instructions (gone)" in svg


def test_json_says_the_same(made, tmp_path):
    done = call(tmp_path / "out", CASE, "--kernel", "6.1.0", "--kernel", "6.12.0", "--json")
    told = json.loads(done.stdout)
    assert [448.0, 548.5] == [kernel["path_length"] for kernel in told["kernels"]]
    assert [1, 2] == [kernel["operations_in_folded"] for kernel in told["kernels"]]
    assert {"function": "walk", "instructions": 300.0, "with_callees": 300.0, "calls": 1.0} == (
        told["kernels"][0]["functions"][0]
    )
    assert "mas_walk" == told["changes"][0]["functions"][0]["function"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--functions takes exactly one case"),
        ((CASE, CASE), "--functions takes exactly one case"),
        ((CASE, "-P", "pages=1"), "--functions takes exactly one case"),
        (("protect",), "'protect' is not the full name of one case; type one such as "),
        (("protect/mprotect-rw-ro",), "must name a point of each axis"),
        (("protect/mprotekt-rw-ro/pages:1",), "no case matches"),
        ((CASE, "--kernel", "6.1.0"), "twice"),
        ((CASE, "--kernel", "0.0"), "kernel 0.0 panicked"),
    ],
)
def test_what_can_not_be_done_is_one_sentence(made, tmp_path, arguments, words):
    done = call(tmp_path / "out", *arguments, "--kernel", "6.1.0")
    assert isinstance(done.exception, EXPECTED)
    assert words in str(done.exception)


def test_a_kernel_that_fails_loses_nothing_of_those_before_it(made, tmp_path):
    call(tmp_path / "out", CASE, "--kernel", "6.1.0", "--kernel", "0.0")
    assert OLD == folded.read(tmp_path / "out" / "6.1.0.folded")


def test_a_folder_with_something_in_it_is_left_alone(made, tmp_path):
    (tmp_path / "kept").write_text("mine")
    done = call(tmp_path, CASE, "--kernel", "6.1.0")
    assert "is not empty" in str(done.exception)
    assert ["kept"] == [path.name for path in tmp_path.iterdir()]
