"""What `compare` and `gate` share: their options, and a comparison printed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pkbench.cli.output import note

if TYPE_CHECKING:
    from pkbench.analysis.compare.compare import Comparison
    from pkbench.analysis.compare.gate import Gate
    from pkbench.analysis.compare.text import View

markdown_option = click.option(
    "--markdown", is_flag=True, help="Print a Markdown table instead of text."
)
sort_option = click.option(
    "--sort",
    type=click.Choice(("case", "ratio", "change")),
    help="Order of the rows: by the case's name, by the ratio (largest first), or by the change "
    "in either direction.  [default: the order of the results]",
)
only_changed_option = click.option(
    "--only-changed", is_flag=True, help="Leave unchanged and inconclusive cases out."
)
unit_option = click.option(
    "--unit",
    type=click.Choice(("ns", "us", "cycles", "ticks")),
    help="Unit of times: cycles are core cycles, ticks those of the time-stamp counter.  "
    "[default: core cycles where both results have them, else what fits]",
)


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose which rows are printed, and how."""
    for option in (markdown_option, unit_option, only_changed_option, sort_option):
        command = option(command)
    return command


def print_comparison(
    comparison: "Comparison", view: "View", markdown: bool, gate: "Gate | None" = None
) -> None:
    """Print a comparison: the table on standard output, then what to know about it on stderr."""
    from pkbench.analysis.compare import text  # slow to import
    from pkbench.analysis.tables.columns import aligned

    table = text.table(comparison, view, gate)
    if markdown:
        click.echo(table.markdown())
    else:
        click.echo(f"{table.title}:")
        for line in aligned([table.headings, *table.rows]):
            click.echo(line)
        for line in text.notes(comparison):  # a Markdown table has them below it
            note(line)
    if gate is None:
        note(text.summary(comparison))
    else:
        click.echo(text.outcome(gate))
