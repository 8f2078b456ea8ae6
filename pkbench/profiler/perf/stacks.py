"""Parse and fold the samples that perf prints."""

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pkbench.profiler.processes import ProgramError

Stack = tuple[str, ...]  # functions, the outermost first

KERNEL = "_[k]"  # the mark of the kernel's functions in folded stacks
UNKNOWN = "[unknown]"
MOST_SAMPLES = 1_000_000
DEEPEST = 200
BETWEEN = re.compile(r"\n[ \t]*\n")
HEAD = re.compile(r"\s*(-?\d+)\s*")
FRAME = re.compile(r"\s+([0-9a-f]{1,16}) (.+) \((.*)\)")
# What mprotect does only for a profiler: kernel/events/core.c.
PROFILERS_OWN = re.compile(r"perf_event_mmap|perf_iterate|perf_event_mmap_output")


@dataclass(frozen=True)
class Frame:
    """A function on a stack, or an address in a file if its name isn't known."""

    address: int
    name: str
    file: str


@dataclass(frozen=True)
class Sample:
    """A thread's stack at one moment, the innermost frame first."""

    thread: int
    frames: tuple[Frame, ...]

    @property
    def kernel(self) -> tuple[Frame, ...]:
        """Return the kernel's frames: they come first, in the upper half of addresses."""
        return tuple(itertools.takewhile(lambda each: each.address >= 1 << 63, self.frames))

    @property
    def user(self) -> tuple[Frame, ...]:
        """Return the frames of user mode."""
        return self.frames[len(self.kernel) :]


def parse(text: str) -> Counter[Sample]:
    """Return the samples in the output of `perf script -F tid,ip,sym,dso`, and how often each is.

    Most samples of a loop are equal, so equal ones are parsed once. Raise ProgramError where the
    text is something else.
    """
    blocks = Counter(BETWEEN.split(text))
    if blocks.total() > MOST_SAMPLES:
        raise ProgramError(f"perf script printed more than {MOST_SAMPLES:,} samples")
    found: Counter[Sample] = Counter()
    for block, number in blocks.items():
        head, *lines = block.strip("\n").splitlines() or [""]
        if not (head or lines):
            continue
        sample = Sample(_thread(head), tuple(map(_frame, lines)))
        if sample.frames:
            found[sample] += number
    return found


def _thread(line: str) -> int:
    match = HEAD.fullmatch(line)
    if match is None:
        raise _no_sample(line)
    return int(match[1])


@functools.lru_cache(maxsize=1 << 14)
def _frame(line: str) -> Frame:
    match = FRAME.fullmatch(line)
    if match is None:
        raise _no_sample(line)
    return Frame(int(match[1], 16), match[2], match[3])


def _no_sample(line: str) -> ProgramError:
    return ProgramError(f"perf script printed a line that is no sample: {line.strip()[:60]!r}")


def fold(samples: Mapping[Sample, int], roles: dict[int, str]) -> Counter[Stack]:
    """Return how often each stack was sampled; with several threads, under the thread's role."""
    found: Counter[Stack] = Counter()
    for sample, number in samples.items():
        role = roles.get(sample.thread, "another thread") if len(roles) > 1 else ""
        names = tuple(_names(sample))
        found[(role, *names) if role else names] += number
    return found


def innermost(samples: Mapping[Sample, int], module: str, base: int) -> Counter[int]:
    """Return how often samples found each offset in a file executed."""
    found: Counter[int] = Counter()
    for sample, number in samples.items():
        frame = sample.frames[0]
        if PurePath(frame.file).name == PurePath(module).name:
            # Some versions of perf print the address in memory.
            at = frame.address - base if frame.address >= base > 0 else frame.address
            found[at] += number
    return found


def is_profilers_own(stack: Stack) -> bool:
    """Return whether a stack is work that only a profiler causes."""
    return any(PROFILERS_OWN.match(name) for name in stack)


def _names(sample: Sample) -> Iterator[str]:
    """Yield the functions, the outermost first.

    Code without frame pointers leaves invalid frames above the executed function of user mode, so
    frames without a name are left out there.
    """
    for frame in reversed(sample.user[:DEEPEST]):
        if frame.name != UNKNOWN:
            yield frame.name
        elif frame is sample.user[0]:
            yield f"[{PurePath(frame.file.strip('[]')).name or 'unknown'}]"
    for frame in reversed(sample.kernel[:DEEPEST]):
        yield ("kernel" if frame.name == UNKNOWN else frame.name) + KERNEL
