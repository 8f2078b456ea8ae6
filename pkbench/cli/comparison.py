"""What `compare` and `gate` share: their options, and a comparison printed."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkbench.cli.options import ALLOWED, PATH
from pkbench.cli.output import note

if TYPE_CHECKING:
    from pkbench.analysis.compare.compare import Comparison
    from pkbench.analysis.compare.gate import Gate
    from pkbench.analysis.compare.text import View

markdown_option = click.option(
    "--markdown", is_flag=True, help="Print a Markdown table instead of text."
)
sort_option = click.option(
    "--sort",
    type=click.Choice(("case", "ratio", "change")),
    help="Order of the rows: by the case's name, by the ratio (largest first), or by the change "
    "in either direction.  [default: the order of the results]",
)
only_changed_option = click.option(
    "--only-changed",
    is_flag=True,
    help="Leave unchanged and inconclusive cases out; of a gate, those that pass.",
)
unit_option = click.option(
    "--unit",
    type=click.Choice(("ns", "us", "cycles", "ticks")),
    help="Unit of times: cycles are core cycles, ticks those of the time-stamp counter.  "
    "[default: core cycles where both results have them, else what fits]",
)


AGAINST = re.compile(r"--against(=|$)")
END = "/dev/null/end"  # can be no file: marks where the files of --against end

files_argument = click.argument(
    "files", nargs=-1, required=True, type=PATH, metavar="BASE NEW | NEW... --against BASE..."
)
against_option = click.option(
    "--against",
    multiple=True,
    type=PATH,
    metavar="BASE...",
    help="Compare with these runs. With several runs on either side the run is the unit: its own "
    "effect, which one run can't show, is then part of each interval.",
)
run_effect_option = click.option(
    "--run-effect",
    type=ALLOWED,
    default="2%",
    show_default=True,
    help="By how much two runs of the same differ anyway, as the standard deviation of a run's own "
    "effect. Part of each interval where both sides have one run and these did not take turns.",
)


class WithAgainst(click.Command):
    """A verb whose option `--against` takes all file names up to the next option."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Repeat `--against` before each of its files, as click reads it.

        Files after that would be of the other side, which reads as if they were of the same: they
        are refused.
        """
        place = next((n for n, each in enumerate(args) if AGAINST.match(each)), None)
        if place is None:
            return super().parse_args(context, args)
        first = args[place].partition("=")[2]
        rest = args[place + 1 :]
        number = next((n for n, each in enumerate(rest) if each.startswith("-")), len(rest))
        base = [*([first] if first else []), *rest[:number]]
        if not base:
            raise click.UsageError("--against needs the files of the base after it", context)
        repeated = [part for file in base for part in ("--against", file)]
        left = super().parse_args(context, [*args[:place], *repeated, END, *rest[number:]])
        files = [str(file) for file in context.params["files"]]
        if files[-1:] != [END]:
            raise click.UsageError(
                "name the files of NEW before --against, and those of BASE right after it", context
            )
        context.params["files"] = context.params["files"][:-1]
        return left


def sides(files: Sequence[Path], against: Sequence[Path]) -> tuple[Sequence[Path], Sequence[Path]]:
    """Return the files of the base, and those to compare with it.

    Raises UsageError where a side is missing.
    """
    if against and files:
        return against, files
    if len(files) < 2:
        raise click.UsageError("name two results: BASE and NEW, or NEW... --against BASE...")
    return files[:1], files[1:]


def view_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose which rows are printed, and how."""
    for option in (
        *(markdown_option, unit_option, only_changed_option, sort_option, run_effect_option),
        against_option,
    ):
        command = option(command)
    return command


def print_comparison(
    comparison: "Comparison", view: "View", markdown: bool, gate: "Gate | None" = None
) -> None:
    """Print a comparison: the table on standard output, then what to know about it on stderr."""
    from pkbench.analysis.compare import text  # slow to import
    from pkbench.analysis.tables.columns import aligned

    table = text.table(comparison, view, gate)
    if markdown:
        click.echo(table.markdown())
    else:
        click.echo(f"{table.title}:")
        for line in aligned([table.headings, *table.rows]):
            click.echo(line)
        for line in text.notes(comparison):  # a Markdown table has them below it
            note(line)
    if gate is None:
        note(text.summary(comparison))
    else:
        click.echo(text.outcome(gate))
