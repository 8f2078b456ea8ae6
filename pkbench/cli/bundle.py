"""`pkbench bundle`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.options import PATH, as_json
from pkbench.cli.output import print_json
from pkbench.resultfile import OutputError, check_output
from pkbench.version import version

SUFFIX = ".tar.gz"


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULT...", type=PATH)
@click.option(
    "-o",
    "--output",
    required=True,
    type=PATH,
    metavar="FILE.tar.gz",
    help="The archive to write; it must not exist yet.",
)
@as_json
def bundle(results: Sequence[Path], output: Path, json_: bool) -> None:
    """Pack results, report, figures and tables into one archive.

    RESULT is a result file of `pkbench run` or `pkbench count`. The archive also has checksums and
    a description of each machine. Attach it to a paper: `pkbench report` reads it again.
    """
    if not output.name.endswith(SUFFIX):
        raise OutputError(f"{output} is not a valid name for a bundle; it must end in {SUFFIX}")
    check_output(output)
    from pkbench.analysis.report import bundle as bundles  # slow to import

    try:
        with bundles.opened(results) as files:
            bundles.write(files, output, version())
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"bundle": str(output)})
    else:
        click.echo(output)
