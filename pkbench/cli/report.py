"""`pkbench report`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json
from pkbench.resultfile import OutputError

if TYPE_CHECKING:
    from pkbench.analysis.figures.figure_files import Drawn


class Formats(click.ParamType[Sequence[str]]):
    """Formats of a file, as in `md,csv`."""

    name = "formats"

    def __init__(self, known: Callable[[], Sequence[str]]) -> None:
        self._known = known

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Sequence[str]:
        """Return the formats, each once."""
        known = self._known()
        asked = [name.strip() for name in str(value).split(",")]
        for name in asked:
            if name not in known:
                self.fail(f"{name!r} is none of {', '.join(known)}", param, ctx)
        return list(dict.fromkeys(asked))


def formats_of_tables() -> Sequence[str]:
    """Return what a table can be written as."""
    from pkbench.analysis.tables.table import FORMATS  # slow to import

    return list(FORMATS)


def formats_of_figures() -> Sequence[str]:
    """Return what a figure can be drawn as."""
    from pkbench.analysis.figures.drawing.style import FORMATS  # slow to import

    return list(FORMATS)


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
    "--figure",
    "figures",
    multiple=True,
    metavar="NAME",
    help="Draw this figure alone, or `all`, and no page; may be repeated.",
)
@click.option(
    "--format",
    "formats",
    type=Formats(formats_of_figures),
    default="svg",
    show_default=True,
    metavar="FORMAT,…",
    help="What figures are drawn as: svg, pdf (fonts embedded as TrueType), png (300 dpi).",
)
@click.option(
    "--width",
    type=click.Choice(["one", "two"]),
    default="two",
    show_default=True,
    help="Columns of a journal that a figure takes: 3.5 or 7.16 inches.",
)
@click.option("--published", is_flag=True, help="Lay over what others published, with its source.")
@click.option(
    "--assume",
    "assumptions",
    multiple=True,
    metavar="wrpkru=LOW-HIGHcycles",
    help="For the break-even where there are no keys: a range in cycles or ns, and a source after "
    "a comma. Drawn as the reader's assumption.",
)
@click.option(
    "--tables",
    type=Formats(formats_of_tables),
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
    figures: Sequence[str],
    formats: Sequence[str],
    width: str,
    published: bool,
    assumptions: Sequence[str],
    tables: Sequence[str],
    json_: bool,
) -> None:
    """Write results, or bundles of them, as one HTML page, its figures and tables beside it."""
    from pkbench.analysis.figures import figure_files  # slow to import
    from pkbench.analysis.report import bundle as bundles
    from pkbench.analysis.report import report as reports

    skip = note if skip_bad else None
    request = figure_files.Request(
        figures or (figure_files.ALL,), formats, width, published, assumptions, names
    )
    try:
        with bundles.opened(results, skip) as files:
            if figures:
                print_figures(figure_files.write(files, output, request, skip), json_)
                return
            page = reports.write(files, output, names, skip, tables, request)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"report": str(page)})
    else:
        click.echo(page)


def print_figures(drawn: "Drawn", json_: bool) -> None:
    """Print the files of figures that were drawn, and why others weren't."""
    if json_:
        missing = [{"figure": each.name, "reason": each.reason} for each in drawn.missing]
        print_json({"files": [str(path) for path in drawn.paths], "not_drawn": missing})
        return
    for path in drawn.paths:
        click.echo(path)
    for each in drawn.missing:
        note(f"{each.name}: {each.reason}")
