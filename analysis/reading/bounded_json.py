"""Parse JSON of untrusted files within limits of size, depth and numbers."""

from __future__ import annotations

import gzip
import json
import os
import stat
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

LARGEST_FILE = 128 * 2**20  # bytes; a result of 200 cases, 20 processes and 5 values has 4 MB
# Brackets, braces and commas: the same result has 300,000. An entry takes a few dozen bytes in the
# file and up to 200 in memory.
MOST_PARTS = 12_000_000
LONGEST_TEXT = 2000
DEEPEST = 8
MOST_ENTRIES = 20_000
GZIP_MAGIC = b"\x1f\x8b"


class ResultError(Exception):
    """A result file can't be used; the message is one sentence that names it and says why."""


def clean(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return text without control characters, of at most `limit` characters."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else "�" for c in cut.replace("\n", " "))


def load(path: Path) -> Any:
    """Read the JSON document in a plain or gzipped file; raise ResultError where it is none."""
    name = clean(str(path))
    return loaded(name, contents(name, path))


def loaded(name: str, data: bytes) -> Any:
    """Return the JSON document in the contents of a plain or gzipped file called `name`."""
    data = _unpacked(name, data)
    if not data.strip():
        raise ResultError(f"{name} is empty.")
    if sum(map(data.count, (b"[", b"{", b","))) > MOST_PARTS:
        raise ResultError(f"{name} has more than {MOST_PARTS:,} entries, more than any result.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ResultError(f"{name} is not JSON: it is not UTF-8 text.") from None
    return parse(name, text)


def parse(name: str, text: str) -> Any:
    """Parse JSON text; raise ResultError, one sentence about `name`, where it is invalid."""
    try:
        value, end = _quickly(text)
        return value if end == len(text) else _STRICT.decode(text)
    except json.JSONDecodeError as error:
        if _ends_too_soon(error, text):
            raise ResultError(f"{name} is cut off: its JSON ends in the middle.") from None
        where = f"line {error.lineno}, column {error.colno}"
        raise ResultError(f"{name} is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise ResultError(f"{name} is nested too deeply.") from None
    except ValueError as error:
        raise ResultError(f"{name} holds {clean(str(error), 80)}.") from None


def bounded(name: str, value: Any, depth: int = 0) -> Any:
    """Return a copy of parsed JSON with clean texts; raise ResultError beyond the limits."""
    if depth > DEEPEST:
        raise ResultError(f"{name} is nested too deeply.")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (int, float)) and not abs(value) < 2**63:
        raise ResultError(f"{name} holds a number beyond 64 bits.")
    if isinstance(value, (list, dict)) and len(value) > MOST_ENTRIES:
        raise ResultError(f"{name} has more than {MOST_ENTRIES:,} entries.")
    if isinstance(value, list):
        return [bounded(name, entry, depth + 1) for entry in value]
    if isinstance(value, dict):
        return {clean(k, 100): bounded(name, v, depth + 1) for k, v in value.items()}
    return value


def contents(name: str, path: Path, largest: int | None = None) -> bytes:
    """Return the contents of a regular file of at most `largest` bytes (LARGEST_FILE if None)."""
    try:
        # Without O_NONBLOCK, opening a pipe without a writer would wait forever.
        with open(path, "rb", opener=_without_waiting) as file:
            kind = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(kind):
                raise ResultError(f"{name} is not a regular file.")
            largest = LARGEST_FILE if largest is None else largest
            return _at_most(name, file.read(largest + 1), largest)
    except FileNotFoundError:
        raise ResultError(f"{name} does not exist.") from None
    except IsADirectoryError:
        raise ResultError(f"{name} is a directory, not a result file.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ResultError(f"{name} can't be read: {clean(str(why))}.") from None


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _unpacked(name: str, data: bytes) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        return data
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = _at_most(name, unpack.decompress(data, LARGEST_FILE + 1), LARGEST_FILE)
    except (zlib.error, gzip.BadGzipFile) as error:
        raise ResultError(f"{name} can't be unpacked: {clean(str(error))}.") from None
    if not unpack.eof:
        raise ResultError(f"{name} is cut off: its gzip stream ends in the middle.")
    return plain


def _at_most(name: str, data: bytes, largest: int) -> bytes:
    if len(data) > largest:
        size = f"{largest // 2**20} MiB"
        raise ResultError(f"{name} is larger than {size}, the limit for a result.")
    return data


def _ends_too_soon(error: json.JSONDecodeError, text: str) -> bool:
    # The parser reports a cut-off string, word or number at the position where that starts.
    longest_word = len("false") - 1
    at_end = error.pos >= len(text.rstrip()) - longest_word
    return at_end or error.msg.startswith("Unterminated string")


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word}, which is not a measured number")


def _quickly(text: str) -> tuple[Any, int]:
    """Parse JSON without surrounding space: searching for space doubles the time of short texts."""
    return _STRICT.raw_decode(text) if text[:1] in ("[", "{") else (None, -1)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise ValueError(f"the key {clean(twice, 40)!r} twice in one object")
    return found


# Made once: making a decoder takes longer than parsing most texts.
_STRICT = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_each_once)
