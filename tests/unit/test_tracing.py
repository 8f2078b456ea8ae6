"""From an execution trace to functions: every instruction is somebody's, and nobody's twice."""

import random
from pathlib import Path

import pytest

from pkbench.cases.catalogue import parse_case
from pkbench.count import guest
from pkbench.count.guest import GuestError
from pkbench.count.result import Counted, Instructions
from pkbench.kernels.available import Kernel
from pkbench.tracing.attribution import Attribution, AttributionError, Run, attribute
from pkbench.tracing.call_tree import CallTree
from pkbench.tracing.guest import trace
from pkbench.tracing.log import program_counters
from pkbench.tracing.program import clock_readings
from pkbench.tracing.symbols import Symbols, parse

BASE = 0xFFFFFFFF81000000
NAMES = (
    "entry",
    "call",
    "work",
    "leaf",
    "work.cold",
    "__x86_return_thunk",
    "__x86_indirect_thunk_rax",
    "asm_sysvec_timer",
    "asm_exc_page_fault",
)
SYMBOLS = Symbols((BASE + 0x100 * place, "T", name) for place, name in enumerate(NAMES))
USER, CLOCK = 0x401000, 0x402000
GETPPID = parse_case("syscall/getppid")


def at(name: str, *offsets: int) -> list[int]:
    """Return addresses within a function."""
    return [BASE + 0x100 * NAMES.index(name) + offset for offset in offsets]


def follow(*addresses: int) -> CallTree:
    """Follow what is between two readings of the clock."""
    tree = CallTree(SYMBOLS, frozenset({CLOCK}))
    tree.follow([CLOCK, *addresses, CLOCK, USER])
    return tree


def counts(tree: CallTree) -> dict[str, tuple[int, int]]:
    """Return the instructions and calls of each stack."""
    return {
        ";".join(node.stack).replace("_[k]", ""): (node.instructions, node.calls)
        for node in tree.nodes
    }


# Who called whom


def test_a_call_is_left_just_behind_where_it_came_from():
    tree = follow(
        USER,
        *at("entry", 0, 5),
        *at("call", 0, 4),
        *at("leaf", 0, 1),
        *at("call", 9),
        *at("entry", 10),
    )
    assert {
        "user mode": (2, 0),
        "user mode;entry": (3, 1),
        "user mode;entry;call": (3, 1),
        "user mode;entry;call;leaf": (2, 1),
    } == counts(tree)


def test_two_calls_are_counted_as_two():
    again = [*at("leaf", 0, 1), *at("entry", 8)]
    tree = follow(*at("entry", 0, 4), *again, *again)
    assert (4, 2) == counts(tree)["user mode;entry;leaf"]


def test_a_function_that_is_jumped_to_belongs_to_the_one_that_jumped():
    tree = follow(*at("entry", 0, 5), *at("call", 0, 4), *at("work", 0, 4), *at("entry", 10))
    assert (2, 1) == counts(tree)["user mode;entry;call;work"]
    assert (3, 1) == counts(tree)["user mode;entry"]


def test_a_return_thunk_belongs_to_the_function_that_returns():
    tree = follow(
        *at("entry", 0, 5), *at("work", 0, 4), *at("__x86_return_thunk", 0), *at("entry", 10)
    )
    assert {
        "user mode": (1, 0),
        "user mode;entry": (3, 1),
        "user mode;entry;work": (3, 1),
    } == counts(tree)


def test_an_indirect_call_is_its_callers_whatever_thunk_it_goes_through():
    thunk = at("__x86_indirect_thunk_rax", 0, 0x20, 0x24)
    tree = follow(*at("entry", 0, 5), *thunk, *at("work", 0, 4), *at("entry", 10))
    assert {
        "user mode": (1, 0),
        "user mode;entry": (6, 1),
        "user mode;entry;work": (2, 1),
    } == counts(tree)


def test_an_interrupt_has_a_frame_of_its_own_and_returns_to_where_it_came():
    timer = at("asm_sysvec_timer", 0, 4, 8)
    tree = follow(*at("entry", 0, 5), *at("work", 0, 4), *timer, *at("work", 8), *at("entry", 10))
    assert (3, 1) == counts(tree)["user mode;entry;work;asm_sysvec_timer"]
    assert (3, 1) == counts(tree)["user mode;entry;work"]


