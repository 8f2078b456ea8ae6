"""Runs that can be stopped and continued, and what their files hold."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from machines_made import NO_KEYS, plant

from pkbench.cases.selection import select
from pkbench.machine import detect
from pkbench.run.journal import journal_path
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS
from pkbench.run.record import Record

CASES = select(("syscall/getppid", "syscall/mprotect-page"), (), "quick")
NAMES = [case.name for case in CASES]
ROUNDS = 6
PRESET = replace(PRESETS["quick"], rounds=ROUNDS, least_rounds=ROUNDS, values=3)


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def run(output: Path, resume: bool = False, seed: int | None = 1, **facts: Any) -> Record:
    root = plant(output.parent / "root", {"proc/cpuinfo": "model name\t: CPU\n"})
    found = detect(root, NO_KEYS, "lab 1")
    machine = replace(found, **{"allowed_cpus": (0, 1), **facts})
    request = Request(CASES, PRESET, machine, (), output, seed, resume)
    return measure(request, lambda step: None)


def runs_of(output: Path) -> Iterator[tuple[str, int, str]]:
    """Give each run in a result: its case, its round and its values."""
    for benchmark in json.loads(output.read_text())["benchmarks"]:
        for run in benchmark["runs"]:
            metadata = benchmark["metadata"] | run["metadata"]
            yield metadata["name"], metadata["pkbench_round"], str(run["values"])


def runs_in(journal: Path) -> set[tuple[str, int, str]]:
    """Return each run whose line in a journal is whole."""
    lines = journal.read_text().splitlines(keepends=True) if journal.exists() else []
    entries = [json.loads(line) for line in lines if line.endswith("\n")]
    return {
        (entry["case"], entry["run"]["metadata"]["pkbench_round"], str(entry["run"]["values"]))
        for entry in entries
        if entry["kind"] == "run"
    }


def is_done(output: Path) -> bool:
    """Tell whether a run has nothing left to do: its result is there, and its journal gone."""
    return output.exists() and not journal_path(output).exists()
