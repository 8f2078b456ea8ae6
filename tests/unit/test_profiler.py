"""What a profile is made of: programs that may do anything, samples, events, numbers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pkbench.cases.catalogue import Case, by_name, parse_case
from pkbench.profiler import counting, settings, tracefs
from pkbench.profiler import round as rounds
from pkbench.profiler.counting import Known
from pkbench.profiler.events import TRACEPOINTS, Event
from pkbench.profiler.perf import stacks, timeline
from pkbench.profiler.perf.timeline import Occurrence
from pkbench.profiler.processes import ProgramError
from pkbench.profiler.profiling import Profiled
from pkbench.turns import Turns

SAMPLE = """\
 9357
\tffffffff815f8feb flush_tlb_mm_range ([kernel.kallsyms])
\tffffffff821ef691 do_syscall_64 ([kernel.kallsyms])
\t           33b78 run_mprotect (/x/_native.abi3.so)
\tffffffffdeadbeef [unknown] ([unknown])

 9358
\t           33a80 spin (/x/_native.abi3.so)

"""


def test_samples_are_folded_from_the_outermost_function_in() -> None:
    found = stacks.parse(SAMPLE)
    own = {sample: number for sample, number in found.items() if sample.thread == 9357}

    assert {("run_mprotect", "do_syscall_64_[k]", "flush_tlb_mm_range_[k]"): 1} == dict(
        stacks.fold(own, {9357: ""})
    )


def test_threads_are_told_apart_where_there_are_several() -> None:
    roles = {9357: "calling thread", 9358: "thread 2"}

    assert Counter(
        {
            (
                "calling thread",
                "run_mprotect",
                "do_syscall_64_[k]",
                "flush_tlb_mm_range_[k]",
            ): 1,
            ("thread 2", "spin"): 1,
        }
    ) == stacks.fold(stacks.parse(SAMPLE), roles)


def test_what_is_printed_alike_is_counted() -> None:
    assert {9357: 3, 9358: 3} == {
        sample.thread: number for sample, number in stacks.parse(SAMPLE * 3).items()
    }


def test_nonsense_on_a_stack_without_frame_pointers_is_not_the_kernels() -> None:
    (first, _) = stacks.parse(SAMPLE)

    assert ["flush_tlb_mm_range", "do_syscall_64"] == [frame.name for frame in first.kernel]
    assert ["run_mprotect", "[unknown]"] == [frame.name for frame in first.user]


def test_what_the_kernel_lends_to_user_mode_is_not_the_kernel() -> None:
    text = " 7\n\t    7ffd1c5fe000 __vdso_clock_gettime ([vdso])\n\n"
    (sample,) = stacks.parse(text)

    assert ((), "__vdso_clock_gettime") == (sample.kernel, sample.user[0].name)


@pytest.mark.parametrize("garbage", ["garbage", "12 34", "\tffff x", "\x00\x01", "12\nperf: hello"])
def test_what_is_no_sample_is_refused(garbage: str) -> None:
    with pytest.raises(ProgramError, match="no sample"):
        list(stacks.parse(garbage))


def test_places_in_the_module_are_counted_wherever_it_was_mapped() -> None:
    mapped = SAMPLE.replace("33a80 spin", "7f00033a80 spin")

    assert {0x33A80: 1} == dict(
        stacks.innermost(stacks.parse(mapped), "/y/_native.abi3.so", 0x7F00000000)
    )
    assert {0x33A80: 1} == dict(stacks.innermost(stacks.parse(SAMPLE), "_native.abi3.so", 1 << 40))


def test_work_that_only_a_profiler_makes_is_known() -> None:
    assert stacks.is_profilers_own(("run", "mprotect_fixup_[k]", "perf_event_mmap_[k]"))
    assert not stacks.is_profilers_own(("run", "mprotect_fixup_[k]"))


def happening(thread: int, at: int, event: str, text: str = "") -> Occurrence:
    return Occurrence(thread, at, event, text)


def operation(at: int, answered: bool = True) -> list[Occurrence]:
    """One mprotect that takes 900 ns: asks at 200, is busy to 400, is answered at 700."""
    caller = [
        happening(1, at, "raw_syscalls:sys_enter", "NR 10 (0)"),
        happening(1, at + 200, "csd:csd_queue_cpu", "cpu=0"),
        happening(1, at + 300, "csd:csd_function_entry"),
        happening(1, at + 400, "csd:csd_function_exit"),
        happening(1, at + 900, "raw_syscalls:sys_exit", "NR 10 = 0"),
    ]
    other = [
        happening(2, at + 500, "irq_vectors:call_function_single_entry"),
        happening(2, at + 550, "csd:csd_function_entry"),
        happening(2, at + 600, "tlb:tlb_flush", "pages:1 reason:remote shootdown (1)"),
        happening(2, at + 700, "csd:csd_function_exit"),
        happening(2, at + 800, "irq_vectors:call_function_single_exit"),
    ]
    return [*caller, *(other if answered else [])]


def traced() -> list[Occurrence]:
    """Two values of ten operations each; the third operation alone disturbs somebody."""
    found: list[Occurrence] = []
    for value in range(2):
        begin = value * 100_000
        found.append(happening(1, begin, "raw_syscalls:sys_enter", "NR 98 (0)"))
        found.append(happening(1, begin + 10, "raw_syscalls:sys_exit", "NR 98 = 0"))
        for place in range(10):
            found += operation(begin + 1000 + place * 1000, answered=place == 2)
    return found


def test_the_timeline_is_of_an_operation_that_others_took_part_in() -> None:
    chosen = timeline.choose(traced(), 1, 1)

    assert ("calling thread", "thread 2") == chosen.lanes
    assert 900 == chosen.nanoseconds
    assert {"interrupt": (500, 800), "system call": (0, 900)}.items() <= {
        part.kind: (part.start, part.end) for part in chosen.parts
    }.items()
    assert ["TLB flush: remote shootdown"] == [
        part.kind for part in chosen.parts if part.kind.startswith("TLB")
    ]


def test_the_caller_waits_from_its_own_last_work_to_the_last_answer() -> None:
    waits = [
        part
        for part in timeline.choose(traced(), 1, 1).parts
        if part.kind == "waiting for the answer"
    ]

    assert [(0, 400, 700)] == [(part.lane, part.start, part.end) for part in waits]


def test_an_operation_of_two_calls_begins_with_the_first_of_a_value() -> None:
    assert 1900 == timeline.choose(traced(), 1, 2).nanoseconds


def test_of_a_value_that_was_under_way_when_tracing_began_the_end_tells_operations() -> None:
    begun = [each for place in range(5) for each in operation(-9000 + place * 1000, place == 3)]
    other = happening(1, -3000, "raw_syscalls:sys_enter", "NR 98 (0)")
    chosen = timeline.choose([*begun, other], 1, 2)

    assert (1, 1900) == (chosen.operations, chosen.nanoseconds)
    assert 18 == timeline.choose(traced(), 1, 1).operations
    # Aligned to the first call seen, the fourth would end an operation; it begins one.
    assert [] == [part for part in chosen.parts if part.lane]


def test_a_trace_without_a_whole_operation_is_refused() -> None:
    with pytest.raises(ProgramError, match="no whole operation"):
        timeline.choose(operation(0), 1, 1)


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ProgramError, match="no event"):
        list(timeline.parse("hello\n"))


def test_events_are_read_to_the_nanosecond() -> None:
    line = "26426 [000]  1450.704440019:      tlb:tlb_flush: pages:1 reason:local (1)\n"

    assert [Occurrence(26426, 1450_704440019, "tlb:tlb_flush", "pages:1 reason:local (1)")] == list(
        timeline.parse(line)
    )


def test_what_one_loop_has_already_belongs_to_no_operation() -> None:
    events = (Event("system_calls", 2), Event("tlb_flushes", 2), Event("core_cycles", 0))
    counted = {
        "one": {"system_calls": 11.0, "tlb_flushes": 1.0},
        "many": {"system_calls": 210.0, "tlb_flushes": 200.0},
        "members": 1,
        "missing": {"core_cycles": "no PMU"},
        "user_only": ["tlb_flushes"],
        "interrupts": {"tlb_shootdown_interrupts": 400},
        "interrupts_in_pause": {},
        "touched": None,
    }
    found = {each.quantity: each for each in counting.quantities(counted, 200, 1, events)}

    assert 1.0 == found["system_calls"].per_operation
    assert 1.0 == found["tlb_flushes"].per_operation
    assert found["tlb_flushes"].source.endswith("user mode only")
    assert (None, "no PMU") == (found["core_cycles"].per_operation, found["core_cycles"].reason)
    assert 2.0 == found["tlb_shootdown_interrupts"].per_operation
    assert found["tlb_shootdown_interrupts_in_pause"].per_operation is None
    assert found["memory_touched"].per_operation is None
    assert all(bool(each.reason) == (each.per_operation is None) for each in found.values())


def test_what_several_members_do_is_shared_among_all_their_operations() -> None:
    events = (Event("system_calls", 2),)
    counted = {
        "one": {"system_calls": 4.0},
        "many": {"system_calls": 404.0},
        "members": 2,
        "missing": {"system_calls": "EACCES"},
        "user_only": [],
        "interrupts": {},
        "interrupts_in_pause": {},
        "touched": 0,
    }
    (calls, *_) = counting.quantities(counted, 101, 2, events)

    assert 1.0 == calls.per_operation
    assert "getrusage of the calling thread" == calls.source


def test_a_tracepoint_that_this_kernel_has_not_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        counting, "checked", lambda *_: '{"reason": "", "numbers": {"tlb:tlb_flush": 7}}'
    )
    found = {event.quantity: event for event in counting.known(()).events}

    assert 7 == found["tlb_flushes_sent"].config
    assert "this kernel has no tracepoint csd:csd_queue_cpu" == found["calls_to_other_cpus"].reason


@pytest.mark.parametrize("said", ["garbage", "[]", '{"reason": 1}'])
def test_without_tracepoints_every_other_event_is_left(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "checked", lambda *_: said)
    known = counting.known(())

    assert all(event.reason for event in known.events if event.tracepoint)
    assert {"context_switches", "minor_faults"} <= {
        event.quantity for event in known.events if not event.reason
    }


def test_numbers_of_tracepoints_are_read_from_where_the_kernel_has_them(tmp_path: Path) -> None:
    folder = tmp_path / "events" / "tlb" / "tlb_flush"
    folder.mkdir(parents=True)
    (folder / "id").write_text("188\n")

    assert {"tlb:tlb_flush": 188} == tracefs.numbers(["tlb:tlb_flush", "no:such"], str(tmp_path))


def test_every_quantity_is_counted_by_one_event() -> None:
    quantities = [event.quantity for event in TRACEPOINTS]

    assert len(set(quantities)) == len(quantities)


def test_hidden_symbols_come_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "kallsyms"
    file.write_text("0000000000000000 T startup_64\n" * 20)
    assert "kptr_restrict=0" in settings.hidden_symbols(file)
    file.write_text("0000000000000000 A fixed\nffffffff81000000 T startup_64\n")
    assert "" == settings.hidden_symbols(file)
    assert "No such file" in settings.hidden_symbols(tmp_path / "none")


def test_a_sample_rate_that_the_kernel_lowered_is_put_back(tmp_path: Path) -> None:
    rate = tmp_path / "rate"
    rate.write_text("100000")
    with settings.kept(rate):
        rate.write_text("25000")

    assert "100000" == rate.read_text()


def test_where_the_budget_is_short_every_benchmark_comes_first_once() -> None:
    names = [f"protect/mprotect-rw-ro/pages:{n}" for n in (1, 2, 3)]
    names += [f"protect/mprotect-ro-rw/pages:{n}" for n in (1, 2)]
    order = [case.name for case in rounds.spread([parse_case(name) for name in names])]

    assert [names[0], names[3], names[1], names[4], names[2]] == order


@pytest.mark.parametrize(
    ("cases", "left", "besides", "seconds"),
    [(1, 180, 1.0, 1.0), (100, 150, 1.0, 0.5), (100, 90, 1.0, 0.15)],
)
def test_samples_are_taken_for_as_long_as_the_budget_allows(
    cases: int, left: float, besides: float, seconds: float
) -> None:
    assert seconds == pytest.approx(rounds.sampling_seconds(cases, left, besides))


@dataclass
class Clock:
    """Time that passes only where a case is profiled: so many seconds, and its sampling."""

    besides: float
    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def profile(self, case: Case, _known: Known, seconds: float) -> Profiled:
        self.now += self.besides + seconds
        return Profiled(case.name, "", "measured")


def profiled_in(clock: Clock, number: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the states of so many cases after a budget of three minutes."""
    monkeypatch.setattr(rounds, "time", clock)
    monkeypatch.setattr(rounds, "profile", clock.profile)
    monkeypatch.setattr(Turns, "_take", lambda turns, waiting: None)
    monkeypatch.setattr(counting, "known", lambda events: Known((), frozenset()))
    cases = [parse_case(f"protect/mprotect-rw-ro/pages:{n}") for n in range(1, number + 1)]
    return [each.state for each in rounds.profiles(cases, 180, lambda *_: None)]


