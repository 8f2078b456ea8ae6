"""Events are counted as one group around the timed loop, or not, with the reason.

The kernel's own events stand in for the CPU's: they go through the same code, on any machine.
"""

import errno
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import needs
import pytest

from pkbench import perf_event
from pkbench._native import ffi, lib
from pkbench.cases.catalogue import parse_case
from pkbench.worker import event_counters
from pkbench.worker.event_counters import EventCounters
from pkbench.worker.kernel_counters import kernel_counters
from pkbench.worker.session import Session
from pkbench.worker.values import Values

pytestmark = pytest.mark.alone

HARDWARE, SOFTWARE = 0, 1  # PERF_TYPE_
TASK_CLOCK, PAGE_FAULTS = 1, 2  # PERF_COUNT_SW_
NO_SUCH_EVENT = 999
CLOCK, FAULTS = ("task_clock", SOFTWARE, TASK_CLOCK), ("page_faults", SOFTWARE, PAGE_FAULTS)
MISSING = ("missing", SOFTWARE, NO_SUCH_EVENT)
NAMES = {"core_cycles", "retired_instructions", "dtlb_load_misses", "page_walk_cycles"}

FAULTING = "fault/mprotect-skip"  # an operation is one store that faults
LOOPS = 200


@pytest.fixture(autouse=True)
def _group_closed() -> Iterator[None]:
    yield
    lib.pk_counters_close()


def opened(*events: tuple[str, int, int], unknown: str = "") -> EventCounters:
    """Open these events as one group."""
    names = [ffi.new("char[]", name.encode()) for name, _, _ in events]
    table = ffi.new("struct pk_event[]", len(events))
    for place, (name, kind, config) in enumerate(events):
        table[place].name, table[place].type, table[place].config = names[place], kind, config
        table[place].error = lib.PK_EVENT_UNKNOWN if name == unknown else 0
    return EventCounters(table, len(events))


def values_of(case: str, events: EventCounters, number: int = 5) -> dict[str, Any]:
    """Measure a case; return the metadata, with its lists."""
    with Session(parse_case(case)) as session:
        session.verify()
        values = Values(session, LOOPS, 0, kernel_counters(), events)
        values.take(number, number, 0.0)
        found = values.metadata()
    assert isinstance(found["pkbench_missing"], str)
    return {"seconds": values.seconds, **found, "missing": json.loads(found["pkbench_missing"])}


def test_the_group_counts_what_the_loop_does_and_no_more() -> None:
    found = values_of(FAULTING, opened(CLOCK, FAULTS))
    assert [1.0] * 5 == pytest.approx(json.loads(found["pkbench_page_faults"]), abs=2 / LOOPS)
    assert [1.0] * 5 == json.loads(found["pkbench_counter_share"])


def test_nothing_is_counted_while_a_batch_is_prepared() -> None:
    # To touch 512 pages takes a small part of what it takes to change their protection twice.
    opened(CLOCK)
    with Session(parse_case("protect/touch-after-mprotect-none-rw/pages:512")) as session:
        session.verify()
        began = time.monotonic()
        value = session.measure(LOOPS)
        elapsed = time.monotonic() - began
    assert 0 < value.counter_enabled * 1e-9 < elapsed / 4


def test_the_clocks_are_read_within_what_is_counted() -> None:
    """Were a value to hold the system calls that start and stop the group, it would be longer."""
    opened(CLOCK)
    with Session(parse_case("syscall/getppid")) as session:
        values = (session.measure(10) for _ in range(20))
        spare = [value.counter_enabled - value.seconds * 1e9 for value in values]
    assert max(spare) > 0


def test_an_event_that_cannot_be_counted_has_a_reason_and_the_others_are_counted() -> None:
    events = opened(MISSING, CLOCK, FAULTS)
    assert {"task_clock", "page_faults"} == events.names.keys()
    assert {"missing"} == events.missing.keys()
    assert events.missing["missing"].startswith(("ENOENT", "EINVAL"))
    found = values_of(FAULTING, events)
    assert [1.0] * 5 == pytest.approx(json.loads(found["pkbench_page_faults"]), abs=2 / LOOPS)
    assert events.missing.items() <= found["missing"].items()


def test_an_event_that_is_not_known_is_not_tried() -> None:
    events = opened(CLOCK, FAULTS, unknown="page_faults")
    assert {"page_faults": event_counters.UNKNOWN} == events.missing


def test_without_a_counter_there_is_a_reason_and_no_list() -> None:
    found = values_of("syscall/getppid", opened(("core_cycles", HARDWARE, NO_SUCH_EVENT)))
    assert found["missing"]["core_cycles"]
    assert (
        not {"pkbench_counter_scope", "pkbench_core_cycles", "pkbench_counter_share"} & found.keys()
    )


def test_what_times_itself_is_not_counted_and_says_so() -> None:
    found = values_of("threads/mprotect-own-region/threads:2", opened(CLOCK))
    assert {"task_clock": "the operation is not one loop of one thread"}.items() <= found[
        "missing"
    ].items()
    assert "pkbench_task_clock" not in found


def test_counts_are_scaled_up_from_the_share_of_the_time_they_were_counted() -> None:
    events = opened(CLOCK)
    value = SimpleNamespace(counter_enabled=200, counter_running=50, counts=[30])
    assert {"counter_share": 0.25, "task_clock": 12.0} == dict(events.counted(value, 10))


def test_a_group_that_never_had_the_counters_counted_nothing_rather_than_zero() -> None:
    value = SimpleNamespace(counter_enabled=200, counter_running=0, counts=[0])
    assert {} == dict(opened(CLOCK).counted(value, 10))


def test_user_mode_is_counted_alone_where_the_kernel_is_forbidden() -> None:
    paranoid = perf_event.PARANOID
    if os.geteuid() != 0 or not paranoid.exists() or paranoid.read_text().strip() != "2":
        needs.lacking("this needs a superuser to become none, and perf_event_paranoid of 2")
    assert "user mode and kernel" == opened(FAULTS).scope
    os.seteuid(65534)
    try:
        assert "user mode" == opened(FAULTS).scope
    finally:
        os.seteuid(0)


def test_what_is_forbidden_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = tmp_path / "perf_event_paranoid"
    setting.write_text("3\n")
    monkeypatch.setattr(perf_event, "PARANOID", setting)
    assert "EACCES: perf_event_paranoid is 3" in perf_event.reason_for(errno.EACCES)
    setting.unlink()
    assert "EPERM: a filter forbids it" == perf_event.reason_for(errno.EPERM)


def test_each_event_of_this_cpu_is_counted_or_has_areason_for() -> None:
    events = event_counters.event_counters.__wrapped__()
    assert NAMES == events.names.keys() | events.missing.keys()
    assert bool(events.scope) == bool(events.names)
    assert all(events.missing.values())
