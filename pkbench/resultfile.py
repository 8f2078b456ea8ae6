"""Write a result: a file in pyperf's format, complete or not at all."""

import json
import os
from pathlib import Path
from typing import Any, TextIO

# The version of pyperf's file format, unchanged since 2016.
PYPERF_FORMAT = "1.0"
# The version of our metadata; analysis/reading/format_history.py lists what changed.
SCHEMA = 2

Metadata = dict[str, str | int | float]
Run = dict[str, Any]  # pyperf's: {"metadata": …, "warmups": …, "values": …}

# Metadata that identifies the machine's owner, its paths or the interpreter's build, and that no
# figure depends on.
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
    """Raise OutputError if the result can't be written: now, not after an hour of measuring."""
    if path.exists():
        raise OutputError(f"{path} exists already; give another name with -o")
    make_folder(path.parent)
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"can't write into the folder {path.parent}")


def make_folder(folder: Path) -> None:
    """Create a folder unless it exists; raise OutputError where that isn't possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't create the folder {folder}: {error.strerror}") from None


def public(metadata: Metadata, machine_name: str) -> Metadata:
    """Return a run's metadata without the PRIVATE keys, and with the machine's chosen name."""
    kept = {key: value for key, value in metadata.items() if key not in PRIVATE}
    return {**kept, "hostname": machine_name}


def per_value(run: Run, quantity: str) -> list[float]:
    """Return the readings of a quantity taken with a run's values: one a value, or none at all."""
    text = run["metadata"].get(f"pkbench_{quantity}")
    return [float(number) for number in json.loads(text)] if isinstance(text, str) else []


def read_metadata(path: Path) -> Metadata:
    """Return a result's metadata; empty where the file is no result."""
    try:
        found = json.loads(path.read_text())["metadata"]
    except (OSError, ValueError, LookupError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def write_result(path: Path, metadata: Metadata, benchmarks: dict[str, list[Run]]) -> None:
    """Write a result through pyperf, complete or not at all, and never over an existing file.

    `benchmarks` are the runs by case name. Raise OutputError where the file exists or can't be
    written.
    """
    scratch = path.with_name(path.name + ".part")
    try:
        scratch.unlink(missing_ok=True)  # left by a run that was killed while writing
        with scratch.open("x", encoding="utf-8") as file:
            _dump(metadata, [runs for runs in benchmarks.values() if runs], file)
            file.flush()
            os.fsync(file.fileno())
        os.link(scratch, path)  # unlike a rename, it fails if the file exists by now
    except FileExistsError as error:
        raise OutputError(f"{error.filename2 or error.filename} exists already") from None
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None
    except (TypeError, ValueError) as error:  # the journal keeps what pyperf refuses
        raise OutputError(f"can't write {path}: {error}") from None
    finally:
        scratch.unlink(missing_ok=True)


def _dump(metadata: Metadata, benchmarks: list[list[Run]], file: TextIO) -> None:
    """Write a suite in pyperf's format; pyperf moves what all runs share to the file's metadata."""
    if not benchmarks:  # pyperf has no suite without a benchmark
        json.dump({"version": PYPERF_FORMAT, "metadata": metadata, "benchmarks": []}, file)
        return
    import pyperf  # noqa: PLC0415 - it takes half a second to import

    suite = pyperf.BenchmarkSuite(
        [
            pyperf.Benchmark(
                [
                    pyperf.Run(
                        run["values"],
                        [tuple(warmup) for warmup in run.get("warmups", [])],
                        {**run["metadata"], **metadata},
                        collect_metadata=False,
                    )
                    for run in runs
                ]
            )
            for runs in benchmarks
        ]
    )
    suite.dump(file)
