"""`pkbench bundle`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import print_json
from pkbench.resultfile import OutputError, check_output

SUFFIX = ".tar.gz"


@click.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.tar.gz",
    help="The archive; new.",
)
@as_json
def bundle(results: Sequence[Path], output: Path, json_: bool) -> None:
    """Pack results, machine cards, report, figures, tables and checksums into one archive.

    To be attached to a paper; `pkbench report` reads it again.
    """
    from pkbench.analysis.report import bundle as bundles  # slow to import

    if not output.name.endswith(SUFFIX):
        raise OutputError(f"{output} must end in {SUFFIX}: no other archive is written")
    check_output(output)
    try:
        with bundles.opened(results) as files:
            bundles.write(files, output)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"bundle": str(output)})
    else:
        click.echo(output)
