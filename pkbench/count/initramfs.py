"""Pack the archive that a kernel unpacks as its first file system."""

import stat
from collections.abc import Iterable
from dataclasses import dataclass

ALIGNMENT = 4
TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """A file, a directory or a device in the archive."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def directory(name: str) -> Entry:
    """Return a directory."""
    return Entry(name, stat.S_IFDIR | 0o755)


def file(name: str, content: bytes, mode: int = 0o644) -> Entry:
    """Return a regular file."""
    return Entry(name, stat.S_IFREG | mode, content)


def character_device(name: str, major: int, minor: int) -> Entry:
    """Return a character device."""
    return Entry(name, stat.S_IFCHR | 0o600, device=(major, minor))


def pack(entries: Iterable[Entry]) -> bytes:
    """Return the archive in the format "newc". Equal entries give equal archives.

    It has no times and no owners. The format is described in the kernel's
    Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    packed = bytearray()
    for inode, entry in enumerate([*entries, Entry(TRAILER, 0)], start=1):
        _append(packed, inode, entry)
    return bytes(packed)


def _append(packed: bytearray, inode: int, entry: Entry) -> None:
    name = entry.name.encode() + b"\0"
    owner = group = time = checksum = 0
    links = 1
    on_device = (0, 0)
    fields = (
        *(inode, entry.mode, owner, group, links, time, len(entry.content)),
        *(*on_device, *entry.device, len(name), checksum),
    )
    packed += b"070701" + b"".join(b"%08X" % field for field in fields) + name
    _align(packed)
    packed += entry.content
    _align(packed)


def _align(packed: bytearray) -> None:
    packed += bytes(-len(packed) % ALIGNMENT)
