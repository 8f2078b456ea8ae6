"""Counting instructions in an emulated guest that boots."""

import re
import subprocess
import time
from pathlib import Path

import needs
import pytest
from kernels_made import image
from native_programs import CORE, FAMILIES, GUEST, PROGRAMS, link

from pkbench.cases.catalogue import Case, parse_case
from pkbench.cases.selection import select
from pkbench.count import guest, path_length
from pkbench.count.emulator import Options
from pkbench.count.guest import GuestError
from pkbench.count.result import Count, Counted
from pkbench.kernels.available import Kernel

EMPTY = parse_case("instruction/empty-loop")
CONTROL = parse_case("instruction/nop-100")
GETPPID = parse_case("syscall/getppid")
SIBLINGS = parse_case("threads/mprotect-siblings/siblings:sleeping/threads:2")
TOO_LARGE = parse_case("switch/mprotect/pages:10000000")
BETWEEN_TICKS = 4_000_000  # instructions, at 250 Hz


# What the guest says


# The guest's file system


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


@pytest.mark.guest
def test_a_kernel_that_emulation_does_not_boot_is_one_sentence(consoles, tmp_path):
    needs.qemu()
    path = tmp_path / "vmlinuz"
    path.write_bytes(image())
    with pytest.raises(GuestError, match=r"6\.1\.0 was not booted \(.+\); its console is saved in"):
        guest.count(Kernel("6.1.0", path, "file", "6.1.0"), [], patience_seconds=20)


@pytest.mark.guest
def test_a_kernel_that_panics_is_one_sentence_and_its_console_is_kept(
    kernel, consoles, tmp_path, monkeypatch
):
    (tmp_path / "init").write_text("not a program")
    monkeypatch.setattr(guest, "program", lambda: tmp_path / "init")
    with pytest.raises(
        GuestError, match=r"panicked \(.*init.*\); its console is saved in "
    ) as caught:
        guest.count(kernel, [])
    kept = consoles / f"{kernel.release}.log"
    assert str(caught.value).endswith(str(kept))
    assert "Kernel panic" in kept.read_text()


@pytest.mark.guest
def test_a_guest_that_falls_silent_is_killed_in_time(kernel, consoles):
    began = time.monotonic()
    with pytest.raises(GuestError, match=r"wrote nothing for 1 seconds; its console is saved in "):
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
    assert [] == [reason for reason in others if "and no two took equally many" not in reason]
    assert len(others) <= len(for_one) // 20


@pytest.mark.guest
def test_what_takes_longer_than_the_time_between_two_ticks_is_counted_as_exactly(kernel):
    count = guest.count(kernel, select(["protect", "switch"], ["pages=16384"], "standard"))
    long = [
        (each.case.name, each.value_range, each.instructions.warning)
        for each in count.cases
        if each.instructions and min(each.instructions.totals) > BETWEEN_TICKS
    ]
    assert len(long) > 1
    assert [(name, None, "") for name, _, _ in long] == long


@pytest.mark.guest
def test_another_command_line_changes_no_count_beyond_its_range(kernel):
    """Whatever moves in memory or in time: what differs is told by the range, whatever its size."""
    restless = ["fault/pkey-not-present", "syscall/mprotect-split-merge"]
    long = ["switch/mprotect", "protect/mprotect-none-rw", "protect/mprotect-ro-rw"]
    cases = select([*restless, *long], ["pages=16384"], "standard")
    first, second = (
        guest.count(kernel, cases, options=Options(append=append)).cases
        for append in ("", "loglevel=2 pkbench.made=0123456789")
    )
    assert [] == [
        (one.case.name, one.value, two.value)
        for one, two in zip(first, second, strict=True)
        if one.instructions and not overlap(one, two)
    ]


def overlap(one: Counted, two: Counted) -> bool:
    """Tell whether the ranges of two counts overlap."""
    (low, high), (least, most) = (
        each.value_range or (each.value, each.value) for each in (one, two)
    )
    return low <= most and least <= high


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
