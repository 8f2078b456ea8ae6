"""Finding: what a check read, why it matters, and how to change it."""

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pkbench.machine import Machine

Status = Literal["ok", "warning", "problem", "unknown"]


@dataclass(frozen=True)
class Finding:
    """One possible noise source, and what was found of it.

    `fix` and `undo` are shell commands for root; `undo` restores the values that were found.
    Where no command helps, `no_fix` says why, and what to do by hand.
    """

    check: str
    status: Status
    evidence: str  # what was read
    effect: str = ""  # what it does to a figure, as measured or documented
    fix: str = ""
    undo: str = ""
    no_fix: str = ""


Check = Callable[[Machine, Path], Finding]

NOT_KNOWN = "the present setting is not known, so no command is offered"
HOST_ONLY = "only the hypervisor's host can change this"


def unread(check: str, path: str, effect: str) -> Finding:
    """Return the finding of a check whose file can't be read."""
    return Finding(check, "unknown", f"can't read /{path}", effect, no_fix=NOT_KNOWN)


def exists(root: Path, path: str) -> bool:
    """Return whether a file or folder can be seen; False, not an error, where that is forbidden."""
    return os.access(root / path, os.F_OK)


def lacks(root: Path, path: str) -> bool:
    """Return whether the kernel lacks a setting: its folder can be seen, the file can't."""
    return exists(root, str(Path(path).parent)) and not exists(root, path)


def write(values: Mapping[str, str]) -> str:
    """Return the command that writes each value to its file; equal values share one `tee`."""
    files: dict[str, list[str]] = {}
    for path, value in values.items():
        files.setdefault(value, []).append(shlex.quote(f"/{path}"))
    return " && ".join(
        f"echo {shlex.quote(value)} | tee {' '.join(paths)} >/dev/null"
        for value, paths in files.items()
    )


def rewrite(found: Mapping[str, str], value: str) -> dict[str, str]:
    """Return the fix that writes one value to these files, and the undo that restores them."""
    return {"fix": write(dict.fromkeys(found, value)), "undo": write(found)}
