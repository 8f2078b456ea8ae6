"""Read the emulator's log of executed instructions."""

import re
from collections.abc import Iterable, Iterator

# One line for each instruction, as each is translated separately:
# `Trace 0: … [cs_base/pc/flags/cflags]`.
COUNTER = re.compile(rb"^Trace .*?\[[0-9a-f]+/([0-9a-f]+)/", re.MULTILINE)
# The instruction of the line before was not executed: an interrupt or the host came first, or the
# instruction accesses a device and is translated again for that.
REVOKED = re.compile(rb"^(Stopped execution|cpu_io_recompile: rewound)", re.MULTILINE)


def program_counters(pieces: Iterable[bytes]) -> Iterator[list[int]]:
    """Yield the addresses of executed instructions, many at a time, from pieces of the log."""
    rest = b""
    waiting: list[int] = []  # the last address: the next line may revoke it
    for piece in pieces:
        whole, _, rest = (rest + piece).rpartition(b"\n")
        found = waiting + _addresses(whole, waiting)
        waiting = found[-1:]
        yield found[:-1]
    yield waiting


def _addresses(text: bytes, before: list[int]) -> list[int]:
    if not REVOKED.search(text):
        return [int(address, 16) for address in COUNTER.findall(text)]
    found: list[int] = []
    for line in text.splitlines():
        if REVOKED.match(line):
            (found or before)[-1:] = []
        elif match := COUNTER.match(line):
            found.append(int(match[1], 16))
    return found
