"""Read the kernel's counters of each CPU: steal time, and interrupts between CPUs."""

import functools
import os
import time
from collections.abc import Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

# The quantities in each file under /proc: the keys of `KernelCounters.between`.
QUANTITIES = {
    "stat": ("steal_seconds",),
    "interrupts": ("tlb_shootdowns", "function_call_interrupts"),
}
# Lines of /proc/interrupts as x86 names them (arch/x86/kernel/irq.c).
LINES = {"tlb_shootdowns": b"TLB", "function_call_interrupts": b"CAL"}
# Among the numbers of a CPU in /proc/stat, in ticks (proc_stat(5)).
STEAL_PLACE = 7
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# A tenth of a value of the standard preset. With many CPUs and devices, /proc/interrupts is long
# and the kernel computes /proc/stat from it. A longer reading would dominate the measurement.
LONGEST_SECONDS = 0.0003
CHUNK = 1 << 16


class Reading(NamedTuple):
    """The contents of the files at one moment."""

    stat: bytes  # not parsed yet: only the value's CPU matters; empty if unreadable
    interrupts: Mapping[str, int]  # quantity -> sum over all CPUs


class KernelCounters:
    """Reads the counters through files that stay open."""

    def __init__(self, proc: Path = Path("/proc"), longest: float = LONGEST_SECONDS) -> None:
        self.missing: dict[str, str] = {}  # quantity -> why it can't be read here
        self._files: dict[str, int] = {}
        for name, quantities in QUANTITIES.items():
            reason = self._open(proc, name, longest)
            self.missing |= dict.fromkeys(quantities, reason) if reason else {}
        if "interrupts" in self._files:
            self.missing |= _lines_missing(self.read().interrupts)

    def _open(self, proc: Path, name: str, longest: float) -> str:
        """Open a file; return "" or why it can't be used."""
        try:
            opened = os.open(proc / name, os.O_RDONLY | os.O_CLOEXEC)
            took = min(_seconds_to_read(opened) for _ in range(3))
        except OSError as error:
            return f"/proc/{name}: {error.strerror}"
        if took > longest:
            os.close(opened)
            return (
                f"reading /proc/{name} takes {took * 1e6:,.0f} µs here, "
                f"more than the {longest * 1e6:,.0f} µs allowed with each value"
            )
        self._files[name] = opened
        return ""

    def read(self) -> Reading:
        """Read the files that could be opened."""
        return Reading(self._content("stat"), _totals(self._content("interrupts")))

    def _content(self, name: str) -> bytes:
        try:
            return _content(self._files[name]) if name in self._files else b""
        except OSError:  # the quantity is then missing with some values, and gets a reason
            return b""

    def between(self, before: Reading, after: Reading, cpu: int) -> Iterator[tuple[str, float]]:
        """Yield each quantity that both readings have, as the difference between them.

        Steal time is of `cpu`, in seconds; interrupts are of all CPUs. The kernel counts steal time
        in whole ticks, 10 ms on most machines.
        """
        first, last = _steal_ticks(before.stat, cpu), _steal_ticks(after.stat, cpu)
        if first is not None and last is not None:
            yield "steal_seconds", (last - first) / TICKS_PER_SECOND
        for quantity in before.interrupts.keys() & after.interrupts.keys():
            yield quantity, after.interrupts[quantity] - before.interrupts[quantity]

    def close(self) -> None:
        """Close the files."""
        while self._files:
            os.close(self._files.popitem()[1])


@functools.cache
def kernel_counters() -> KernelCounters:
    """Return this process's counters; their files stay open until it ends."""
    return KernelCounters()


def _content(opened: int) -> bytes:
    """Return a whole file; the kernel gives about a page at a time."""
    chunks: list[bytes] = []
    place = 0
    while chunk := os.pread(opened, CHUNK, place):
        chunks.append(chunk)
        place += len(chunk)
    return b"".join(chunks)


def _seconds_to_read(opened: int) -> float:
    began = time.perf_counter()
    _content(opened)
    return time.perf_counter() - began


def _lines_missing(totals: Mapping[str, int]) -> dict[str, str]:
    return {
        quantity: f"/proc/interrupts has no line {label.decode()}"
        for quantity, label in LINES.items()
        if quantity not in totals
    }


def _steal_ticks(stat: bytes, cpu: int) -> int | None:
    numbers = _rest_of_line(stat, b"\ncpu%d " % cpu).split()
    return int(numbers[STEAL_PLACE]) if len(numbers) > STEAL_PLACE else None


def _totals(interrupts: bytes) -> dict[str, int]:
    """Return the sums over CPUs of lines such as `TLB:  17  4   TLB shootdowns`."""
    lines = ((name, _rest_of_line(interrupts, label + b":")) for name, label in LINES.items())
    return {
        name: sum(map(int, takewhile(bytes.isdigit, line.split()))) for name, line in lines if line
    }


def _rest_of_line(text: bytes, label: bytes) -> bytes:
    """Return what follows a label on its line; a regular expression takes ten times as long."""
    start = text.find(label)
    return text[start + len(label) : text.find(b"\n", start + 1)] if start >= 0 else b""
