"""Counting instructions in an emulated guest."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import needs
import pytest
from kernels_made import emulator_that, image
from native_programs import CORE, FAMILIES, GUEST, PROGRAMS, link

from pkbench.cases.catalogue import Case, parse_case
from pkbench.cases.selection import select
from pkbench.count import emulator, guest, initramfs, path_length
from pkbench.count.emulator import Options
from pkbench.count.guest import GuestError
from pkbench.count.guest_protocol import AnswerError, Answers
from pkbench.count.result import Count, Instructions
from pkbench.kernels.available import Kernel

EMPTY = parse_case("instruction/empty-loop")
CONTROL = parse_case("instruction/nop-100")
GETPPID = parse_case("syscall/getppid")
SIBLINGS = parse_case("threads/mprotect-siblings/siblings:sleeping/threads:2")
TOO_LARGE = parse_case("switch/mprotect/pages:10000000")
BETWEEN_TICKS = 4_000_000  # instructions, at 250 Hz


def hear(cases: list[Case], *lines: str) -> Answers:
    """Hear a guest's lines."""
    answers = Answers(cases, lambda step: None)
    for line in lines:
        answers.hear(line)
    return answers


# What the guest says


def test_the_instructions_of_an_operation_are_what_twice_the_loops_take_longer():
    answers = hear([GETPPID], "measured 2 100 9 32519 9 32519 65019 8 65020")
    assert 325.0 == answers.ending(GETPPID).value


def test_an_operation_that_runs_alone_is_counted_whole():
    assert 7.0 == hear([GETPPID], "measured 2 1 9 7 9 7").ending(GETPPID).value


def test_user_mode_is_what_twice_the_loops_take_longer_in_steps():
    lines = ("measured 2 64 9 20760 9 20760 41496 8 41496", "user 2 64 264 520 16")
    ending = hear([GETPPID], *lines).ending(GETPPID)
    assert (324.0, 4.0) == (ending.value, ending.user_value)


def test_user_mode_that_runs_alone_has_what_surrounds_it_as_the_whole_has():
    ending = hear([GETPPID], "measured 2 1 9 324 9 324", "user 2 1 4 0 16").ending(GETPPID)
    assert (324.0, 20.0) == (ending.value, ending.user_value)


@pytest.mark.parametrize("steps", [(), ("user 2 64 264 99999 16",)])
def test_user_mode_is_not_told_where_it_was_not_found_or_would_be_more_than_the_whole(steps):
    line = "measured 2 64 9 20760 9 20760 41496 8 41496"
    assert hear([GETPPID], line, *steps).ending(GETPPID).user_value is None


def test_repeats_that_disagree_are_refused_with_what_they_took():
    ending = hear([GETPPID], "measured 2 64 24 20760 3 20760 41496 1 95000").ending(GETPPID)
    assert "failed" == ending.state
    assert "of 24 no two took equally many" in ending.reason
    assert "from 41,496 to 95,000" in ending.reason


def test_repeats_of_many_instructions_may_differ_by_the_timers_interrupts():
    line = "measured 2 1 3 8000000 1 8009000"
    ending = hear([GETPPID], line).ending(GETPPID)
    assert "measured" == ending.state
    assert ending.instructions is not None
    assert "timer interrupts are counted in" in ending.instructions.doubt


def test_the_controls_are_counted_first_and_once_whether_or_not_asked_for():
    assert [EMPTY, CONTROL, GETPPID] == hear([GETPPID, CONTROL]).asked


@pytest.mark.parametrize("total", [20419, 20418 + 100])
def test_a_guest_that_counts_a_hundred_as_something_else_is_refused(total):
    with pytest.raises(AnswerError, match=r"does not count exactly: 100 instructions took 10"):
        hear(
            [],
            "measured 0 100 9 218 9 218 418 9 418",
            f"measured 1 100 9 10218 9 10218 {total} 9 {total}",
        )


def test_a_guest_without_its_controls_is_refused_with_their_reason():
    with pytest.raises(AnswerError, match=r"can't count: no such benchmark"):
        hear([], "failed 0 no such benchmark", "measured 1 100 9 10218 9 10218 20418 9 20418")


def test_a_guest_with_a_problem_is_refused_with_it():
    with pytest.raises(AnswerError, match=r"can't count: no real-time priority: Operation not"):
        hear([], "problem no real-time priority: Operation not permitted")


