"""The proof on keys: pkbench itself, in a guest whose CPU and kernel have them."""

import json
from pathlib import Path
from typing import Any

import host_guest
import pytest
from host_guest import BIN, OUTPUT

# Emulated, Python is thirty times slower, and a case takes four processes.
PATIENCE_SECONDS = 1800
PATTERNS = ("instruction/*", "switch/*", "application/*")

pytestmark = [pytest.mark.guest, pytest.mark.slow]


@pytest.fixture(scope="module")
def suite(tmp_path_factory) -> dict[str, Any]:
    """The result of a quick run in the guest."""
    folder: Path = tmp_path_factory.mktemp("proof")
    command = [str(BIN / "pkbench"), "run", "--preset", "quick", "-o", f"{OUTPUT}/result.json"]
    done = host_guest.run([*command, *PATTERNS], folder, PATIENCE_SECONDS)
    assert 0 == done.returncode, done.stdout
    read: dict[str, Any] = json.loads((folder / "result.json").read_text())
    return read


def test_every_case_is_measured_where_keys_work(suite):
    cases = json.loads(suite["metadata"]["pkbench_cases"])
    assert {"application", "instruction", "switch"} == {case["family"] for case in cases}
    assert {} == {case["case"]: case["reason"] for case in cases if case["state"] != "measured"}


def test_the_run_is_evidence_of_function_and_of_nothing_else(suite):
    assert "function" == suite["metadata"]["pkbench_evidence"]


def test_the_guest_has_keys(suite):
    machine = json.loads(suite["metadata"]["pkbench_machine"])
    assert machine["keys"]["supported"]
    assert "TCG" == machine["virtualisation"]
