"""A comparison of two results, printed."""

from typing import TYPE_CHECKING

import click

from pkbench.cli.output import note

if TYPE_CHECKING:
    from pkbench.analysis.compare import Comparison


def print_comparison(comparison: "Comparison", markdown: bool) -> None:
    """Print a comparison: the table, and what should be known beside it."""
    from pkbench.analysis import verdicts  # slow to import

    table = verdicts.table(comparison)
    if markdown:
        click.echo(table.markdown())
    else:
        for line in verdicts.text([table.headings, *table.rows]):
            click.echo(line)
    for line in verdicts.what_differs(comparison):
        note(line)
    if caution := verdicts.caution(comparison):
        note(caution)
    note(verdicts.summary(comparison))
