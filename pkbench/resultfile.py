"""The result: a pyperf file, written whole."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# The version of pyperf's file format, unchanged since 2016.
PYPERF_FORMAT = "1.0"
# The version of our metadata; analysis/reading/format_history.py lists what changed.
SCHEMA = 2

Metadata = dict[str, str | int | float]
Run = dict[str, Any]  # pyperf's: {"metadata": …, "warmups": …, "values": …}

# What names the machine's owner, its paths or the interpreter's build, and not the figures.
PRIVATE = {
    "hostname",
    "python_executable",
    "python_config_args",
    "python_cflags",
    "python_compiler",
    "boot_time",
    "hooks",
}


class OutputError(Exception):
    """The result can't be written; the message names the file and says why."""


def check_output(path: Path) -> None:
    """Raise OutputError now, not after an hour of measuring."""
    if path.exists():
        raise OutputError(f"{path} exists already; give another name with -o")
    make_folder(path.parent)
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"can't write into the folder {path.parent}")


def make_folder(folder: Path) -> None:
    """Make a folder, unless it is there; raise OutputError where it can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't make the folder {folder}: {error.strerror}") from None


def public(metadata: Metadata, machine_name: str) -> Metadata:
    """Return a run's metadata with the machine's chosen name and nothing private."""
    kept = {key: value for key, value in metadata.items() if key not in PRIVATE}
    return {**kept, "hostname": machine_name}


def per_value(run: Run, quantity: str) -> list[float]:
    """Return what was read beside each value of a run: one number a value, or none at all."""
    text = run["metadata"].get(f"pkbench_{quantity}")
    return [float(number) for number in json.loads(text)] if isinstance(text, str) else []


def read_metadata(path: Path) -> Metadata:
    """Return what a result says of itself; nothing where it is no result."""
    try:
        found = json.loads(path.read_text())["metadata"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def write_result(path: Path, metadata: Metadata, benchmarks: dict[str, list[Run]]) -> None:
    """Write the suite by rename: whole, or not at all. `benchmarks` are runs by name."""
    suite: dict[str, Any] = {
        "version": PYPERF_FORMAT,
        "metadata": metadata,
        "benchmarks": [_benchmark(runs) for runs in benchmarks.values() if runs],
    }
    _hoist(suite, suite["benchmarks"])
    scratch = path.with_name(path.name + ".part")
    try:
        scratch.unlink(missing_ok=True)  # of a run that was killed while it wrote
        with scratch.open("x") as file:
            json.dump(suite, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)  # unlike a rename, never over a file that came into being meanwhile
    except FileExistsError as error:
        raise OutputError(f"{error.filename2 or error.filename} exists already") from None
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None
    finally:
        scratch.unlink(missing_ok=True)


def _benchmark(runs: list[Run]) -> dict[str, Any]:
    benchmark: dict[str, Any] = {"metadata": {}, "runs": [dict(run) for run in runs]}
    _hoist(benchmark, benchmark["runs"])
    return benchmark


def _hoist(parent: dict[str, Any], children: Iterable[dict[str, Any]]) -> None:
    """Move what all children's metadata have in common up to the parent, as pyperf does."""
    children = list(children)
    if not children:
        return
    common = set(children[0]["metadata"].items())
    for child in children[1:]:
        common &= set(child["metadata"].items())
    # A benchmark's name stays with it, even where there is only one.
    shared = {key: value for key, value in common if key != "name" or "runs" in parent}
    parent["metadata"] = {**dict(sorted(shared.items())), **parent["metadata"]}
    for child in children:
        child["metadata"] = {
            key: value for key, value in child["metadata"].items() if key not in shared
        }
