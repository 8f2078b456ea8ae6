"""`pkbench report`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkbench.cli.options import PATH, as_json, case_option
from pkbench.cli.output import note, print_json
from pkbench.resultfile import OutputError

if TYPE_CHECKING:
    from pkbench.analysis.figures.figure_files import Drawn


class Formats(click.ParamType[Sequence[str]]):
    """Formats of a file, separated by commas, as in `md,csv`."""

    name = "formats"

    def __init__(self, known: Callable[[], Sequence[str]]) -> None:
        self._known = known

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Sequence[str]:
        """Return the formats, each once; fail for one that isn't known."""
        known = self._known()
        asked = [name.strip() for name in str(value).split(",")]
        for name in asked:
            if name not in known:
                self.fail(f"{name!r} is not a format; choose from {', '.join(known)}", param, ctx)
        return list(dict.fromkeys(asked))


def formats_of_tables() -> Sequence[str]:
    """Return the formats of tables."""
    from pkbench.analysis.tables.table import FORMATS  # slow to import

    return list(FORMATS)


def formats_of_figures() -> Sequence[str]:
    """Return the formats of figures."""
    from pkbench.analysis.figures.drawing.style import FORMATS  # slow to import

    return list(FORMATS)


@click.command()
@click.argument("results", nargs=-1, required=True, metavar="RESULT...", type=PATH)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=PATH,
    default=Path("report"),
    show_default=True,
    help="Folder for index.html, figures and tables; existing files are overwritten.",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    help="Name of a machine in the report. Repeat it, in the order of the files.  [default: the "
    "name in the file]",
)
@case_option
@click.option(
    "--skip-bad",
    is_flag=True,
    help="Skip files that are not valid results, with a message, instead of stopping.",
)
@click.option(
    "--figure",
    "figures",
    multiple=True,
    metavar="NAME",
    help="Draw only this figure, or `all` figures, without the page. May be repeated.",
)
@click.option(
    "--format",
    "formats",
    type=Formats(formats_of_figures),
    default="svg",
    show_default=True,
    metavar="FORMAT,…",
    help="Formats of figures: svg, pdf (fonts embedded as TrueType), png (300 dpi).",
)
@click.option(
    "--width",
    type=click.Choice(["one", "two"]),
    default="two",
    show_default=True,
    help="Width of figures in columns of a journal: one is 3.5 inches, two is 7.16 inches.",
)
@click.option(
    "--published", is_flag=True, help="Add published figures by others, with their sources."
)
@click.option(
    "--assume",
    "assumptions",
    multiple=True,
    metavar="wrpkru=LOW-HIGHcycles",
    help="Assume this cost of WRPKRU where it was not measured, to draw the break-even: a range in "
    "cycles or ns, then a comma and its source. Marked as the reader's assumption.",
)
@click.option(
    "--tables",
    type=Formats(formats_of_tables),
    default="md,csv,latex,json",
    show_default=True,
    metavar="FORMAT,…",
    help="Formats of tables.",
)
@as_json
def report(
    results: Sequence[Path],
    output: Path,
    names: Sequence[str],
    cases: Sequence[str],
    skip_bad: bool,
    figures: Sequence[str],
    formats: Sequence[str],
    width: str,
    published: bool,
    assumptions: Sequence[str],
    tables: Sequence[str],
    json_: bool,
) -> None:
    """Write an HTML report of results, with figures and tables.

    RESULT is a result file of `pkbench run` or `pkbench count`, a profile's folder, or a bundle.
    Several results are shown side by side.
    """
    from pkbench.analysis.figures import figure_files  # slow to import
    from pkbench.analysis.report import bundle as bundles
    from pkbench.analysis.report import report as reports

    skip = note if skip_bad else None
    request = figure_files.Request(
        figures or (figure_files.ALL,), formats, width, published, assumptions, names, cases
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
    """Print the files that were drawn, and why other figures were not."""
    if json_:
        missing = [{"figure": each.name, "reason": each.reason} for each in drawn.missing]
        print_json({"files": [str(path) for path in drawn.paths], "not_drawn": missing})
        return
    for path in drawn.paths:
        click.echo(path)
    for each in drawn.missing:
        note(f"{each.name}: {each.reason}")