def test_an_interrupt_behind_a_jump_is_left_all_the_same():
    timer = at("asm_sysvec_timer", 0, 4)
    tree = follow(
        *at("entry", 0, 5), *at("work", 0, 4), *timer, *at("work", 0x80), *at("entry", 10)
    )
    assert (3, 1) == counts(tree)["user mode;entry;work"]
    assert (3, 1) == counts(tree)["user mode;entry"]


def test_each_way_into_the_kernel_is_a_call_from_user_mode():
    tree = follow(USER, *at("entry", 0, 5), USER, *at("entry", 0), USER)
    assert {"user mode": (4, 0), "user mode;entry": (3, 2)} == counts(tree)


def test_an_instruction_that_faults_is_executed_once_though_traced_twice():
    fault = at("asm_exc_page_fault", 0, 4)
    tree = follow(USER, *fault, USER, *at("entry", 0, 5), *fault, *at("entry", 5, 10))
    assert {
        "user mode": (2, 0),
        "user mode;asm_exc_page_fault": (2, 1),
        "user mode;entry": (3, 1),
        "user mode;entry;asm_exc_page_fault": (2, 1),
    } == counts(tree)
    assert 9 == tree.instructions


def test_a_string_instruction_is_counted_each_time_and_no_call_of_itself():
    tree = follow(*at("entry", 0, 5), *at("leaf", 0, 0, 0), *at("entry", 10))
    assert (3, 1) == counts(tree)["user mode;entry;leaf"]


def test_a_cold_part_is_its_functions():
    cold = at("work.cold", 0, 8)
    tree = follow(*at("entry", 0, 5), *at("work", 0, 4), *cold, *at("work", 0x20), *at("entry", 10))
    assert (5, 1) == counts(tree)["user mode;entry;work"]


def test_a_function_that_calls_itself_has_a_frame_a_call():
    tree = follow(
        *at("entry", 0, 5),
        *at("work", 0, 4),
        *at("work", 0, 0x40),
        *at("work", 9),
        *at("entry", 10),
    )
    assert (3, 1) == counts(tree)["user mode;entry;work"]
    assert (2, 1) == counts(tree)["user mode;entry;work;work"]


def test_nothing_outside_the_clocks_readings_is_counted_and_the_second_is_not():
    tree = CallTree(SYMBOLS, frozenset({CLOCK}))
    tree.follow([USER, *at("entry", 0), CLOCK, USER, CLOCK, USER, *at("work", 0), CLOCK, CLOCK])
    assert {"user mode": (3, 0)} == counts(tree)
    assert (3, 2) == (tree.instructions, tree.stretches)


@pytest.mark.parametrize("seed", range(20))
def test_functions_add_up_whatever_the_processor_does(seed):
    draw = random.Random(seed)
    places = [USER, *(BASE + draw.randrange(0x900) for _ in range(300))]
    wandering = draw.choices(places, k=2000)
    tree = follow(*wandering)
    assert 1900 < tree.instructions == sum(node.instructions for node in tree.nodes)


@pytest.mark.parametrize("size", [1, 7, 100])
def test_it_does_not_matter_in_what_pieces_a_trace_comes(size):
    draw = random.Random(1)
    trace_ = [CLOCK, *(BASE + draw.randrange(0x900) for _ in range(500)), CLOCK]
    pieces = CallTree(SYMBOLS, frozenset({CLOCK}))
    for start in range(0, len(trace_), size):
        pieces.follow(trace_[start : start + size])
    assert counts(follow(*trace_[1:-1])) == counts(pieces)


# Symbols


def names(*lines: str) -> list[str]:
    symbols = Symbols(parse(line) for line in lines)
    return [symbols.at(BASE + place * 0x10 + 1).name for place in range(len(symbols))]


def test_of_several_names_of_a_place_a_functions_own_is_taken():
    first = f"{BASE:x}"
    assert ["memset"] == names(f"{first} T __memset", f"{first} T _text", f"{first} W memset")


def test_what_a_compiler_appends_is_left_out():
    assert ["walk", "merge.part.0"] == names(
        f"{BASE:x} t walk.isra.0", f"{BASE + 0x10:x} t merge.part.0"
    )


