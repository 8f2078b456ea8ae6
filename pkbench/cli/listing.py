"""`pkbench list`."""

from collections.abc import Sequence

import click

from pkbench import quantities
from pkbench.cases.catalogue import Case
from pkbench.cases.selection import select
from pkbench.cli.options import as_json, patterns_argument, points_option, preset_option
from pkbench.cli.output import note, print_json
from pkbench.run.memory import available_memory, too_large
from pkbench.run.presets import PRESETS, Preset, estimate_seconds


@click.command("list")
@patterns_argument
@points_option
@preset_option
@as_json
def list_(patterns: Sequence[str], points: Sequence[str], preset: str, json_: bool) -> None:
    """List cases: whether they run here, why not, and how long they take."""
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
    width = max(len(str(row["case"])) for row in rows)
    for row in rows:
        fate = f"about {row['seconds']} s" if row["runs"] else f"skipped: {row['reason']}"
        click.echo(f"{row['case']:{width}}  {fate}")
    budget = PRESETS[preset].budget
    longer = f", up to {quantities.roughly(budget)} if the target takes that long"
    note(f"{len(rows)} cases, about {quantities.roughly(seconds)}{longer * (seconds < budget)}")


def expected_seconds(preset: Preset, case: Case) -> float:
    """Return roughly how long a case takes in the least number of rounds."""
    return estimate_seconds(preset, case.memory, case.wait_seconds, case.prepares)
