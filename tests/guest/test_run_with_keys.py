"""The proof on keys: pkbench itself, in guests whose CPU and kernels have them."""

import json
import random
import re
import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import host_guest
import pytest
from command_line import pkbench, refused
from host_guest import BIN, OUTPUT

from pkbench.cases.catalogue import parse_case
from pkbench.cases.selection import select
from pkbench.kernels.available import Kernel
from pkbench.run.presets import PRESETS, single_run

# Emulated, Python is thirty times slower.
PATIENCE_SECONDS = 1800
KERNELS = ("6.1", "")  # the oldest and the newest where the whole tool is tried
SEEDS = (1, 2, 3)
# What a guest with one CPU and 2 GiB lacks, or an older kernel.
LACKING = re.compile(r"needs (two CPUs|a CPU for each thread)|pages of 1 GiB|\bLinux 6\.\d+\b")
# What takes a minute or more to set up in an emulated machine: as many processes, or mappings to
# search for. Their benchmarks are measured at other points.
SLOW = re.compile(
    r"domains/process/domains:(64|256)/.+|protect/(pkey-)?mprotect-backing/.+/pages:1|.+/vmas:60000"
)
MTHP = "/sys/kernel/mm/transparent_hugepage/hugepages-64kB"

pytestmark = [pytest.mark.guest, pytest.mark.slow]
Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Return what workers answered for each case of the standard preset that quick lacks, but SLOW.

    The cases are dealt to the kernels and the seeds: with each, a worker process measures its share
    in an order drawn from the seed. The guests run side by side: each has one CPU.
    """
    asked = sorted(
        name for name in {*names("standard")} - {*names("quick")} if not SLOW.fullmatch(name)
    )
    kernels = [host_guest.kernel(version) for version in KERNELS]
    folders = [tmp_path_factory.mktemp(kernel.release) for kernel in kernels]
    with ThreadPoolExecutor(len(kernels)) as pool:
        running = [
            pool.submit(_answers, kernel, asked[place :: len(kernels)], folder)
            for place, (kernel, folder) in enumerate(zip(kernels, folders, strict=True))
        ]
    found: Answers = {}
    for each in running:
        found |= each.result()
    assert set(asked) == set(found)
    return found


def _answers(kernel: Kernel, asked: Sequence[str], folder: Path) -> Answers:
    """Return a guest's answers; one worker process for each seed."""
    commands = [
        "echo 64 >/proc/sys/vm/nr_hugepages",
        f"! [ -d {MTHP} ] || echo madvise >{MTHP}/enabled",
    ]
    for place, seed in enumerate(SEEDS):
        dealt = list(asked[place :: len(SEEDS)])
        random.Random(seed).shuffle(dealt)
        (folder / f"tasks-{seed}").write_text(json.dumps([task(case) for case in dealt]))
        worker = shlex.join([str(BIN / "python"), "-P", "-m", "pkbench.worker.process"])
        commands.append(f"{worker} <{OUTPUT}/tasks-{seed} >{OUTPUT}/answers-{seed}")
    done = host_guest.run(["sh", "-ec", "\n".join(commands)], folder, PATIENCE_SECONDS, kernel)
    assert 0 == done.returncode, done.stdout
    lines = [line for seed in SEEDS for line in (folder / f"answers-{seed}").open()]
    return {answer["case"]: answer for answer in map(json.loads, lines)}


def names(preset: str) -> list[str]:
    return [case.name for case in select([], [], preset)]


def task(case: str) -> dict[str, Any]:
    """Return the task of running a case once, as `pkbench run` gives it in an emulated machine."""
    preset = single_run(PRESETS["standard"])
    return {
        "case": case,
        "loops": preset.loops,
        "piece_loops": 0,
        "values": preset.values,
        "most_values": preset.values,
        "warmups": preset.warmups,
        "best_nop_cycles": 0.0,
    }


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run of the quick preset, in a guest with the newest kernel."""
    folder = tmp_path_factory.mktemp("quick")
    command = (str(BIN / "pkbench"), "run", "--preset", "quick", "--seed", "1")
    where = ("-o", f"{OUTPUT}/result.json")
    done = host_guest.run([*command, *where], folder, PATIENCE_SECONDS)
    assert 0 == done.returncode, done.stdout
    return folder / "result.json"


def test_every_case_of_the_standard_preset_is_measured_where_keys_work(answers: Answers) -> None:
    wrong = {case: answer["reason"] for case, answer in answers.items() if not _is_right(answer)}
    assert {} == wrong


def test_what_is_left_out_for_its_time_is_measured_at_other_points(answers: Answers) -> None:
    left_out = {
        parse_case(name).benchmark.name for name in names("standard") if SLOW.fullmatch(name)
    }
    measured = {parse_case(case).benchmark.name for case in answers if _is_right(answers[case])}
    assert left_out
    assert left_out <= measured


def _is_right(answer: dict[str, Any]) -> bool:
    """Return whether a case was measured, or was skipped for what such a guest lacks."""
    skipped = answer["state"] == "skipped" and LACKING.search(answer["reason"])
    return answer["state"] == "measured" or bool(skipped)


def test_the_quick_preset_measures_every_case_where_keys_work(result: Path) -> None:
    metadata = json.loads(result.read_text())["metadata"]
    cases = json.loads(metadata["pkbench_cases"])
    assert {case["family"] for case in cases} >= {"domains", "instruction", "protect", "switch"}
    assert {} == {case["case"]: case["reason"] for case in cases if case["state"] != "measured"}


def test_the_run_is_evidence_of_function_and_of_nothing_else(result: Path) -> None:
    metadata = json.loads(result.read_text())["metadata"]
    assert "function" == metadata["pkbench_evidence"]
    machine = json.loads(metadata["pkbench_machine"])
    assert machine["keys"]["supported"]
    assert "TCG" == machine["virtualisation"]


def test_such_a_run_is_reported_and_compared_with_nothing(result: Path, tmp_path: Path) -> None:
    reported = pkbench("report", str(result), "-o", str(tmp_path / "report"))
    assert 0 == reported.returncode, reported.stderr
    assert (tmp_path / "report" / "index.html").is_file()
    other = tmp_path / "other.json"
    other.write_bytes(result.read_bytes())
    for verb in ("compare", "gate"):
        done = pkbench(verb, str(result), str(other))
        assert 2 == done.returncode
        refused(done, "emulated machine, whose times mean nothing")
