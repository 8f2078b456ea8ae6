"""A comparison of two results, printed."""

from typing import TYPE_CHECKING

import click

from pkbench.cli.output import note

if TYPE_CHECKING:
    from pkbench.analysis.compare.compare import Comparison


def print_comparison(comparison: "Comparison", markdown: bool) -> None:
    """Print a comparison: the table on standard output, then what to know about it on stderr."""
    from pkbench.analysis.compare import text  # slow to import
    from pkbench.analysis.tables.columns import aligned

    table = text.table(comparison)
    if markdown:
        click.echo(table.markdown())
    else:
        for line in aligned([table.headings, *table.rows]):
            click.echo(line)
    for line in text.what_differs(comparison):
        note(line)
    if caution := text.caution(comparison):
        note(caution)
    note(text.summary(comparison))
