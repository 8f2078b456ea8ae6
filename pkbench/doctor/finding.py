"""Finding: what a check saw."""

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
    """One thing that may spoil a measurement.

    `fix` and `undo` are shell commands, to be run as root; `undo` brings back what was found.
    Where no command mends it, `no_fix` says why, and what a person can do instead.
    """

    check: str
    status: Status
    evidence: str  # what was read
    effect: str = ""  # what it does to a figure, measured or documented
    fix: str = ""
    undo: str = ""
    no_fix: str = ""


Check = Callable[[Machine, Path], Finding]

NOT_KNOWN = "what is not known is not changed"
HOST_ONLY = "only the hypervisor's host can change it"


def unread(check: str, path: str, effect: str) -> Finding:
    """Return what a check says that could not look."""
    return Finding(check, "unknown", f"/{path} can't be read", effect, no_fix=NOT_KNOWN)


def exists(root: Path, path: str) -> bool:
    """Tell whether a file or folder can be seen; what is forbidden can't, and is no error."""
    return os.access(root / path, os.F_OK)


def lacks(root: Path, path: str) -> bool:
    """Tell a kernel without this setting from one whose settings can't be seen."""
    return exists(root, str(Path(path).parent)) and not exists(root, path)


def write(values: Mapping[str, str]) -> str:
    """Return the command that writes each value to its file, files of an equal value together."""
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