@pytest.mark.parametrize("besides", [0.6, 1.0, 1.15])
def test_all_cases_of_a_round_leave_a_reserve_of_the_budget(
    besides: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(besides)

    assert ["measured"] * 116 == profiled_in(clock, 116, monkeypatch)
    assert 0.84 * 180 < clock.now < 0.86 * 180


def test_each_case_is_profiled_in_a_turn_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[str] = []

    class Noted(Turns):
        @contextmanager
        def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
            noted.append("begins")
            yield
            noted.append("ends")

    class Noting(Clock):
        def profile(self, case: Case, known: Known, seconds: float) -> Profiled:
            noted.append("profiled")
            return super().profile(case, known, seconds)

    monkeypatch.setattr("pkbench.turns.at_the_last_cpu", lambda: Noted(0))
    monkeypatch.setattr(rounds, "wait_for_ends", lambda: noted.append("is gone"))
    profiled_in(Noting(1.0), 3, monkeypatch)

    assert ["begins", "profiled", "is gone", "ends"] * 3 == noted


def test_once_the_budget_is_spent_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(1.0)

    class Contended(Turns):
        @contextmanager
        def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
            clock.now += 50
            yield

    monkeypatch.setattr("pkbench.turns.at_the_last_cpu", lambda: Contended(0))
    states = Counter(profiled_in(clock, 20, monkeypatch))

    assert {"measured": 3, "skipped": 17} == states
    assert clock.now < 180 + 50 + 2


def test_no_case_begins_once_the_budget_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(2.0)
    states = Counter(profiled_in(clock, 116, monkeypatch))

    assert {"measured": 84, "skipped": 32} == states
    assert 180 < clock.now < 180 + 2.2


def test_every_benchmark_knows_where_its_timed_function_is() -> None:
    assert all("timed" in benchmark.functions for benchmark in by_name().values())