def test_a_case_that_fails_after_it_was_skipped_keeps_its_first_reason():
    lines = ("skipped 2 the CPU has none", "failed 2 the case ended with status 1")
    assert "the CPU has none" == hear([GETPPID], *lines).ending(GETPPID).reason


def test_a_case_of_several_threads_is_skipped_and_never_sent():
    answers = hear([SIBLINGS])
    assert SIBLINGS not in answers.asked
    ending = answers.ending(SIBLINGS)
    assert ("skipped", "needs more than one thread") == (ending.state, ending.reason)


def test_a_case_without_an_answer_has_failed():
    ending = hear([GETPPID]).ending(GETPPID)
    assert ("failed", "the guest gave no answer") == (ending.state, ending.reason)


@pytest.mark.parametrize(
    ("figures", "doubt"),
    [
        (Instructions(100, (32519, 65019), 9, (9, 8), (32519, 65019)), ""),
        (Instructions(100, (32519, 65019), 9, (9, 1), (32519, 65019)), "no two took equally"),
        (Instructions(100, (32519, 75019), 9, (9, 9), (32519, 75019)), "did not take twice"),
        (Instructions(1, (1048667,), 2, (2,), (1048667,)), ""),
    ],
)
def test_a_figure_says_where_it_may_be_wrong(figures, doubt):
    assert (doubt in figures.doubt) if doubt else not figures.doubt


# The guest's file system


def unpack(archive: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Read an archive back: name, mode, content."""
    at = 0
    while True:
        fields = [int(archive[at + 6 + 8 * i : at + 14 + 8 * i], 16) for i in range(13)]
        name_at = at + 110
        content_at = (name_at + fields[11] + 3) // 4 * 4
        name = archive[name_at : name_at + fields[11] - 1].decode()
        if name == initramfs.TRAILER:
            return
        yield name, fields[1], archive[content_at : content_at + fields[6]]
        at = (content_at + fields[6] + 3) // 4 * 4


@pytest.mark.parametrize("size", range(5))
def test_an_archive_holds_what_was_packed(size):
    files = [initramfs.directory("a"), initramfs.file("a/b" + "c" * size, b"x" * size, 0o755)]
    unpacked = list(unpack(initramfs.pack(files)))
    assert [(file.name, file.mode, file.content) for file in files] == unpacked


# What can't be counted


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    """A kernel to boot, and what boots it."""
    needs.qemu()
    return needs.kernel()


@pytest.fixture
def consoles(tmp_path: Path, monkeypatch) -> Path:
    """Keep consoles in a folder of the test's own; the kernels stay where they are."""
    monkeypatch.setattr("pkbench.kernels.available.cache_directory", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "consoles"


def test_no_emulator_is_one_sentence_with_the_packages(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GuestError, match=r"qemu-system-x86 \(Debian.*qemu-system-x86-core \(Fed"):
        guest.count(Kernel("6.1", tmp_path / "none", "file", "6.1"), [])


def test_no_program_is_one_sentence_with_the_packages(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        GuestError, match=r"libc6-dev \(Debian, Ubuntu\) or glibc-static \(Fedora\)"
    ):
        guest.program()


@pytest.mark.guest
def test_a_kernel_that_emulation_does_not_boot_is_one_sentence(consoles, tmp_path):
    needs.qemu()
    path = tmp_path / "vmlinuz"
    path.write_bytes(image())
    with pytest.raises(GuestError, match=r"6\.1\.0 was not booted \(.+\); its console is in"):
        guest.count(Kernel("6.1.0", path, "file", "6.1.0"), [], patience_seconds=20)


@pytest.mark.guest
def test_a_kernel_that_panics_is_one_sentence_and_its_console_is_kept(
    kernel, consoles, tmp_path, monkeypatch
):
    (tmp_path / "init").write_text("not a program")
    monkeypatch.setattr(guest, "program", lambda: tmp_path / "init")
    with pytest.raises(GuestError, match=r"panicked \(.*init.*\); its console is in ") as caught:
        guest.count(kernel, [])
    kept = consoles / f"{kernel.release}.log"
    assert str(caught.value).endswith(str(kept))
    assert "Kernel panic" in kept.read_text()


@pytest.mark.guest
def test_a_guest_that_falls_silent_is_killed_in_time(kernel, consoles):
    began = time.monotonic()
    with pytest.raises(GuestError, match=r"said nothing for 1 seconds; its console is in "):
        guest.count(kernel, [], patience_seconds=1)
    assert time.monotonic() - began < 30


@pytest.mark.guest
def test_an_interrupt_kills_the_guest(kernel, consoles, monkeypatch):
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*args, **options):
        started.append(popen(*args, **options))
        return started[-1]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(guest, "_listen", interrupt)
    monkeypatch.setattr("pkbench.count.emulator.subprocess.Popen", start)
    with pytest.raises(KeyboardInterrupt):
        guest.count(kernel, [])
    assert started[-1].returncode is not None


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("while :; do echo stall >> $console; sleep 0.1; done", "answered nothing for 2 seconds"),
        ("exec sleep 60", "said nothing for 1 seconds"),
        ("echo 'Kernel panic - not syncing: no root' > $console", "panicked (no root)"),
        ("echo no such CPU >&2", "was not booted (no such CPU)"),
        (
            "echo pkbench 1; echo begin 0",
            "ended before everything was counted in instruction/empty",
        ),
        ("echo problem no real-time priority", "can't count: no real-time priority"),
    ],
)
def test_whatever_a_guest_does_is_one_sentence_in_time(
    tmp_path, consoles, monkeypatch, does, sentence
):
    monkeypatch.setattr(emulator, "find", lambda cpu: emulator_that(tmp_path, does))
    began = time.monotonic()
    with pytest.raises(GuestError) as caught:
        guest.count(Kernel("9.9", tmp_path / "none", "file", "9.9"), [], patience_seconds=1)
    assert f"the guest with kernel 9.9 {sentence}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert (consoles / "9.9.log").is_file()
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (Options(append="pti=on\n"), r"is nothing for a kernel's command line: pti=on is"),
        (Options(cpu="-la57 -s"), r"'-la57 -s' names no features of a CPU"),
    ],
)
def test_options_that_no_guest_could_have_are_one_sentence(options, sentence):
    needs.qemu()
    with pytest.raises(GuestError, match=sentence):
        guest.count(Kernel("6.1", Path("none"), "file", "6.1"), [], options=options)


