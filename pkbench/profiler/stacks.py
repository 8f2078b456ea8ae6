"""Samples as perf prints them, folded."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from pkbench.profiler.processes import ProgramError

Stack = tuple[str, ...]  # functions, the outermost first

KERNEL = "_[k]"  # what stack collapsers mark the kernel's functions with
UNKNOWN = "[unknown]"
MOST_SAMPLES = 1_000_000
DEEPEST = 200
HEAD = re.compile(r"\s*(-?\d+)\s*")
FRAME = re.compile(r"\s+([0-9a-f]{1,16}) (.+) \((.*)\)")
# What mprotect does for a profiler that looks on: kernel/events/core.c.
PROFILERS_OWN = re.compile(r"perf_event_mmap|perf_iterate|perf_event_mmap_output")


@dataclass(frozen=True)
class Frame:
    """A function on a stack, or a place in a file where its name isn't known."""

    address: int
    name: str
    file: str


@dataclass(frozen=True)
class Sample:
    """Where a thread was at one moment; the innermost frame first."""

    thread: int
    frames: tuple[Frame, ...]

    @property
    def kernel(self) -> tuple[Frame, ...]:
        """Return the kernel's functions: they come first, and have the upper half of addresses."""
        return tuple(itertools.takewhile(lambda each: each.address >= 1 << 63, self.frames))

    @property
    def user(self) -> tuple[Frame, ...]:
        """Return those of user mode."""
        return self.frames[len(self.kernel) :]


def parse(text: str) -> Iterator[Sample]:
    """Give the samples of `perf script -F tid,ip,sym,dso`; ProgramError where it is none."""
    thread: int | None = None
    frames: list[Frame] = []
    samples = 0
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            if thread is not None and frames:
                samples += 1
                yield Sample(thread, tuple(frames))
            thread, frames = None, []
        elif (head := HEAD.fullmatch(line)) and thread is None:
            thread = int(head[1])
        elif (frame := FRAME.fullmatch(line)) and thread is not None:
            frames.append(Frame(int(frame[1], 16), frame[2], frame[3]))
        else:
            raise ProgramError(f"perf script printed what is no sample: {line.strip()[:60]!r}")
        if samples > MOST_SAMPLES:
            raise ProgramError(f"perf script printed more than {MOST_SAMPLES:,} samples")


def fold(samples: Iterator[Sample], roles: dict[int, str]) -> Counter[Stack]:
    """Return how often each stack was seen, below the thread's role where there are several."""
    found: Counter[Stack] = Counter()
    for sample in samples:
        role = roles.get(sample.thread, "another thread") if len(roles) > 1 else ""
        names = tuple(_names(sample))
        found[(role, *names) if role else names] += 1
    return found


def innermost(samples: Iterator[Sample], module: str, base: int) -> Counter[int]:
    """Return how often each place in a file was executed, by its offset there."""
    found: Counter[int] = Counter()
    for sample in samples:
        frame = sample.frames[0]
        if PurePath(frame.file).name == PurePath(module).name:
            # Some versions of perf print where the place is in memory.
            found[frame.address - base if frame.address >= base > 0 else frame.address] += 1
    return found


def is_profilers_own(stack: Stack) -> bool:
    """Tell whether a stack is work that only a profiler's presence makes."""
    return any(PROFILERS_OWN.match(name) for name in stack)


def _names(sample: Sample) -> Iterator[str]:
    """Give the functions from the outermost in.

    Code without frame pointers leaves nonsense above the function that was executed in user mode:
    what has no name there is left out.
    """
    for frame in reversed(sample.user[:DEEPEST]):
        if frame.name != UNKNOWN:
            yield frame.name
        elif frame is sample.user[0]:
            yield f"[{PurePath(frame.file.strip('[]')).name or 'unknown'}]"
    for frame in reversed(sample.kernel[:DEEPEST]):
        yield ("kernel" if frame.name == UNKNOWN else frame.name) + KERNEL
