"""`pkbench gate`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.comparison import print_comparison, view_options
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


@click.command(epilog=EXIT_CODES)
@click.argument("base", type=PATH)
@click.argument("new", type=PATH)
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
    base: Path,
    new: Path,
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

    BASE and NEW are result files of `pkbench run`, or of `pkbench count`. For use in continuous
    integration.
    """
    from pkbench.analysis.compare import compare as comparing  # slow to import
    from pkbench.analysis.compare import gate as gates
    from pkbench.analysis.compare import text
    from pkbench.analysis.estimate.case_patterns import matching
    from pkbench.analysis.reading.result import read

    first, second = read(base), read(new)
    view = text.View(sort or "", only_changed, unit or "")
    allowed = gates.allowed(first) if max_regress is None else max_regress
    chosen = matching(cases, (first, second))
    comparison = comparing.compare(first, second, allowed, chosen, view.in_seconds)
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
