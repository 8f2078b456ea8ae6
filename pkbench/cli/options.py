"""Options that several verbs share, and how their values are read."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pkbench import quantities
from pkbench.run.presets import PRESETS, Preset


class Quantity(click.ParamType[float]):
    """A number with a unit, as the user writes it."""

    def __init__(self, name: str, parse: Callable[[str], float]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number in its base unit; fail where `parse` raises QuantityError."""
        try:
            return self._parse(str(value))
        except quantities.QuantityError as error:
            self.fail(str(error), param, ctx)


class NamedPath(click.Path):
    """A path, which is not empty: pathlib would take an empty one for the present folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the Path; fail where the text is empty."""
        if not value:
            self.fail("the name is empty; give the name of a file or folder", param, ctx)
        return super().convert(value, param, ctx)


PATH = NamedPath(path_type=Path)
SHARE = Quantity("share", quantities.share)
REST = "pkbench.cli.rest"
ALLOWED = Quantity("share", lambda text: quantities.share(text, least=0.0))
TIME = Quantity("time", quantities.seconds)


class WithRest(click.Command):
    """A verb that sets apart what follows `--`: see `rest`."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Parse what stands before `--`."""
        before, after = args, list[str]()
        if "--" in args:
            place = args.index("--")
            before, after = args[:place], args[place + 1 :]
        context.meta[REST] = tuple(after)
        return super().parse_args(context, before)


def rest(context: click.Context) -> tuple[str, ...]:
    """Return what stood after `--` on the command line of a `WithRest`."""
    found: tuple[str, ...] = context.meta[REST]
    return found


class PresetOption(click.Option):
    """`--preset`, with its old name `--profile` accepted but not shown in help or errors."""

    def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
        """Return the line of help under the new name alone."""
        names, text = super().get_help_record(context) or ("", "")
        return names.replace(", --profile", ""), text

    def get_error_hint(self, context: click.Context | None) -> str:
        """Name the option in an error as the help does."""
        return super().get_error_hint(context).split(" / ")[0]


def preset_option(help_text: str, default: str = "standard") -> Callable[..., Any]:
    """Return the option that chooses a preset, with this text as its help."""
    return click.option(
        "--preset",
        "--profile",
        "preset",
        cls=PresetOption,
        type=click.Choice(list(PRESETS)),
        default=default,
        show_default=True,
        help=help_text,
    )


def check_resume(resume: bool, output: Path | None) -> None:
    """Raise UsageError for --resume without the name of what was interrupted."""
    if resume and (output is None or not output.name):
        raise click.UsageError("--resume needs -o with the name that the interrupted command had")


def by_preset(value: Callable[[Preset], str]) -> str:
    """Return a setting of each preset, as the help names a default that depends on the preset."""
    return ", ".join(f"{name} {value(preset)}" for name, preset in PRESETS.items())


def longest(preset: Preset) -> str:
    """Return roughly how long a run takes at most: its budget, in whole minutes or more."""
    return quantities.roughly(math.ceil(preset.budget / 60) * 60)


# What a preset chooses depends on the verb: how much is measured, or only which cases there are.
HOW_MUCH = f"How much to measure. A run takes at most about: {by_preset(longest)}."
WHICH_POINTS = "Which points of each axis: quick has the fewest, publish the most."
WHICH_CASES = (
    "Which cases: quick has the headline benchmarks at few points, standard has all benchmarks, "
    "publish has all at the most points."
)
ALL_CASES = f"{HOW_MUCH} {WHICH_CASES}"

BUDGET = (
    "Start no further round of worker processes after this time: 90s, 10m, 2h.  [default: "
    f"{by_preset(lambda preset: quantities.roughly(preset.budget))}]"
)

# The epilog of verbs that take patterns; the mark \b keeps its lines apart.
PATTERNS = """\b
PATTERN is one of:
  syscall                          a family
  protect/mprotect-rw-ro           a benchmark
  protect/mprotect-rw-ro/pages:16  a case
  'switch/*'                       a shell pattern for any of these
"""

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of text.")
patterns_argument = click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
case_option = click.option(
    "--case",
    "cases",
    multiple=True,
    metavar="PATTERN",
    help="Take only the cases that match: a family, a benchmark, a case, or a shell pattern for "
    "any of these. May be repeated.",
)
points_option = click.option(
    "-P",
    "--points",
    multiple=True,
    metavar="AXIS=POINTS",
    help="Points of an axis, instead of the preset's: -P pages=1,7,100-120. May be repeated.",
)
