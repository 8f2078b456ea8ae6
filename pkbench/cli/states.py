"""How the cases of a run ended, a line each."""

from pathlib import Path

import click

from pkbench.cli.output import print_json


def print_states(states: dict[str, tuple[str, str]], path: Path, json_: bool) -> None:
    """Print a line a case: its cost, or why there is none."""
    if json_:
        told = {
            name: {"state": state, "reason": reason} for name, (state, reason) in states.items()
        }
        print_json({"result": str(path), "cases": told})
        return
    costs = costs_by_case(path)
    width = max(map(len, states))
    for case, (state, reason) in states.items():
        told_cost = costs.get(case, state) if state == "measured" else f"{state}: {reason}"
        click.echo(f"{case:{width}}  {told_cost}")


def costs_by_case(path: Path) -> dict[str, str]:
    """Return each measured case's cost and interval in words; none for evidence `function`."""
    from pkbench import analysis  # slow to import, and the other verbs don't need it
    from pkbench.analysis import formatting
    from pkbench.analysis.estimate import frame

    counts = {case.name: formatting.counts(case.counts) for case in analysis.read(path).cases}
    found = {}
    for row in frame.records(analysis.estimates(analysis.load([path]))):
        cost, bounds = formatting.own_cost(row)
        told = (f"{cost:>10}", f"[{bounds}]" if bounds else "", counts[str(row["case"])])
        found[str(row["case"])] = "  ".join(filter(None, told))
    return found
