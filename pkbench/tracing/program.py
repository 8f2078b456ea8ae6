"""Find where the guest's program reads its clock."""

import re
import struct

RDTSC = re.compile(rb"\x0f\x31")
HEADERS_AT, HEADERS_NUMBER = 32, 56  # in the header of a 64-bit ELF file
HEADER = struct.Struct("<IIQQQQQQ")  # type, flags, offset, address, -, size in the file, -, -
LOADED, EXECUTABLE = 1, 1


def clock_readings(program: bytes) -> frozenset[int]:
    """Return the addresses at which a static program may read the time-stamp counter.

    Bytes within other instructions may match too, but no processor executes them.
    """
    found: set[int] = set()
    (start,) = struct.unpack_from("<Q", program, HEADERS_AT)
    (number,) = struct.unpack_from("<H", program, HEADERS_NUMBER)
    for place in range(number):
        at = start + place * HEADER.size
        kind, flags, offset, address, _, size, _, _ = HEADER.unpack_from(program, at)
        if kind == LOADED and flags & EXECUTABLE:
            text = program[offset : offset + size]
            found.update(address + match.start() for match in RDTSC.finditer(text))
    return frozenset(found)
