"""The emulator's log of executed instructions."""

import re
from collections.abc import Iterable, Iterator

# A line an instruction where each is translated by itself: `Trace 0: … [cs_base/pc/flags/cflags]`.
COUNTER = re.compile(rb"^Trace .*?\[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)
# The instruction of the line before was not executed: an interrupt or the host came first, or it
# reaches a device and was translated once more for that.
TAKEN_BACK = re.compile(rb"^(Stopped execution|cpu_io_recompile: rewound)", re.MULTILINE)


def program_counters(pieces: Iterable[bytes]) -> Iterator[list[int]]:
    """Give the addresses of executed instructions from the log as it comes, many at a time."""
    rest = b""
    waiting: list[int] = []  # the last one: the next line may take it back
    for piece in pieces:
        whole, _, rest = (rest + piece).rpartition(b"\n")
        found = waiting + _addresses(whole, waiting)
        waiting = found[-1:]
        yield found[:-1]
    yield waiting


def _addresses(text: bytes, before: list[int]) -> list[int]:
    if not TAKEN_BACK.search(text):
        return [int(address, 16) for address in COUNTER.findall(text)]
    found: list[int] = []
    for line in text.splitlines():
        if TAKEN_BACK.match(line):
            (found or before)[-1:] = []
        elif match := COUNTER.match(line):
            found.append(int(match[1], 16))
    return found
