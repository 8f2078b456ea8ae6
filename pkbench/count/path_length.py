"""Path lengths as the runs of a result file."""

import json
from collections.abc import Iterable, Iterator

from pkbench.count.result import Count, Counted, Instructions
from pkbench.resultfile import Metadata, Run


def runs(counts: Iterable[Count]) -> dict[str, list[Run]]:
    """Return each measured case's runs by name: one a boot, with one value each."""
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


def _metadata(counted: Counted, figures: Instructions) -> Metadata:
    told = {
        "loops": [figures.loops, 2 * figures.loops][: len(figures.totals)],
        "totals": figures.totals,
        "repeats": figures.repeats,
        "seen": figures.seen,
        "doubt": figures.doubt,
    }
    if counted.user:
        told |= {"user_loops": counted.user.loops, "user_totals": counted.user.totals}
    inner_loops = counted.case.benchmark.inner_loops
    user = counted.user_value
    return {
        "loops": figures.loops,
        **({"inner_loops": inner_loops} if inner_loops > 1 else {}),
        **({} if user is None else {"pkbench_user_instructions": json.dumps([user])}),
        "pkbench_instructions": json.dumps(told),
    }
