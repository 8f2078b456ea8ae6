"""Counting instructions in an emulated guest."""

from collections.abc import Iterator

import pytest

from pkbench.cases.catalogue import Case, parse_case
from pkbench.count import guest, initramfs
from pkbench.count.guest import GuestError
from pkbench.count.guest_protocol import GuestProtocol, ProtocolError
from pkbench.count.result import Instructions
from pkbench.kernels.available import Kernel

EMPTY = parse_case("instruction/empty-loop")
CONTROL = parse_case("instruction/nop-100")
GETPPID = parse_case("syscall/getppid")
SIBLINGS = parse_case("threads/mprotect-siblings/siblings:sleeping/threads:2")


def hear(cases: list[Case], *lines: str) -> GuestProtocol:
    """Hear a guest's lines."""
    protocol = GuestProtocol(cases, lambda step: None)
    for line in lines:
        protocol.receive(line)
    return protocol


# What the guest says


def test_the_instructions_of_an_operation_are_what_twice_the_loops_take_longer():
    found = hear([GETPPID], "measured 2 100 9 32519 9 32519 32519 65019 8 65019 65020")
    assert 325.0 == found.result(GETPPID).value


def test_an_operation_that_runs_alone_is_counted_whole():
    assert 7.0 == hear([GETPPID], "measured 2 1 9 7 9 7 7").result(GETPPID).value


def test_repeats_that_differ_give_the_count_a_range_and_others_none():
    agreeing = hear([GETPPID], "measured 2 10 9 3250 9 3250 3250 6500 9 6500 6500")
    differing = hear([GETPPID], "measured 2 10 9 3250 4 3250 3260 6500 5 6490 6530")
    assert agreeing.result(GETPPID).value_range is None
    assert (323.0, 328.0) == differing.result(GETPPID).value_range
    alone = hear([GETPPID], "measured 2 1 9 7 4 7 9").result(GETPPID)
    assert (7.0, 9.0) == alone.value_range


def test_user_mode_is_what_twice_the_loops_take_longer_in_steps():
    lines = ("measured 2 64 9 20760 9 20760 20760 41496 8 41496 41496", "user 2 64 264 520 16")
    ending = hear([GETPPID], *lines).result(GETPPID)
    assert (324.0, 4.0) == (ending.value, ending.user_value)


def test_user_mode_that_runs_alone_has_what_surrounds_it_as_the_whole_has():
    ending = hear([GETPPID], "measured 2 1 9 324 9 324 324", "user 2 1 4 0 16").result(GETPPID)
    assert (324.0, 20.0) == (ending.value, ending.user_value)


@pytest.mark.parametrize("steps", [(), ("user 2 64 264 99999 16",)])
def test_user_mode_is_not_told_where_it_was_not_found_or_would_be_more_than_the_whole(steps):
    line = "measured 2 64 9 20760 9 20760 20760 41496 8 41496 41496"
    assert hear([GETPPID], line, *steps).result(GETPPID).user_value is None


def test_repeats_that_disagree_are_refused_with_what_they_took():
    ending = hear([GETPPID], "measured 2 64 24 20760 3 20760 20760 41496 1 41496 95000").result(
        GETPPID
    )
    assert "failed" == ending.state
    assert "no two took equally many" in ending.reason
    assert "41,496 to 95,000" in ending.reason


def test_repeats_of_many_instructions_may_differ_a_little_and_say_so():
    line = "measured 2 1 3 8000000 1 8000000 8009000"
    ending = hear([GETPPID], line).result(GETPPID)
    assert "measured" == ending.state
    assert ending.instructions is not None
    assert "the count may include other work of the kernel" in ending.instructions.warning


def test_the_controls_are_counted_first_and_once_whether_or_not_asked_for():
    assert [EMPTY, CONTROL, GETPPID] == hear([GETPPID, CONTROL]).asked


@pytest.mark.parametrize("total", [20419, 20418 + 100])
def test_a_guest_that_counts_a_hundred_as_something_else_is_refused(total):
    with pytest.raises(ProtocolError, match=r"does not count exactly: 100 instructions took 10"):
        hear(
            [],
            "measured 0 100 9 218 9 218 218 418 9 418 418",
            f"measured 1 100 9 10218 9 10218 10218 {total} 9 {total} {total}",
        )


def test_a_guest_without_its_controls_is_refused_with_their_reason():
    with pytest.raises(ProtocolError, match=r"can't count: no such benchmark"):
        hear(
            [],
            "failed 0 no such benchmark",
            "measured 1 100 9 10218 9 10218 10218 20418 9 20418 20418",
        )


def test_a_guest_with_a_problem_is_refused_with_it():
    with pytest.raises(ProtocolError, match=r"can't count: no real-time priority: Operation not"):
        hear([], "problem no real-time priority: Operation not permitted")


def test_a_case_that_fails_after_it_was_skipped_keeps_its_first_reason():
    lines = ("skipped 2 the CPU has none", "failed 2 the case ended with status 1")
    assert "the CPU has none" == hear([GETPPID], *lines).result(GETPPID).reason


def test_a_case_of_several_threads_is_skipped_and_never_sent():
    found = hear([SIBLINGS])
    assert SIBLINGS not in found.asked
    ending = found.result(SIBLINGS)
    assert ("skipped", "needs more than one thread") == (ending.state, ending.reason)


def test_a_case_without_an_answer_has_failed():
    ending = hear([GETPPID]).result(GETPPID)
    assert ("failed", "the guest reported nothing") == (ending.state, ending.reason)


@pytest.mark.parametrize(
    ("figures", "doubt"),
    [
        (Instructions(100, (32519, 65019), 9, (9, 8), ((32519, 32519), (65019, 65019))), ""),
        (
            Instructions(100, (32519, 65019), 9, (9, 1), ((32519, 32519), (65019, 65019))),
            "no two of",
        ),
        (
            Instructions(100, (32519, 75019), 9, (9, 9), ((32519, 32519), (75019, 75019))),
            "did not take twice",
        ),
        (Instructions(1, (1048667,), 2, (2,), ((1048667, 1048667),)), ""),
    ],
)
def test_a_figure_says_where_it_may_be_wrong(figures, doubt):
    assert (doubt in figures.warning) if doubt else not figures.warning


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


# What is counted
