"""Write figures as files: the drawing in each format, its data, caption and command."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import figures, formatting
from ..estimate.result_set import ResultSet, result_sets
from ..reading.assumption import Assumption
from ..reading.bounded_json import ResultError
from ..reading.result_files import read_named
from ..tables import machine_facts
from .drawing import style

ALL = "all"


@dataclass(frozen=True)
class Request:
    """Which figures to draw, and how."""

    names: Sequence[str] = (ALL,)
    formats: Sequence[str] = tuple(style.FORMATS)
    width: str = "two"
    published: bool = False
    assumptions: Sequence[str] = ()
    machines: Sequence[str] = ()  # names for the first files' machines, in the order of the files
    cases: Sequence[str] = ()  # patterns of the cases to take; empty for all

    def command(self, name: str, result_set: ResultSet) -> str:
        """Return the command that draws one figure again; files are named without their folders."""
        typed = ["pkbench", "report", *(result.path.name for _, result in result_set.machines)]
        for machine in result_set.names if self.machines else ():
            typed += ["--name", machine]
        for pattern in self.cases:
            typed += ["--case", pattern]
        typed += ["--figure", name, "--format", ",".join(self.formats), "--width", self.width]
        typed += ["--published"] * self.published
        for assumption in result_set.assumptions:
            typed += ["--assume", assumption.written]
        return shlex.join(typed)


@dataclass(frozen=True)
class Drawn:
    """The files that were drawn, and the figures that could not be."""

    paths: Sequence[Path]
    missing: Sequence[figures.Missing]


def chosen(names: Sequence[str]) -> list[figures.Figure]:
    """Return the figures of these names, in the order of a report.

    Raises ResultError, which lists all names, for a name that no figure has.
    """
    known = {figure.name: figure for figure in figures.FIGURES}
    for name in names:
        if name not in known and name != ALL:
            raise ResultError(f"there is no figure {name!r}; there are: {', '.join(known)}, {ALL}")
    return [figure for name, figure in known.items() if name in names or ALL in names]


def write(
    paths: Iterable[str | Path],
    folder: str | Path,
    request: Request,
    skip: Callable[[str], None] | None = None,
) -> Drawn:
    """Draw figures of result files into a folder; return the files, and the reasons for the rest.

    A file that can't be used raises `ResultError`. With `skip`, it is left out instead, and `skip`
    is called with the reason.
    """
    wanted = chosen(request.names)
    assumptions = [Assumption.parse(text) for text in request.assumptions]
    results, _ = read_named([Path(path) for path in paths], request.machines, skip)
    sets = result_sets(results, assumptions, request.cases)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    missing: list[figures.Missing] = []
    for result_set in sets:
        for figure in wanted if result_set.evidence != "function" else ():
            chart = figures.chart(
                figure, result_set, style.WIDTHS[request.width], request.published
            )
            if isinstance(chart, figures.Missing):
                missing.append(chart)
            else:
                written += files(chart, result_set, folder, request)
    return Drawn(written, missing)


def files(
    chart: figures.Chart, result_set: ResultSet, folder: Path, request: Request
) -> Iterator[Path]:
    """Write a chart's files and give their paths: drawings, table and texts."""
    stem = folder / stem_of(chart, result_set)
    for name in request.formats:
        path = stem.with_name(f"{stem.name}.{name}")
        path.write_bytes(style.FORMATS[name](chart.figure))
        yield path
    for ending, text in ((".csv", table(chart)), (".txt", about(chart, result_set, request))):
        path = stem.with_name(stem.name + ending)
        path.write_text(text, encoding="utf-8")
        yield path


def stem_of(chart: figures.Chart, result_set: ResultSet) -> str:
    """Return the name of a chart's files without the endings."""
    return f"{result_set.evidence.replace(' ', '-')}-{chart.name}"


def table(chart: figures.Chart) -> str:
    """Return the tidy table behind a chart as CSV."""
    return str(chart.table.to_csv(index=False, lineterminator="\n"))


def caption(chart: figures.Chart, result_set: ResultSet) -> str:
    """Return a chart's caption, with the facts of the machines it shows."""
    shown = set(chart.table["machine"])
    sources = [
        f"{name}: {machine_facts.short(result)}."
        if len(shown) > 1
        else f"{machine_facts.short(result)}."
        for name, result in result_set.machines
        if name in shown
    ]
    return " ".join([chart.caption, *sources])


def caption_on_page(chart: figures.Chart, result_set: ResultSet) -> str:
    """Return a chart's caption for a page that describes its machines elsewhere."""
    if len(result_set.machines) == 1:
        return caption(chart, result_set)
    shown = set(chart.table["machine"])
    names = [name for name in result_set.names if name in shown]
    only = f" Only {formatting.listed(names)}." if len(names) < len(result_set.names) else ""
    return chart.caption + only


def about(chart: figures.Chart, result_set: ResultSet, request: Request) -> str:
    """Return the texts of a figure: title, caption, alternative text, data and command."""
    parts = {
        "Title": chart.title,
        "Caption": caption(chart, result_set),
        "Alternative text": chart.alt,
        "Data": f"{stem_of(chart, result_set)}.csv, a row for each mark",
        "Command to draw it again": request.command(chart.name, result_set),
    }
    return "\n\n".join(f"{heading}\n{text}" for heading, text in parts.items()) + "\n"