@pytest.mark.guest
def test_a_cpu_that_the_emulator_does_not_have_is_one_sentence(kernel, consoles):
    with pytest.raises(GuestError, match=r"was not booted \(.*nosuch"):
        guest.count(kernel, [], options=Options(cpu="-nosuch"), patience_seconds=20)


# What is counted


@pytest.fixture(scope="module")
def boots(kernel: Kernel) -> tuple[Count, Count]:
    """Two boots of one kernel, with the cases of the quick profile and more."""
    patterns = ["instruction", "syscall", "protect", "switch", "application"]
    cases = [*select(patterns, ["pages=1,33,34"], "quick"), SIBLINGS, TOO_LARGE]
    return guest.count(kernel, cases), guest.count(kernel, cases)


def value(count: Count, name: str) -> float:
    """Return a case's instructions per operation."""
    return next(counted.value for counted in count.cases if counted.case.name == name)


@pytest.mark.guest
def test_a_hundred_instructions_count_exactly_a_hundred(boots):
    for count in boots:
        assert 100 == value(count, CONTROL.name) - value(count, EMPTY.name)


@pytest.mark.guest
def test_two_boots_count_the_same_in_every_case(boots):
    first, second = (
        {each.case.name: (each.state, each.instructions, each.user) for each in count.cases}
        for count in boots
    )
    assert first == second


@pytest.mark.guest
def test_every_case_for_one_thread_is_counted_but_the_few_whose_repeats_disagree(boots):
    for_one = [
        each
        for each in boots[0].cases
        if not each.case.benchmark.threads and each.case != TOO_LARGE
    ]
    others = [each.reason for each in for_one if each.state != "measured"]
    assert [] == [reason for reason in others if not reason.startswith("the repeats disagree")]
    assert len(others) <= len(for_one) // 20


@pytest.mark.guest
def test_what_meets_timer_interrupts_is_told_by_repeats_that_agree(kernel):
    count = guest.count(kernel, select(["protect", "switch"], ["pages=16384"], "standard"))
    told = [each.instructions for each in count.cases if each.instructions]
    long = [instructions for instructions in told if min(instructions.totals) > BETWEEN_TICKS]
    assert len(long) > 1
    assert [] == [instructions.doubt for instructions in long if instructions.doubt]


