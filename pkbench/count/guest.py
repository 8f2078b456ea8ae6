"""Boot a kernel in an emulated machine and count the instructions of each case."""

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
from pkbench.count.guest_protocol import GuestProtocol, Progress, ProtocolError
from pkbench.count.result import Count
from pkbench.kernels import available
from pkbench.kernels.available import Kernel

MEMORY_MIB = 2048
# On a busy host, the largest cases take half a minute each, during which the guest writes nothing.
PATIENCE_SECONDS = 300.0
CONSOLE_LINES = 200
TRACED = " traced"  # as native/guest/guest.h has it


DEFAULTS = Options()


class GuestError(Exception):
    """Nothing could be counted; the message says why in one sentence."""


def program() -> Path:
    """Return the static program that runs as the guest's first process; GuestError without one."""
    native = importlib.util.find_spec("pkbench._native")
    found = Path(native.origin).parent / "_guest" / "init" if native and native.origin else None
    if found is None or not found.is_file():
        raise GuestError(
            "the guest's program was not built, because there was no static C library for x86-64: "
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

    Raise GuestError where the guest doesn't boot, ends early, writes nothing for
    `patience_seconds`, or can't count exactly.
    """
    began, start = datetime.now(UTC), time.monotonic()
    protocol = GuestProtocol(cases, progress)
    content = program().read_bytes()
    qemu = find_emulator(options)
    progress(Progress(0, len(protocol.asked), f"booting {kernel.release}"))
    with Boot(qemu, kernel.path, pack(content, protocol.asked), memory_mib, options.append) as boot:
        try:
            _listen(boot, protocol, patience_seconds)
        except (EmulatorError, ProtocolError) as error:
            raise GuestError(explain(str(error), kernel, boot, protocol)) from error
    return Count(
        kernel=kernel,
        emulator=qemu,
        # All guests have the same processor; the kernel distinguishes them.
        machine=replace(protocol.facts.machine(), name=machine_name(kernel, options)),
        cpu_flags=protocol.facts.cpu_flags(),
        command_line=protocol.facts.command_line(),
        cases=tuple(protocol.result(case) for case in cases),
        began=began,
        seconds=time.monotonic() - start,
    )


def machine_name(kernel: Kernel, options: Options) -> str:
    """Return the guest's name: its kernel, and the options that distinguish it."""
    said = str(options)
    return f"Linux {kernel.version}{f' ({said})' if said else ''}"


def find_emulator(options: Options) -> emulator.Emulator:
    """Find QEMU; raise GuestError without it, or for options that are not valid."""
    try:
        emulator.command_line(options.append)
        return emulator.find(options.cpu)
    except EmulatorError as error:
        raise GuestError(str(error)) from error


def _listen(boot: Boot, protocol: GuestProtocol, patience_seconds: float) -> None:
    for line in boot.lines(patience_seconds):
        protocol.receive(line)
        if protocol.finished:
            return
    raise EmulatorError("ended before everything was counted")


def pack(content: bytes, cases: Iterable[Case], traced: Case | None = None) -> bytes:
    """Return the guest's file system: the program and its list of cases, `traced` marked in it."""
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


def explain(error: str, kernel: Kernel, boot: Boot, protocol: GuestProtocol) -> str:
    """Return in one sentence what went wrong; save the console's last lines to a file."""
    console = boot.console()
    panic = re.search(r"Kernel panic - not syncing: (.+)", console)
    if panic:
        error = f"panicked ({panic[1].strip()})"
    elif not console and boot.error_message():
        error = f"was not booted ({boot.error_message()})"
    where = f" in {protocol.doing}" if protocol.doing else ""
    kept = _keep_console(kernel, console)
    return f"the guest with kernel {kernel.release} {error}{where}; its console is saved in {kept}"


def _keep_console(kernel: Kernel, console: str) -> Path:
    """Save the console's last lines, and return the file."""
    file = available.cache_directory() / "consoles" / f"{kernel.release}.log"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(console.splitlines()[-CONSOLE_LINES:]) + "\n")
    return file
