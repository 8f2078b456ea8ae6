"""`pkbench gate`."""

from pathlib import Path

import click

from pkbench.cli.comparison import print_comparison
from pkbench.cli.options import ALLOWED, as_json
from pkbench.cli.output import note, print_json, write_file


@click.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--max-regress", type=ALLOWED, help="Allowed growth: 3% unless given, of counts none."
)
@click.option("--markdown", is_flag=True, help="Print Markdown instead of text.")
@click.option("--junit", type=click.Path(path_type=Path), help="Also write JUnit's XML there.")
@as_json
@click.pass_context
def gate(
    context: click.Context,
    base: Path,
    new: Path,
    max_regress: float | None,
    markdown: bool,
    junit: Path | None,
    json_: bool,
) -> None:
    """Refuse a result that is dearer than another by more than is allowed.

    Exit code 0: pass; 1: regression; 3: inconclusive; 4: the machines are not comparable;
    5: cases are missing.
    """
    from pkbench.analysis.compare import compare as comparing  # slow to import
    from pkbench.analysis.compare import gate as gates
    from pkbench.analysis.compare import text
    from pkbench.analysis.reading.result import read

    first, second = read(base), read(new)
    allowed = gates.allowed(first) if max_regress is None else max_regress
    comparison = comparing.compare(first, second, allowed)
    found = gates.judge(comparison, allowed)
    if junit is not None:
        write_file(junit, text.junit(found))
    outcome = text.OUTCOMES[found.code]
    if json_:
        states = dict(zip(comparison.cases["case"], found.states, strict=True))
        print_json({"outcome": outcome, "states": states, **text.plain(comparison)})
    else:
        print_comparison(comparison, markdown)
        note(f"{outcome}: {', '.join(text.weighed(found))}")
    context.exit(found.code)