@pytest.mark.guest
def test_a_case_too_large_for_the_guest_is_skipped_with_the_reason(boots):
    ending = next(each for each in boots[0].cases if each.case == TOO_LARGE)
    assert "skipped" == ending.state
    assert ending.reason.startswith("needs 39062 MiB of memory, and the guest has ")


@pytest.mark.guest
def test_what_makes_no_system_call_is_all_in_user_mode_to_the_instruction(boots):
    """Counted twice: by the emulator's clock, and step by step."""
    meant = [
        each
        for each in boots[0].cases
        if re.match(r"instruction/|switch/(wrpkru|double|rotate|call)", each.case.name)
    ]
    assert meant
    assert [] == [each.case.name for each in meant if each.user_value != each.value]


@pytest.mark.guest
def test_a_system_call_is_a_few_instructions_in_user_mode_and_the_rest_in_the_kernel(boots):
    called = next(each for each in boots[0].cases if each.case == GETPPID)
    assert called.user_value is not None
    assert called.user_value < 10
    assert called.value - called.user_value > 200


def changed(kernel: Kernel, append: str) -> Count:
    """Count a system call with more on the kernel's command line, which the machine then shows."""
    found = guest.count(kernel, [GETPPID], options=Options(append=append))
    assert append in str(found.card()["cmdline"]).split()
    assert f"({append})" in str(found.card()["name"])
    return found


@pytest.mark.guest
def test_a_kernel_without_keys_says_so_in_the_result(boots, kernel):
    assert "not enabled" in str(changed(kernel, "nopku").card()["keys"])
    assert "not enabled" not in str(boots[0].card()["keys"])


@pytest.mark.guest
def test_page_tables_of_the_kernels_own_lengthen_a_system_call(boots, kernel):
    """Not every kernel lists among its mitigations what it was made to do on an immune CPU."""
    assert value(changed(kernel, "pti=on"), GETPPID.name) > value(boots[0], GETPPID.name)


@pytest.mark.guest
def test_opening_by_a_register_takes_less_than_any_system_call(boots):
    raw = value(boots[0], "switch/wrpkru-raw/pages:1")
    assert raw < 10 < value(boots[0], GETPPID.name) < value(boots[0], "switch/mprotect/pages:1")


@pytest.mark.guest
def test_the_flush_ceiling_shows_between_33_and_34_pages(boots):
    """From 34 pages on the kernel flushes all at once: fewer instructions than page by page."""
    at_33 = value(boots[0], "protect/mprotect-rw-ro/pages:33")
    assert value(boots[0], "protect/mprotect-rw-ro/pages:34") < at_33


@pytest.mark.guest
def test_the_guest_is_described_as_the_machine_it_is(boots):
    card = boots[0].card()
    assert boots[0].kernel.release == card["kernel"]
    assert "TCG" == card["virtualisation"]
    assert {"supported": True, "reason": "", "count": 15, "initial_pkru": "0x55555554"} == card[
        "keys"
    ]
    assert "-cpu max,-erms" in str(card["emulator"])
    assert {"pku", "ospke"} <= set(str(card["cpu_flags"]).split())
    assert card["native_build"]


@pytest.mark.guest
def test_each_boot_becomes_a_run_of_each_measured_case(boots):
    runs = path_length.runs(boots)
    measured = {each.case.name for each in boots[0].cases if each.state == "measured"}
    assert measured == set(runs)
    assert [0, 1] == [run["metadata"]["pkbench_round"] for run in runs[GETPPID.name]]
    assert {"integer"} == {run["metadata"]["unit"] for each in runs.values() for run in each}


@pytest.mark.guest
def test_a_case_that_crashes_has_failed_and_the_rest_goes_on(kernel, tmp_path, monkeypatch):
    compiler = needs.program("cc")
    sources = [*CORE, *FAMILIES, *GUEST, PROGRAMS / "guest_wrong.c"]
    program = link(compiler, sources, tmp_path / "init", "-static")
    monkeypatch.setattr(guest, "program", lambda: program)
    crash = Case(GETPPID.benchmark._replace(family="wrong", name="crash"), ())
    crashed, rest = guest.count(kernel, [crash, GETPPID]).cases
    assert ("failed", "measured") == (crashed.state, rest.state)
    assert "the case was killed by signal 4 (Illegal instruction)" == crashed.reason
