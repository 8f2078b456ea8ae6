"""`pkbench report`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import print_json
from pkbench.resultfile import OutputError


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
)
@as_json
def report(results: Sequence[Path], output: Path, json_: bool) -> None:
    """Write results as one HTML page, with its figures and tables beside it."""
    from pkbench.analysis import report as reports  # slow to import

    try:
        page = reports.write(results, output)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"report": str(page)})
    else:
        click.echo(page)
