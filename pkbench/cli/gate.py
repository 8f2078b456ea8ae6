"""`pkbench gate`."""

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
from pkbench.cli.options import ALLOWED, PATH, as_json, case_option
from pkbench.cli.output import print_json, write_file

EXIT_CODES = """\b
Exit codes:
  0  pass: no case grew by more than --max-regress
  1  regression: a case did
  2  a file can't be read, or is not a valid result
  3  inconclusive: a case can't be decided, or no case was compared
  4  the machines are not comparable
  5  cases of BASE are missing in NEW
"""


@click.command(cls=WithAgainst, epilog=EXIT_CODES)
@files_argument
@click.option(
    "--max-regress",
    type=ALLOWED,
    help="Largest growth of a case that passes.  [default: 3% for times, 0% for instruction "
    "counts]",
)
@case_option
@view_options
@click.option(
    "--junit",
    metavar="FILE",
    type=PATH,
    help="Also write the verdicts as JUnit XML; an existing file is overwritten.",
)
@as_json
@click.pass_context
def gate(
    context: click.Context,
    files: Sequence[Path],
    against: Sequence[Path],
    run_effect: float,
    max_regress: float | None,
    cases: Sequence[str],
    sort: str | None,
    only_changed: bool,
    unit: str | None,
    markdown: bool,
    junit: Path | None,
    json_: bool,
) -> None:
    """Fail if a result has regressed against a baseline.

    BASE and NEW are result files of `pkbench run`, or of `pkbench count`: a run of each, or with
    --against several runs of each. For use in continuous integration.
    """
    from pkbench.analysis.compare import compare as comparing  # slow to import
    from pkbench.analysis.compare import gate as gates
    from pkbench.analysis.compare import text
    from pkbench.analysis.estimate.case_patterns import matching
    from pkbench.analysis.reading.result import read

    if not against and len(files) > 2:
        raise click.UsageError("name one BASE and one NEW, or NEW... --against BASE...")
    base, new = ([read(path) for path in side] for side in sides(files, against))
    view = text.View(sort or "", only_changed, unit or "")
    allowed = gates.allowed(base[0]) if max_regress is None else max_regress
    chosen = matching(cases, [*base, *new])
    comparison = comparing.compare_runs(base, new, allowed, chosen, view.in_seconds, run_effect)
    view.check(comparison)
    found = gates.judge(comparison, allowed)
    if junit is not None:
        write_file(junit, text.junit(found))
    if json_:
        states = dict(zip(comparison.cases["case"], found.states, strict=True))
        facts = {"outcome": text.OUTCOMES[found.code], "summary": text.outcome(found)}
        print_json({**facts, "states": states, **text.plain(comparison, view, found)})
    else:
        print_comparison(comparison, view, markdown, found)
    context.exit(found.code)
