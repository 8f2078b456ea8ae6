"""`pkbench report`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json
from pkbench.resultfile import OutputError


class Formats(click.ParamType[Sequence[str]]):
    """The formats of the tables, as in `md,csv`."""

    name = "formats"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Sequence[str]:
        """Return the formats, each once."""
        from pkbench.analysis.table import FORMATS  # slow to import

        asked = [name.strip() for name in str(value).split(",")]
        for name in asked:
            if name not in FORMATS:
                self.fail(f"{name!r} is none of {', '.join(FORMATS)}", param, ctx)
        return list(dict.fromkeys(asked))


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
@click.option(
    "--tables",
    "formats",
    type=Formats(),
    default="md,csv,latex,json",
    show_default=True,
    metavar="FORMAT,…",
    help="What the tables are written as.",
)
@as_json
def report(
    results: Sequence[Path],
    output: Path,
    names: Sequence[str],
    skip_bad: bool,
    formats: Sequence[str],
    json_: bool,
) -> None:
    """Write results, or bundles of them, as one HTML page, its figures and tables beside it."""
    from pkbench.analysis import bundle as bundles  # slow to import
    from pkbench.analysis import report as reports

    skip = note if skip_bad else None
    try:
        with bundles.opened(results, skip) as files:
            page = reports.write(files, output, names, skip, formats)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"report": str(page)})
    else:
        click.echo(page)
