"""`pkbench compare`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.comparison import (
    WithAgainst,
    files_argument,
    print_comparison,
    sides,
    view_options,
)
from pkbench.cli.options import SHARE, as_json, case_option
from pkbench.cli.output import print_json


@click.command(cls=WithAgainst)
@files_argument
@click.option(
    "--margin",
    type=SHARE,
    default="1%",
    show_default=True,
    help="Report a case as unchanged if it differs by no more than this.",
)
@case_option
@view_options
@as_json
def compare(
    files: Sequence[Path],
    against: Sequence[Path],
    run_effect: float,
    margin: float,
    cases: Sequence[str],
    sort: str | None,
    only_changed: bool,
    unit: str | None,
    markdown: bool,
    json_: bool,
) -> None:
    """Report each case as faster, slower, unchanged or inconclusive.

    BASE and NEW are result files of `pkbench run`, or of `pkbench count`. Each NEW is compared with
    BASE, case by case. With --against, all runs before it are compared with all runs after it.
    Messages say what differs between the machines, and warn when the runs were not taken at the
    same time.
    """
    from pkbench.analysis.compare import compare as comparing  # slow to import
    from pkbench.analysis.compare import text
    from pkbench.analysis.estimate.case_patterns import matching
    from pkbench.analysis.reading.result import read

    base, others = ([read(path) for path in side] for side in sides(files, against))
    view = text.View(sort or "", only_changed, unit or "")
    chosen = matching(cases, [*base, *others])
    found = [
        comparing.compare_runs(base, new, margin, chosen, view.in_seconds, run_effect)
        for new in ([others] if against else [[each] for each in others])
    ]
    for each in found:
        view.check(each)
    if json_:
        print_json([text.plain(each, view) for each in found])
        return
    for each in found:
        print_comparison(each, view, markdown)
