"""How the cases of a run ended, one line per case."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pkbench.cli.output import note, print_columns


def states_document(states: Mapping[str, tuple[str, str]], path: Path) -> dict[str, Any]:
    """Return how the cases of a result ended, for JSON; `states` has state and reason by case."""
    cases = {name: {"state": state, "reason": reason} for name, (state, reason) in states.items()}
    return {"result": str(path), "cases": cases}


def print_states(states: Mapping[str, tuple[str, str]], path: Path) -> None:
    """Print each case's cost, or its state and the reason; `states` has both by case."""
    costs = costs_by_case(path)
    print_columns(
        [
            (case, costs.get(case, state) if state == "measured" else f"{state}: {reason}")
            for case, (state, reason) in states.items()
        ]
    )
    note_few(costs.values())
    note_reasons(each for each in states.values() if each[0] != "measured")


def note_reasons(states: Iterable[tuple[str, str]]) -> None:
    """Print a message for each pair of state and reason: how many cases have it."""
    for (state, reason), number in Counter(states).most_common():
        note(f"{state}, {number} case{'s' if number > 1 else ''}: {reason}")


def costs_by_case(path: Path) -> dict[str, str]:
    """Return each measured case's cost and interval as text; none for evidence `function`."""
    from pkbench import analysis  # slow to import, and the other verbs don't need it
    from pkbench.analysis import formatting
    from pkbench.analysis.estimate import frame

    counts = {case.name: formatting.counts(case.counts) for case in analysis.read(path).cases}
    found = {}
    for row in frame.records(analysis.estimates(analysis.load([path]))):
        cost, bounds = formatting.own_cost(row)
        within = f"[{bounds}]" if bounds else _no_interval(row)
        parts = (f"{cost:>10}", within, counts[str(row["case"])])
        found[str(row["case"])] = "  ".join(filter(None, parts))
    return found


def _no_interval(row: Mapping[str, Any]) -> str:
    """Say how few processes a figure without an interval rests on; "" for exact counts."""
    if row["unit"] == "instructions":
        return ""
    return f"[{row['processes']} process{'es' * (row['processes'] != 1)}: no interval]"


def note_few(costs: Iterable[str]) -> None:
    """Print a message where figures rest on too few processes for an interval."""
    few = sum("no interval]" in cost for cost in costs)
    if few:
        note(
            f"{few} case{'s' if few > 1 else ''}: too few processes count for an interval; "
            "contended and disturbed values are left out"
        )