def test_hidden_addresses_are_no_symbols():
    assert not Symbols(parse(f"{0:016x} T name{number}") for number in range(3))


# The log


def line(address: int) -> bytes:
    return b"Trace 0: 0x7f6fa6db8200 [0000000000000000/%016x/18c0c290/ff020201] \n" % address


def heard(*pieces: bytes) -> list[int]:
    return [address for found in program_counters(pieces) for address in found]


@pytest.mark.parametrize("size", [1, 10, 80, 1000])
def test_a_log_is_read_in_whatever_pieces_it_comes(size):
    log = b"".join(line(BASE + step) for step in range(20))
    assert list(range(BASE, BASE + 20)) == heard(
        *(log[start : start + size] for start in range(0, len(log), size))
    )


@pytest.mark.parametrize(
    "stopped",
    [
        b"Stopped execution of TB chain before 0x7f6fa6db8200 [ffffffff81000001] \n",
        b"cpu_io_recompile: rewound execution of TB to ffffffff81000001\n",
    ],
)
@pytest.mark.parametrize("size", [1, 10, 80, 1000])
def test_an_instruction_that_was_stopped_was_not_executed(size, stopped):
    log = line(BASE) + line(BASE + 1) + stopped + line(BASE + 1) + line(BASE + 2)
    assert [BASE, BASE + 1, BASE + 2] == heard(
        *(log[start : start + size] for start in range(0, len(log), size))
    )


# The path length


def run(loops: int, *addresses: int) -> Run:
    tree = follow(USER, *addresses * loops)
    return Run(loops, tree.instructions, tree)


def counted(*runs: Run) -> Counted:
    ticks = tuple(each.ticks for each in runs)
    seen = (3,) * len(ticks)
    return Counted(
        GETPPID,
        "measured",
        instructions=Instructions(
            runs[0].loops, ticks, 3, seen, tuple((each, each) for each in ticks)
        ),
    )


def attributed(*runs: Run) -> Attribution:
    kernel = Kernel("6.1", Path("vmlinuz"), "file", "6.1")
    return attribute(kernel, "Linux 6.1", counted(*runs), runs)


ITERATION = (USER, *at("entry", 0, 5), *at("work", 0, 4), *at("entry", 10))


def test_what_surrounds_the_iterations_cancels_out():
    found = attributed(run(4, *ITERATION), run(8, *ITERATION))
    assert {
        ("user mode",): 1,
        ("user mode", "entry_[k]"): 3,
        ("user mode", "entry_[k]", "work_[k]"): 2,
    } == found.stacks
    assert (1, 6.0) == (found.operations, found.path_length)


def test_of_one_run_everything_is_taken():
    assert 2 + len(ITERATION) == attributed(run(1, *ITERATION)).path_length


def test_what_happens_in_every_other_operation_is_told_of_two():
    both = (*ITERATION, USER, *at("entry", 0))
    found = attributed(run(2, *ITERATION, *both), run(4, *ITERATION, *both))
    assert (1, 14.0) == (found.operations, found.path_length)
    half = attributed(Run(2, *parts(run(1, *both))), Run(4, *parts(run(2, *both))))
    assert (2, 4.0) == (half.operations, half.path_length)


def parts(made: Run) -> tuple[int, CallTree]:
    return made.ticks, made.tree


def test_a_trace_of_other_instructions_than_the_clock_counted_is_refused():
    wrong = Run(1, 99, follow(*ITERATION))
    with pytest.raises(
        AttributionError, match=r"traced 7 instructions .* but its clock counted 99"
    ):
        attributed(wrong)


def test_runs_that_took_other_ways_are_refused():
    with pytest.raises(AttributionError, match="other functions in twice the iterations"):
        attributed(run(1, *at("work", 0, 4, 8)), run(2, *at("leaf", 0, 4, 8)))


# In a guest


def test_a_program_reads_its_clock_where_its_code_says_so():
    content = guest.program().read_bytes()
    assert 10 < len(clock_readings(content)) < 200


def test_a_case_of_several_threads_is_one_sentence(tmp_path):
    case = parse_case("threads/mprotect-siblings/siblings:sleeping/threads:2")
    with pytest.raises(GuestError, match="needs more than one thread"):
        trace(Kernel("6.1", tmp_path / "none", "file", "6.1"), case)
