"""Read the header of an x86 kernel image."""

import struct
from dataclasses import dataclass
from pathlib import Path

HEADER_SIZE = 0x10000

# Offsets in the boot sector (Linux, Documentation/arch/x86/boot.rst).
BOOT_FLAG = 0x1FE
MAGIC = 0x202
VERSION_POINTER = 0x20E
VERSION_BASE = 0x200


class KernelImageError(Exception):
    """The file is no bootable kernel; the message says why in one sentence."""


@dataclass(frozen=True)
class KernelImage:
    """What a kernel image's header says."""

    release: str
    description: str


def read(path: Path) -> KernelImage:
    """Read a kernel image's header; raise KernelImageError where the file has none."""
    try:
        with path.open("rb") as file:
            header = file.read(HEADER_SIZE)
    except OSError as error:
        raise KernelImageError(f"{path} can't be read: {error.strerror}") from error
    text = _version(header)
    if not text:
        raise KernelImageError(f"{path} is not an x86 Linux kernel image (bzImage)")
    release, _, description = text.partition(" ")
    return KernelImage(release, description)


def _version(header: bytes) -> str:
    if header[BOOT_FLAG : BOOT_FLAG + 2] != b"\x55\xaa" or header[MAGIC : MAGIC + 4] != b"HdrS":
        return ""
    (pointer,) = struct.unpack_from("<H", header, VERSION_POINTER)
    text, _, _ = header[VERSION_BASE + pointer :].partition(b"\0")
    return text.decode(errors="replace") if pointer else ""
