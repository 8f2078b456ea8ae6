"""Write reproducible archives, and read untrusted ones within limits."""

from __future__ import annotations

import gzip
import io
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

from . import bounded_json
from .bounded_json import ResultError

BLOCK, CHUNK = tarfile.BLOCKSIZE, 2**16
LARGEST_ARCHIVE = 2**30  # bytes when unpacked; 50 results of 4 MB and their report have 300 MB
MOST_MEMBERS = 20_000
MAGIC_AT, MAGIC = 257, b"ustar"


class Member(NamedTuple):
    """A file in an archive; its chunks must be read before the next member."""

    name: str
    chunks: Iterator[bytes]


def write(output: IO[bytes], files: Mapping[str, Path]) -> None:
    """Write files as a gzipped tar archive; its bytes depend only on their names and contents."""
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=output, compresslevel=6, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, path in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = path.stat().st_size, 0o644
            with path.open("rb") as file:
                archive.addfile(info, file)


def is_archive(path: Path) -> bool:
    """Return whether a file looks like a gzipped tar archive."""
    try:
        with _opened(path) as file, gzip.GzipFile(fileobj=file) as packed:
            return packed.read(BLOCK)[MAGIC_AT:].startswith(MAGIC)
    except (OSError, EOFError, ValueError, zlib.error, ResultError):
        return False


def read(name: str, path: Path) -> Iterator[Member]:
    """Yield the files in a gzipped tar archive; nothing is written to disk.

    Headers are read without tar's extensions, which may claim any amount of memory. Raises
    ResultError, which calls the archive `name`, where it is damaged or too large, or holds anything
    but files and folders.
    """
    try:
        with _opened(path) as file, gzip.GzipFile(fileobj=file) as packed:
            yield from _members(name, _Bounded(name, packed))
    except OSError as error:
        raise ResultError(f"{name} can't be read: {error.strerror}.") from None


class _Bounded:
    """A stream that returns exactly the bytes asked for, or raises ResultError."""

    def __init__(self, name: str, stream: io.BufferedIOBase) -> None:
        self.name, self._stream, self._left = name, stream, LARGEST_ARCHIVE

    def take(self, size: int) -> bytes:
        self._left -= size
        if self._left < 0:
            size = LARGEST_ARCHIVE // 2**20
            raise ResultError(f"{self.name} is larger than {size} MiB when unpacked.")
        try:
            data = self._stream.read(size)
        except (gzip.BadGzipFile, zlib.error) as error:
            why = bounded_json.clean(str(error))
            raise ResultError(f"{self.name} can't be unpacked: {why}.") from None
        except EOFError:
            data = b""
        if len(data) < size:
            raise ResultError(f"{self.name} is cut off: it ends in the middle.")
        return data


def _members(name: str, stream: _Bounded) -> Iterator[Member]:
    for _ in range(MOST_MEMBERS):
        header = stream.take(BLOCK)
        if not any(header):
            return
        try:
            info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError):
            raise ResultError(f"{name} is damaged: it has an invalid header.") from None
        if not info.isreg() and not info.isdir():
            shown = bounded_json.clean(info.name, 80)
            raise ResultError(f"{name} holds {shown}, which is neither a file nor a folder.")
        chunks = _chunks(stream, info.size)
        if info.isreg():
            yield Member(info.name, chunks)
        for _rest in chunks:
            pass
    raise ResultError(f"{name} holds more than {MOST_MEMBERS:,} files.")


def _chunks(stream: _Bounded, size: int) -> Iterator[bytes]:
    left = size
    while left > 0:
        yield stream.take(min(left, CHUNK))
        left -= CHUNK
    stream.take(-size % BLOCK)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a regular file; never wait, as for a pipe without a writer."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ResultError(f"{bounded_json.clean(str(path))} is not a regular file.")
        yield file
