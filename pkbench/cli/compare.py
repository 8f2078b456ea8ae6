"""`pkbench compare`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.comparison import print_comparison
from pkbench.cli.options import PATH, SHARE, as_json
from pkbench.cli.output import print_json


@click.command()
@click.argument("base", type=PATH)
@click.argument("new", nargs=-1, required=True, type=PATH)
@click.option(
    "--margin",
    type=SHARE,
    default="1%",
    show_default=True,
    help="Report a case as unchanged if it differs by no more than this.",
)
@click.option("--markdown", is_flag=True, help="Print a Markdown table instead of text.")
@as_json
def compare(base: Path, new: Sequence[Path], margin: float, markdown: bool, json_: bool) -> None:
    """Report each case as faster, slower, unchanged or inconclusive.

    BASE and NEW are result files of `pkbench run`, or of `pkbench count`. Each NEW is compared with
    BASE, case by case. Messages say what differs between the machines, and warn when the runs were
    not taken at the same time.
    """
    from pkbench.analysis.compare import compare as comparing  # slow to import
    from pkbench.analysis.compare import text
    from pkbench.analysis.reading.result import read

    first = read(base)
    found = [comparing.compare(first, read(path), margin) for path in new]
    if json_:
        print_json([text.plain(each) for each in found])
        return
    for each in found:
        print_comparison(each, markdown)
