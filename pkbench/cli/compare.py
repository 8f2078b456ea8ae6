"""`pkbench compare`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cli.comparison import print_comparison
from pkbench.cli.options import SHARE, as_json
from pkbench.cli.output import print_json


@click.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--margin", type=SHARE, default="1%", show_default=True, help="Called the same.")
@click.option("--markdown", is_flag=True, help="Print Markdown instead of text.")
@as_json
def compare(base: Path, new: Sequence[Path], margin: float, markdown: bool, json_: bool) -> None:
    """Compare results with a first one, case by case: faster, slower, the same, can't tell."""
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
