"""Programs that may do anything, and what they say of the native code."""

import os
import shlex
import sys
from pathlib import Path

import needs
import pytest
from processes import gone

from pkbench.profiler.perf import code
from pkbench.profiler.processes import TRACEFS, ProgramError, checked, run

pytestmark = pytest.mark.alone


def test_a_program_that_hangs_is_ended_with_all_it_started(tmp_path: Path) -> None:
    file = tmp_path / "child"
    script = f"sleep 600 & echo $! > {file}; wait"

    with pytest.raises(ProgramError, match="sh took longer than 1 s and was ended"):
        run(("sh", "-c", script), 1)
    assert gone(int(file.read_text()))


def test_what_a_program_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    file = tmp_path / "child"

    assert 0 == run(("sh", "-c", f"sleep 600 & echo $! > {file}"), 10).code
    assert gone(int(file.read_text()))


def test_a_program_that_never_stops_talking_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pkbench.profiler.processes.MOST_OUTPUT", 1 << 16)

    with pytest.raises(ProgramError, match="yes wrote more than"):
        run(("yes",), 20)


def test_a_program_that_fails_is_told_with_its_last_words() -> None:
    with pytest.raises(ProgramError, match="sh exited with 3: no such luck"):
        checked(("sh", "-c", "echo no such; echo 'no such\nluck' >&2; exit 3"), 10)


def test_a_program_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ProgramError, match=r"^no-such-program is not installed$"):
        run(("no-such-program",), 10)


def test_an_interrupt_ends_the_program_with_all_it_started(tmp_path: Path) -> None:
    file = tmp_path / "child"
    program = (
        "import signal, threading, os\n"
        "from pkbench.profiler.processes import run\n"
        "threading.Timer(1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()\n"
        f"run(('sh', '-c', 'sleep 600 & echo $! > {file}; wait'), 60)\n"
    )
    ended = run((sys.executable, "-c", program), 30)

    assert "KeyboardInterrupt" in ended.said
    assert gone(int(file.read_text()))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_tracefs_is_mounted_for_nobody_else_even_where_mounts_are_shared(tmp_path: Path) -> None:
    needs.program("unshare")
    look = "test -d /sys/kernel/tracing/events"
    script = (
        "mount --make-rshared / && "
        "{ while umount /sys/kernel/tracing 2>/dev/null; do :; done; } && "
        f"cp /proc/self/mounts {tmp_path}/before && ! {look} && "
        f"{shlex.join((*TRACEFS, 'exec', 'sh', '-c', look))} && "
        f"cp /proc/self/mounts {tmp_path}/after"
    )
    checked(("unshare", "-m", "--propagation", "private", "sh", "-c", script), 20)

    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


def test_the_timed_function_is_disassembled_with_its_loop() -> None:
    needs.program("objdump")
    import pkbench._native as native  # noqa: PLC0415

    module = str(native.__file__)
    (nop,) = (each for each in code.symbols(module) if each.name == "run_nop")
    found = code.annotated(module, nop.address, {nop.address: 3})
    loop = [each for each in found if each.in_loop]

    assert 100 == sum(each.text == "nop" for each in loop)
    assert loop[-1].text.startswith("j")
    assert 3 == found[0].samples


def test_a_function_that_is_not_there_is_one_sentence() -> None:
    needs.program("objdump")
    import pkbench._native as native  # noqa: PLC0415

    with pytest.raises(ProgramError, match="no function"):
        code.annotated(str(native.__file__), 1, {})
