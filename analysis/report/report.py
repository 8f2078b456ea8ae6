"""Result files → one offline HTML page, with its figures and tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from . import summary, method
from ..figures import figure_files
from ..tables import all_cases, breakeven_table, machine_facts, case_coverage
from .. import figures
from ..reading.assumption import Assumption
from .page import subjects, template
from .page.case_details import Blocks
from .page.listing import Listing
from .page.matrix import Matrix, matrix
from .page.picture import Picture
from .page.pictures import Drawn, drawing
from ..profiles import why
from ..profiles.profile import Profile
from ..profiles.why import Profiles
from ..reading.result_files import read_named
from ..estimate.result_set import ResultSet, result_sets
from ..tables.table import FORMATS
from ..tables.table import write as write_table
from ..tables.table import Table
from ..tables.report_tables import of

PAGE = "index.html"
HEADINGS = {
    "silicon": "Time on silicon",
    "path length": "Path lengths: instructions executed",
    "function": "Function",
}
WARNING = (
    "Instructions are not time. These are counts under software emulation: no cache, TLB, "
    "interrupt or serialisation cost is in them."
)
# Beside the page the figures lie in one format, which is soon drawn.
PAGE_FIGURES = figure_files.Request(formats=("svg",))


@dataclass(frozen=True)
class Section:
    """What the page says of one kind of evidence."""

    result_set: ResultSet
    listing: Listing
    drawn: Drawn
    tables: Sequence[Table]
    profiles: Profiles

    @cached_property
    def pictures(self) -> Sequence[Picture]:
        """The charts, once they are drawn."""
        return [each for each in self._drawn if isinstance(each, Picture)]

    @cached_property
    def missing(self) -> Sequence[figures.Missing]:
        """The charts that can't be drawn."""
        return [each for each in self._drawn if isinstance(each, figures.Missing)]

    @cached_property
    def _drawn(self) -> Sequence[Picture | figures.Missing]:
        return self.drawn()

    @property
    def key(self) -> str:
        """The kind of evidence as a part of ids and names of files."""
        return self.listing.key

    @property
    def heading(self) -> str:
        """The section's heading."""
        return HEADINGS[self.result_set.evidence]

    @property
    def warning(self) -> str:
        """What must be read before any of the figures."""
        return WARNING if self.result_set.exact else ""

    @property
    def measured(self) -> bool:
        """Tell whether there is a figure to show."""
        return bool(self.listing.lines)

    @cached_property
    def answers(self) -> Sequence[str]:
        """The answer in a few sentences."""
        made_of = self.profiles.sentences(self.result_set) if self.profiles else ()
        return [*summary.sentences(self.result_set), *made_of]

    @cached_property
    def facts(self) -> machine_facts.Facts:
        """The machine cards."""
        return machine_facts.facts(self.result_set)

    @cached_property
    def findings(self) -> Sequence[machine_facts.Findings]:
        """What may spoil the figures."""
        return machine_facts.findings(self.result_set)

    @cached_property
    def matrix(self) -> Matrix | None:
        """Several machines side by side."""
        return matrix(self.listing)

    @cached_property
    def subjects(self) -> Sequence[subjects.Subject]:
        """Charts, tables and lists by subject."""
        leads = summary.leads(self.result_set) if self.measured else {}
        shown = [table for table in self.tables if not table.name.startswith("side-by-side")]
        return subjects.subjects(self.listing, self.pictures, self.missing, shown, leads)

    @cached_property
    def blocks(self) -> Blocks:
        """Every case's own block."""
        return Blocks(self.listing, self.profiles)

    @cached_property
    def method(self) -> Sequence[tuple[str, str]]:
        """How the figures were made."""
        return list(method.paragraphs(self.result_set))


def write(
    paths: Iterable[str | Path],
    folder: str | Path,
    names: Sequence[str] = (),
    skip: Callable[[str], None] | None = None,
    formats: Sequence[str] = tuple(FORMATS),
    request: figure_files.Request = PAGE_FIGURES,
) -> Path:
    """Write index.html, figures/ and tables/ into folder; return the page's path.

    `names` are the machines' names, in the order of the files, as far as they go. A file that can't
    be used ends the report by a `ResultError`; with `skip` it is left out, the page names it, and
    `skip` is told why. Profiles among the files are taken in: each must be of a result's machine.
    `formats` are those of the tables, of `table.FORMATS`; the figures are drawn as `request` says.
    """
    files, profiles = why.apart([Path(path) for path in paths])
    results, left_out = read_named(files, names, skip)
    found, not_read = why.read_all(profiles, results, skip)
    left_out += not_read
    request = replace(request, machines=names)
    stock = result_sets(results, [Assumption.parse(text) for text in request.assumptions])
    folder = Path(folder)
    with drawing(stock, request) as drawn:
        sections = [_section(*each, found) for each in zip(stock, drawn, strict=True)]
        parts = _parts(stock, sections, left_out)
        page = template.render(parts)
        _write_files(folder, sections, [parts["matrix"]], formats)
    target = folder / PAGE
    target.write_text(page, encoding="utf-8")
    return target


def _section(result_set: ResultSet, drawn: Drawn, profiles: Sequence[Profile]) -> Section:
    return Section(
        result_set=result_set,
        listing=Listing(result_set),
        drawn=drawn,
        tables=[*of(result_set), *(t for t in [breakeven_table.table(result_set)] if t.rows)],
        profiles=why.of(result_set, profiles),
    )


def _parts(
    stock: Sequence[ResultSet], sections: Sequence[Section], left_out: Sequence[str]
) -> dict[str, Any]:
    table, reasons = case_coverage.matrix(stock)
    headings, families = case_coverage.by_family(stock)
    return {
        "title": _title(stock),
        "sections": sections,
        "left_out": left_out,
        "matrix": table,
        "reasons": reasons,
        "families": families,
        "family_headings": headings,
        "counts": [(result_set, case_coverage.counts(result_set.cases)) for result_set in stock],
    }


def _title(stock: Sequence[ResultSet]) -> str:
    names = list(dict.fromkeys(name for result_set in stock for name in result_set.names))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"What memory protection costs: {shown}"


def _write_files(
    folder: Path, sections: Sequence[Section], shared: Sequence[Table], formats: Sequence[str]
) -> None:
    pictures, texts = folder / "figures", folder / "tables"
    for place in (pictures, texts):
        place.mkdir(parents=True, exist_ok=True)
    for section in sections:
        for drawn in section.pictures:
            _write_picture(pictures, drawn)
        machines = machine_facts.card(section.result_set)
        write_table(texts, f"{section.key}-{machines.name}", machines, formats)
        if section.measured:
            section.profiles.write(folder)
            for table in (*section.tables, *section.profiles.tables, all_cases.table(section.result_set)):
                write_table(texts, f"{section.key}-{table.name}", table, formats)
    for table in shared:
        write_table(texts, table.name, table, formats)


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_picture(folder: Path, drawn: Picture) -> None:
    (folder / f"{drawn.name}.svg").write_bytes(drawn.svg)
    for ending, content in drawn.others.items():
        (folder / f"{drawn.name}.{ending}").write_bytes(content)
    for ending, text in (("csv", drawn.csv), ("txt", drawn.about)):
        _text(folder / f"{drawn.name}.{ending}", text)
