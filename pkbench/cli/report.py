"""`pkbench report`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json
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
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="What the page calls the machine of the first file, and so on in the order of the files.",
)
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Leave out files that are no results, and name them, instead of ending there.",
)
@as_json
def report(
    results: Sequence[Path], output: Path, names: Sequence[str], skip_bad: bool, json_: bool
) -> None:
    """Write results as one HTML page, with its figures and tables beside it."""
    from pkbench.analysis import report as reports  # slow to import

    try:
        page = reports.write(results, output, names, note if skip_bad else None)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"report": str(page)})
    else:
        click.echo(page)
