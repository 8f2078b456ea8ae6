"""Write a profile as JSON, complete or not at all."""

import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pkbench.machine import Machine
from pkbench.profiler.perf.sampling import Samples
from pkbench.profiler.perf.stacks import Stack
from pkbench.profiler.profiling import Profiled
from pkbench.resultfile import OutputError
from pkbench.version import version

# 1: the first.
# 2: a timing without a profiler is called `unprofiled` (was `alone`), and samples of the profiler's
#    work `profiler_samples` (was `profilers_own`).
SCHEMA = 2
NAME = "profile.json"
Part = dict[str, Any]
MOST_STACKS = 5000  # of a case; the rarest are left out


def start(machine: Machine, cases: Sequence[str], command: str) -> Part:
    """Return the first line of a profile's journal: what is known before the first case."""
    return {
        "kind": "profile",
        "version": version(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "machine": {
            "name": machine.name,
            "cpu_model": machine.cpu_model,
            "kernel": machine.kernel,
            "virtualisation": machine.virtualisation,
        },
        "cases": list(cases),
    }


def whole(begun: Part, cases: Sequence[Part]) -> Part:
    """Return the document of a complete profile."""
    known = {key: begun[key] for key in ("version", "date", "command", "machine")}
    return {"pkbench_profile_schema": SCHEMA, **known, "cases": cases}


def write(folder: Path, found: Part) -> Path:
    """Write the document into a folder and return its path; raise OutputError if that fails."""
    path = folder / NAME
    scratch = path.with_name(NAME + ".part")
    try:
        with scratch.open("w", encoding="utf-8") as file:
            json.dump(found, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None
    return path


def case(each: Profiled) -> Part:
    """Return a case as the document and the journal have it."""
    plain = {
        name: getattr(each, name)
        for name in ("case", "operation", "state", "reason", "operations", "remark", "missing")
    }
    return {
        **plain,
        "quantities": [asdict(quantity) for quantity in each.quantities],
        "timings": [asdict(timing) for timing in each.timings],
        "samples": _samples(each.samples) if each.samples else None,
        "instructions": [instruction._asdict() for instruction in each.instructions],
        "timeline": asdict(each.timeline) if each.timeline else None,
    }


def _samples(samples: Samples) -> dict[str, Any]:
    names: dict[str, int] = {}
    whole, timed = (_packed(stacks, names) for stacks in (samples.stacks, samples.timed))
    return {
        "event": samples.event,
        "frequency": samples.frequency,
        "remark": samples.remark,
        "profiler_samples": samples.own,
        "frames": list(names),
        "stacks": whole,
        "timed": timed,
    }


def _packed(stacks: Counter[Stack], names: dict[str, int]) -> list[list[int]]:
    """Return each stack as its count and the indices of its functions in `names`."""
    return [
        [count, *(names.setdefault(name, len(names)) for name in stack)]
        for stack, count in stacks.most_common(MOST_STACKS)
    ]
