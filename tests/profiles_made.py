"""Profiles that a test makes: as documents, and by programs that stand in for perf."""

import copy
import json
from pathlib import Path
from typing import Any

CASE = "protect/mprotect-rw-ro/pages:1"
TIMELINE = {
    "lanes": ["calling thread", "thread 2"],
    "nanoseconds": 10_000,
    "system_calls": 1,
    "operations": 50,
    "parts": [
        {"lane": 0, "start": 0, "end": 9000, "kind": "system call", "text": "NR 10"},
        {"lane": 1, "start": 5000, "end": 7000, "kind": "interrupt", "text": "vector=251"},
        {"lane": 0, "start": 4000, "end": 7000, "kind": "waiting for the answer", "text": ""},
        {"lane": 0, "start": 3000, "end": 3000, "kind": "TLB flush: remote", "text": ""},
    ],
}
SAMPLES = {
    "event": "cpu-clock",
    "frequency": 9973,
    "remark": "",
    "profiler_samples": 7,
    "frames": ["run", "do_syscall_64_[k]", "flush_tlb_mm_range_[k]", "change_pte_range_[k]"],
    "stacks": [[60, 0, 1, 2], [30, 0, 1, 3], [10, 0]],
    "timed": [[60, 0, 1, 2], [30, 0, 1, 3], [10, 0]],
}
DOCUMENT = {
    "pkbench_profile_schema": 2,
    "version": "0.1.0",
    "date": "2026-11-25T21:00:00+00:00",
    "command": "pkbench profile",
    "machine": {"name": "a machine", "cpu_model": "CPU", "kernel": "6.12", "virtualisation": None},
    "cases": [
        {
            "case": CASE,
            "operation": "mprotect of a region",
            "state": "measured",
            "reason": "",
            "operations": 10_000,
            "remark": "",
            "missing": {"timeline": "one thread"},
            "quantities": [
                {"quantity": "system_calls", "per_operation": 1.0, "source": "s", "reason": ""},
                {"quantity": "tlb_flushes", "per_operation": 0.5, "source": "t", "reason": ""},
                {
                    "quantity": "core_cycles",
                    "per_operation": None,
                    "source": "PMU",
                    "reason": "there is none",
                },
            ],
            "timings": [
                {"how": "unprofiled", "seconds": 1e-6, "shortest": 0.9e-6, "values": 14},
                {"how": "counted", "seconds": 2e-6, "shortest": 1.8e-6, "values": 7},
            ],
            "samples": SAMPLES,
            "instructions": [{"address": 16, "text": "wrpkru", "in_loop": True, "samples": 5}],
            "timeline": TIMELINE,
        }
    ],
}


def document() -> Any:
    """Return a document of one case that may be changed."""
    return copy.deepcopy(DOCUMENT)


def written(folder: Path, found: Any) -> Path:
    """Write a document as a profile's folder has it."""
    path = folder / "profile.json"
    path.write_text(json.dumps(found))
    return path


def perf(folder: Path, script: str) -> None:
    """Put a shell script in the place of perf."""
    program = folder / "perf"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
