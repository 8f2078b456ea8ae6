"""`pkbench list`."""

from collections.abc import Sequence

import click

from pkbench import quantities
from pkbench.cases.catalogue import Case
from pkbench.cases.selection import select
from pkbench.cli.options import (
    ALL_CASES,
    PATTERNS,
    as_json,
    patterns_argument,
    points_option,
    preset_option,
)
from pkbench.cli.output import note, print_columns, print_json
from pkbench.cli.states import note_reasons
from pkbench.run.memory import available_memory, too_large
from pkbench.run.presets import PRESETS, Preset, estimate_seconds


@click.command("list", epilog=PATTERNS)
@patterns_argument
@points_option
@preset_option(ALL_CASES)
@as_json
def list_(patterns: Sequence[str], points: Sequence[str], preset: str, json_: bool) -> None:
    """List cases, and whether each runs on this machine.

    Lists all cases of the preset, or those that match a PATTERN. Each line has the case and how
    long it takes, or why it is skipped here.
    """
    cases = select(patterns, points, preset)
    memory = available_memory()
    rows = [
        {
            "case": case.name,
            "runs": not (reason := case.skipped() or too_large(case, memory)),
            "reason": reason,
            "seconds": 0.0 if reason else round(expected_seconds(PRESETS[preset], case), 1),
            "memory_bytes": case.memory,
            "operation": case.benchmark.operation,
            "headline": case.benchmark.headline,
        }
        for case in cases
    ]
    if json_:
        print_json(rows)
        return
    seconds = sum(float(str(row["seconds"])) for row in rows)
    print_columns(
        [
            (
                str(row["case"]),
                f"about {row['seconds']} s" if row["runs"] else f"skipped: {row['reason']}",
            )
            for row in rows
        ]
    )
    note_reasons(("skipped", str(row["reason"])) for row in rows if not row["runs"])
    budget = PRESETS[preset].budget
    longer = f", or up to {quantities.roughly(budget)} to reach the target precision"
    note(f"{len(rows)} cases; about {quantities.roughly(seconds)}{longer * (seconds < budget)}")


def expected_seconds(preset: Preset, case: Case) -> float:
    """Return roughly how many seconds a case takes in the smallest number of rounds."""
    return estimate_seconds(preset, case.memory, case.wait_seconds, case.prepares)
