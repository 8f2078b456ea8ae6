"""Bounded JSON documents: what a stranger's file may hold before anybody looks at its meaning."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any, NoReturn

LARGEST_FILE = 256 * 2**20  # a result of 200 cases, 20 processes and 5 values is 2 MB
LONGEST_TEXT = 2000
DEEPEST = 8
MOST_ENTRIES = 20_000
GZIP_MAGIC = b"\x1f\x8b"


class ResultError(Exception):
    """Say in one sentence which result file can't be used, and why."""


def clean(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return text without control characters, no longer than limit."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else "�" for c in cut.replace("\n", " "))


def load(path: Path) -> Any:
    """Read the JSON document in a plain or gzipped file."""
    name = clean(str(path))
    data = _unpacked(name, _contents(name, path))
    if not data.strip():
        raise ResultError(f"{name} is empty.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ResultError(f"{name} is not JSON: it is not UTF-8 text.") from None
    return parse(name, text)


def parse(name: str, text: str) -> Any:
    """Parse JSON text; what is wrong with it becomes one sentence about `name`."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
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
    """Return a copy of parsed JSON with clean texts; refuse absurd depth and size."""
    if depth > DEEPEST:
        raise ResultError(f"{name} is nested too deeply.")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (list, dict)) and len(value) > MOST_ENTRIES:
        raise ResultError(f"{name} has more than {MOST_ENTRIES:,} entries.")
    if isinstance(value, list):
        return [bounded(name, entry, depth + 1) for entry in value]
    if isinstance(value, dict):
        return {clean(k, 100): bounded(name, v, depth + 1) for k, v in value.items()}
    return value


def _contents(name: str, path: Path) -> bytes:
    try:
        if path.is_dir():
            raise ResultError(f"{name} is a directory, not a result file.")
        if path.exists() and not path.is_file():
            raise ResultError(f"{name} is not a regular file.")
        with path.open("rb") as file:
            return _at_most(name, file.read(LARGEST_FILE + 1))
    except FileNotFoundError:
        raise ResultError(f"{name} does not exist.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ResultError(f"{name} can't be read: {clean(str(why))}.") from None


def _unpacked(name: str, data: bytes) -> bytes:
    if not data.startswith(GZIP_MAGIC):
        return data
    unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = _at_most(name, unpack.decompress(data, LARGEST_FILE + 1))
    except (zlib.error, gzip.BadGzipFile) as error:
        raise ResultError(f"{name} can't be unpacked: {clean(str(error))}.") from None
    if not unpack.eof:
        raise ResultError(f"{name} is cut off: its gzip stream ends in the middle.")
    return plain


def _at_most(name: str, data: bytes) -> bytes:
    if len(data) > LARGEST_FILE:
        size = f"{LARGEST_FILE // 2**20} MiB"
        raise ResultError(f"{name} is larger than {size}, which no result of pkbench is.")
    return data


def _ends_too_soon(error: json.JSONDecodeError, text: str) -> bool:
    # The parser reports a cut-off string where it starts, a cut-off word or number at its start.
    longest_word = len("false") - 1
    at_end = error.pos >= len(text.rstrip()) - longest_word
    return at_end or error.msg.startswith("Unterminated string")


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word}, which is no number a measurement gives")
