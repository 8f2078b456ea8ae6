"""A kernel in an emulated machine: counts the instructions that each case executes."""

import importlib.util
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pkbench.cases.catalogue import Case
from pkbench.count import emulator, initramfs
from pkbench.count.emulator import Boot, EmulatorError, Options
from pkbench.count.guest_protocol import AnswerError, Answers, Progress
from pkbench.count.result import Count
from pkbench.kernels import available
from pkbench.kernels.available import Kernel

MEMORY_MIB = 2048
# The largest cases keep a busy host occupied for half a minute each, in which the guest is silent.
PATIENCE_SECONDS = 300.0
CONSOLE_LINES = 200
TRACED = " traced"  # as native/guest/guest.h has it


DEFAULTS = Options()


class GuestError(Exception):
    """Says in one sentence why nothing could be counted."""


def program() -> Path:
    """Find the static program that runs as the guest's first process."""
    native = importlib.util.find_spec("pkbench._native")
    found = Path(native.origin).parent / "_guest" / "init" if native and native.origin else None
    if found is None or not found.is_file():
        raise GuestError(
            "the guest's program was not built, for want of a static C library for x86-64: "
            "install libc6-dev (Debian, Ubuntu) or glibc-static (Fedora) and build pkbench again"
        )
    return found


def count(
    kernel: Kernel,
    cases: Sequence[Case],
    progress: Callable[[Progress], None] = lambda step: None,
    options: Options = DEFAULTS,
    memory_mib: int = MEMORY_MIB,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Count:
    """Boot a kernel once and count the instructions of each case.

    Raises GuestError where the guest doesn't come up, ends early, falls silent or can't count
    exactly.
    """
    began, start = datetime.now(UTC), time.monotonic()
    answers = Answers(cases, progress)
    content = program().read_bytes()
    qemu = find_emulator(options)
    progress(Progress(0, len(answers.asked), f"booting {kernel.release}"))
    with Boot(qemu, kernel.path, pack(content, answers.asked), memory_mib, options.append) as boot:
        try:
            _listen(boot, answers, patience_seconds)
        except (EmulatorError, AnswerError) as error:
            raise GuestError(explain(str(error), kernel, boot, answers)) from error
    return Count(
        kernel=kernel,
        emulator=qemu,
        # All guests have the same processor: it is the kernel that tells them apart.
        machine=replace(answers.shown.machine(), name=machine_name(kernel, options)),
        cpu_flags=answers.shown.cpu_flags(),
        command_line=answers.shown.command_line(),
        cases=tuple(answers.ending(case) for case in cases),
        began=began,
        seconds=time.monotonic() - start,
    )


def machine_name(kernel: Kernel, options: Options) -> str:
    """Name the guest by what tells it from others."""
    said = str(options)
    return f"Linux {kernel.version}{f' ({said})' if said else ''}"


def find_emulator(options: Options) -> emulator.Emulator:
    """Find QEMU, and refuse options that it can't take."""
    try:
        emulator.command_line(options.append)
        return emulator.find(options.cpu)
    except EmulatorError as error:
        raise GuestError(str(error)) from error


def _listen(boot: Boot, answers: Answers, patience_seconds: float) -> None:
    for line in boot.answers(patience_seconds):
        answers.hear(line)
        if answers.finished:
            return
    raise EmulatorError("ended before everything was counted")


def pack(content: bytes, cases: Iterable[Case], traced: Case | None = None) -> bytes:
    """Make the guest's file system: the program and its list of cases, one of them to be traced."""
    listed = "".join(
        f"{index} {_line(case)}{TRACED if case == traced else ''}\n"
        for index, case in enumerate(cases)
    )
    return initramfs.pack(
        [
            initramfs.directory("dev"),
            initramfs.character_device("dev/console", 5, 1),
            initramfs.file("init", content, mode=0o755),
            initramfs.file("cases", listed.encode()),
        ]
    )


def _line(case: Case) -> str:
    first, second, third, *_ = (*case.point, 0, 0, 0)
    return f"{case.benchmark.full_name} {first} {second} {third}"


def explain(error: str, kernel: Kernel, boot: Boot, answers: Answers) -> str:
    """Say in one sentence what went wrong, and keep the console's last lines in a file."""
    console = boot.console()
    panic = re.search(r"Kernel panic - not syncing: (.+)", console)
    if panic:
        error = f"panicked ({panic[1].strip()})"
    elif not console and boot.complaint():
        error = f"was not booted ({boot.complaint()})"
    where = f" in {answers.doing}" if answers.doing else ""
    kept = _keep_console(kernel, console)
    return f"the guest with kernel {kernel.release} {error}{where}; its console is in {kept}"


def _keep_console(kernel: Kernel, console: str) -> Path:
    """Keep the console's last lines."""
    file = available.cache_directory() / "consoles" / f"{kernel.release}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(console.splitlines()[-CONSOLE_LINES:]) + "\n")
    return file
