"""A kernel in an emulated machine: counts the instructions that each case executes."""

import importlib.util
import os
import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pkbench import emulator, initramfs, kernels
from pkbench.answers import AnswerError, Answers, Progress
from pkbench.catalogue import Case
from pkbench.counted import Count
from pkbench.emulator import Boot, EmulatorError, Options
from pkbench.kernels import Kernel

MEMORY_MIB = 2048
# The largest cases keep a busy host occupied for half a minute each, in which the guest is silent.
PATIENCE_SECONDS = 300.0
CONSOLE_LINES = 200
# An emulated machine keeps one CPU of this one busy; booting it takes as long as some twenty cases.
CASES_A_GUEST, MOST_GUESTS = 50, 4
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
    """Boot a kernel and count the instructions of each case; many in equal guests side by side.

    A case's figure depends on no other: each runs in a process of its own, started afresh. Raises
    GuestError where a guest doesn't come up, ends early, falls silent or can't count exactly.
    """
    began, start = datetime.now(UTC), time.monotonic()
    guests = _guests_for(len(cases), memory_mib)
    together = _Together(guests, progress)
    parts = [Answers(cases[place::guests], together.of(place)) for place in range(guests)]
    content = program().read_bytes()
    qemu = find_emulator(options)
    # Left in the other order: it is the end of a guest that ends the listening to it.
    with ThreadPoolExecutor(guests) as pool, ExitStack() as running:
        boots = []
        for answers in parts:
            packed = pack(content, answers.asked)
            boot = Boot(qemu, kernel.path, packed, memory_mib, options.append)
            boots.append(running.enter_context(boot))
            answers.await_boot(kernel.release)
        # Threads begin when all guests have: a process that has threads is not to be forked.
        heard = {
            pool.submit(_listen, boot, answers, patience_seconds): (boot, answers)
            for boot, answers in zip(boots, parts, strict=True)
        }
        wait(heard, return_when=FIRST_EXCEPTION)
        for listening, (boot, answers) in heard.items():
            error = listening.exception() if listening.done() else None
            if isinstance(error, EmulatorError | AnswerError):
                raise GuestError(explain(str(error), kernel, boot, answers)) from error
            if error:
                raise error
    shown = parts[0].shown
    return Count(
        kernel=kernel,
        emulator=qemu,
        # All guests have the same processor: it is the kernel that tells them apart.
        machine=replace(shown.machine(), name=machine_name(kernel, options)),
        cpu_flags=shown.cpu_flags(),
        command_line=shown.command_line(),
        cases=tuple(parts[place % guests].ending(case) for place, case in enumerate(cases)),
        began=began,
        seconds=time.monotonic() - start,
    )


def _guests_for(cases: int, memory_mib: int) -> int:
    """Return in how many guests to count so many cases: half of the memory is for them."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2 // (memory_mib << 20)
    return max(1, min(len(os.sched_getaffinity(0)), memory, MOST_GUESTS, cases // CASES_A_GUEST))


class _Together:
    """The progress of guests side by side, as one."""

    def __init__(self, guests: int, progress: Callable[[Progress], None]) -> None:
        self._steps = [Progress(0, 0, "")] * guests
        self._progress = progress

    def of(self, place: int) -> Callable[[Progress], None]:
        """Return what to tell the progress of one of them to."""

        def tell(step: Progress) -> None:
            self._steps[place] = step
            done = sum(each.done for each in self._steps)
            self._progress(Progress(done, sum(each.total for each in self._steps), step.doing))

        return tell


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
    file = kernels.cache_directory() / "consoles" / f"{kernel.release}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(console.splitlines()[-CONSOLE_LINES:]) + "\n")
    return file
