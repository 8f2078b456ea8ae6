"""A worker process answers each task with a run, or with the reason why there is none."""

import json
import math
import subprocess
from collections.abc import Sequence
from unittest.mock import patch

import pyperf
import pytest

from pkbench.cases.catalogue import parse_case
from pkbench.run import launch
from pkbench.run.launch import Amount, Outcome, Task
from pkbench.worker.process import calibrate
from pkbench.worker.session import CaseSkipped, Session

pytestmark = pytest.mark.alone

CASE = "protect/mprotect-rw-ro/pages:3"
PER_VALUE = (
    "pkbench_ticks",
    "pkbench_minor_faults",
    "pkbench_major_faults",
    "pkbench_voluntary_switches",
    "pkbench_involuntary_switches",
    "pkbench_migrations",
    "pkbench_cpu",
)
IN_THE_KERNEL = (
    "pkbench_steal_seconds",
    "pkbench_tlb_shootdowns",
    "pkbench_function_call_interrupts",
)


def work(*tasks: Task) -> Sequence[Outcome]:
    return list(launch.work(tasks))


def measure(case: str = CASE, loops: int = 100, values: int = 3) -> Task:
    return launch.measure(case, Amount(loops, 0, values, values, 1), 0.0, timeout=60)


def test_an_answer_is_a_pyperf_run() -> None:
    (outcome,) = work(measure())
    assert ("measured", "") == (outcome.state, outcome.reason)
    document = outcome.document
    run = pyperf.Run(
        document["values"],
        [(loops, seconds) for loops, seconds in document["warmups"]],
        document["metadata"],
        collect_metadata=False,
    )
    metadata = run.get_metadata()
    assert (CASE, 100, "second") == (metadata["name"], metadata["loops"], metadata["unit"])
    assert 3 == len(run.values)
    assert all(value > 0 for value in run.values)
    assert 1 == len(run.warmups)


def test_one_process_answers_for_every_case_of_its_batch() -> None:
    cases = [CASE, "syscall/getppid", "instruction/empty-loop"]
    with patch("pkbench.run.child.subprocess.Popen", wraps=subprocess.Popen) as started:
        outcomes = work(*map(measure, cases))
    assert cases == [outcome.case for outcome in outcomes]
    assert {"measured"} == {outcome.state for outcome in outcomes}
    assert 1 == started.call_count


def test_every_value_brings_ticks_faults_switches_and_its_cpu() -> None:
    (outcome,) = work(measure())
    for key in PER_VALUE:
        assert 3 == len(json.loads(outcome.document["metadata"][key])), key


def test_every_value_brings_what_the_kernel_counts_or_the_reason_why_not() -> None:
    (outcome,) = work(measure())
    metadata = outcome.document["metadata"]
    missing = json.loads(metadata["pkbench_missing"])
    for key in IN_THE_KERNEL:
        reason = missing.get(key.removeprefix("pkbench_"))
        assert reason or 3 == len(json.loads(metadata[key])), key
        assert not (reason and key in metadata), key


def test_a_thread_bound_to_one_cpu_does_not_migrate() -> None:
    (outcome,) = work(measure())
    assert [0, 0, 0] == json.loads(outcome.document["metadata"]["pkbench_migrations"])


def test_every_value_brings_chains_that_tell_the_core_cycle() -> None:
    (outcome,) = work(measure())
    metadata = outcome.document["metadata"]
    adds = json.loads(metadata["pkbench_add_seconds"])
    multiplies = json.loads(metadata["pkbench_multiply_seconds"])
    assert 3 == len(adds) == len(multiplies)
    # A core between 0.5 and 10 GHz; three cycles a multiplication, as far as others let it.
    assert all(1e-10 < add < 2e-9 for add in adds)
    assert all(2 < m / a < 4.5 for a, m in zip(adds, multiplies, strict=True))


def test_the_clock_is_examined_once_a_process() -> None:
    told = {
        (
            outcome.document["metadata"]["pkbench_clock_resolution"],
            outcome.document["metadata"]["pkbench_clock_read"],
        )
        for outcome in work(measure(), measure("syscall/getppid"))
    }
    ((step, read),) = told
    # From the tick of a fast counter to that of a coarse clock; a reading is a system call at most.
    assert 1e-10 < step < 1e-2
    assert 1e-9 < read < 1e-4


def test_a_value_in_pieces_brings_how_many_of_them_had_the_core_to_themselves() -> None:
    amount = Amount(2000, 100, 3, 6, 1)
    (outcome,) = work(launch.measure(CASE, amount, best_nop_cycles=1e-9, timeout=60))
    metadata = outcome.document["metadata"]
    # Nothing is as fast as that, so it goes on to the most.
    assert [0.0] * 6 == json.loads(metadata["pkbench_uncontended_share"])
    assert 6 == len(json.loads(metadata["pkbench_nop_cycles"])) == len(outcome.document["values"])
    assert 100 == metadata["pkbench_piece_loops"]


def test_a_process_finds_out_by_itself_how_fast_the_core_is() -> None:
    (outcome,) = work(launch.measure(CASE, Amount(2000, 100, 1, 5, 0), 0.0, timeout=60))
    # Without that, a value would be whole.
    assert "pkbench_uncontended_share" in outcome.document["metadata"]


def test_a_change_of_protection_takes_no_page_fault() -> None:
    (outcome,) = work(measure())
    assert [0, 0, 0] == json.loads(outcome.document["metadata"]["pkbench_minor_faults"])


def test_a_thread_team_reports_its_slowest_member() -> None:
    (outcome,) = work(measure("threads/mprotect-own-region/threads:2", 50))
    slowest = json.loads(outcome.document["metadata"]["pkbench_slowest"])
    values = outcome.document["values"]
    assert all(slow >= value for slow, value in zip(slowest, values, strict=True))


def test_what_needs_keys_is_skipped_without_them_and_measured_with() -> None:
    case = parse_case("instruction/rdpkru")
    (outcome,) = work(measure(case.name))
    if case.skipped():
        assert ("skipped", case.skipped()) == (outcome.state, outcome.reason)
        with pytest.raises(CaseSkipped):
            Session(case)
    else:
        assert "measured" == outcome.state


def test_calibration_finds_loops_that_last_long_enough() -> None:
    with Session(parse_case("syscall/getppid")) as session:
        found = calibrate(session, {"value_seconds": 0.001})
    assert found["timed_seconds"] >= 0.001
    assert math.log2(found["loops"]).is_integer()
