"""Options that several verbs share, and how their values are read."""

from collections.abc import Callable
from typing import Any

import click

from pkbench import quantities
from pkbench.run.presets import PRESETS


class Quantity(click.ParamType[float]):
    """A number with a unit, as the user writes it."""

    def __init__(self, name: str, parse: Callable[[str], float]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number in its base unit."""
        try:
            return self._parse(str(value))
        except quantities.QuantityError as error:
            self.fail(str(error), param, ctx)


SHARE = Quantity("share", quantities.share)
REST = "pkbench.cli.rest"
ALLOWED = Quantity("share", lambda text: quantities.share(text, least=0.0))
TIME = Quantity("time", quantities.seconds)

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of text.")
patterns_argument = click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
points_option = click.option(
    "-P",
    "--points",
    multiple=True,
    metavar="AXIS=POINTS",
    help="As in pages=1,7,100-120.",
)


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
    """`--preset`, which also answers to its old name, `--profile`, and doesn't speak of it."""

    def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
        """Return the line of help under the new name alone."""
        names, text = super().get_help_record(context) or ("", "")
        return names.replace(", --profile", ""), text

    def get_error_hint(self, context: click.Context | None) -> str:
        """Name the option in an error as the help does."""
        return super().get_error_hint(context).split(" / ")[0]


preset_option = click.option(
    "--preset",
    "--profile",
    "preset",
    cls=PresetOption,
    type=click.Choice(list(PRESETS)),
    default="standard",
    show_default=True,
)
