"""Convert counted instructions to the runs of a result file."""

import json
from collections.abc import Iterable, Iterator

from pkbench.count.result import Count, Counted, Instructions
from pkbench.resultfile import Metadata, Run


def runs(counts: Iterable[Count]) -> dict[str, list[Run]]:
    """Return the runs of each measured case, by name: one run with one value for each boot."""
    found: dict[str, list[Run]] = {}
    for round_number, count in enumerate(counts):
        for name, run in _runs_of(count, round_number):
            found.setdefault(name, []).append(run)
    return found


def _runs_of(count: Count, round_number: int) -> Iterator[tuple[str, Run]]:
    date = count.began.isoformat(sep=" ")
    for position, counted in enumerate(count.cases):
        if counted.instructions:
            yield (
                counted.case.name,
                {
                    "metadata": {
                        "name": counted.case.name,
                        "unit": "integer",
                        "date": date,
                        "pkbench_round": round_number,
                        "pkbench_position": position,
                        **_metadata(counted, counted.instructions),
                    },
                    "values": [counted.value],
                },
            )


def _metadata(counted: Counted, found: Instructions) -> Metadata:
    details = {
        "loops": [found.loops, 2 * found.loops][: len(found.totals)],
        "totals": found.totals,
        "repeats": found.repeats,
        "occurrences": found.occurrences,
        "warning": found.warning,
    }
    if counted.user:
        details |= {"user_loops": counted.user.loops, "user_totals": counted.user.totals}
    inner_loops = counted.case.benchmark.inner_loops
    low, high = counted.value_range or (None, None)
    readings = {"user": counted.user_value, "least": low, "most": high}
    return {
        "loops": found.loops,
        **({"inner_loops": inner_loops} if inner_loops > 1 else {}),
        **{
            f"pkbench_{name}_instructions": json.dumps([value])
            for name, value in readings.items()
            if value is not None
        },
        "pkbench_instructions": json.dumps(details),
    }
