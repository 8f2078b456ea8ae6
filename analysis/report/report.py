"""Write a report on result files: one offline HTML page, with its figures and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .. import figures
from ..compare import side_by_side
from ..compare.machines import Machines
from ..estimate.result_set import ResultSet, result_sets
from ..figures import figure_files
from ..profiles import why
from ..profiles.profile import Profile
from ..profiles.why import Profiles
from ..reading.assumption import Assumption
from ..reading.result_files import read_named
from ..tables import all_cases, breakeven_table, case_coverage, machine_facts
from ..tables.report_tables import of
from ..tables.table import FORMATS, Table
from ..tables.table import write as write_table
from . import method, summary
from .page import subjects, template
from .page.case_details import Details
from .page.listing import Listing
from .page.matrix import Matrix, matrix
from .page.picture import Picture
from .page.pictures import Drawn, drawing

PAGE = "index.html"
HEADINGS = {
    "silicon": "Time on silicon",
    "path length": "Path lengths: instructions executed",
    "function": "Functional check",
}
WARNING = (
    "Instructions are not time. These are counts under software emulation. They include no cache, "
    "TLB, interrupt or serialisation cost."
)
# SVG alone by default: it is what the page shows, and other formats take longer to draw.
PAGE_FIGURES = figure_files.Request(formats=("svg",))


@dataclass(frozen=True)
class Section:
    """The part of the page on one kind of evidence."""

    result_set: ResultSet
    machines: Machines
    listing: Listing
    drawn: Drawn
    tables: Sequence[Table]
    profiles: Profiles

    @cached_property
    def pictures(self) -> Sequence[Picture]:
        """The charts; waits until they are drawn."""
        return [each for each in self._drawn if isinstance(each, Picture)]

    @cached_property
    def missing(self) -> Sequence[figures.Missing]:
        """The charts that can't be drawn, with the reasons."""
        return [each for each in self._drawn if isinstance(each, figures.Missing)]

    @cached_property
    def _drawn(self) -> Sequence[Picture | figures.Missing]:
        return self.drawn()

    @property
    def key(self) -> str:
        """The kind of evidence as ids and file names contain it."""
        return self.listing.key

    @property
    def heading(self) -> str:
        """The section's heading."""
        return HEADINGS[self.result_set.evidence]

    @property
    def warning(self) -> str:
        """The warning above all figures; "" for none."""
        return WARNING if self.result_set.exact else ""

    @property
    def measured(self) -> bool:
        """Return whether any case was measured."""
        return bool(self.listing.lines)

    @cached_property
    def summary(self) -> Sequence[str]:
        """The summary in a few sentences."""
        made_of = self.profiles.sentences(self.result_set) if self.profiles else ()
        return [*summary.sentences(self.result_set, self.machines), *made_of]

    @cached_property
    def facts(self) -> machine_facts.Facts:
        """The facts of the machines."""
        return machine_facts.facts(self.result_set)

    @cached_property
    def findings(self) -> Sequence[machine_facts.Findings]:
        """The possible noise sources that doctor found."""
        return machine_facts.findings(self.result_set)

    @cached_property
    def matrix(self) -> Matrix | None:
        """The side-by-side table of several machines."""
        return matrix(self.listing)

    @cached_property
    def subjects(self) -> Sequence[subjects.Subject]:
        """The charts, tables and lists by subject."""
        leads = summary.leads(self.result_set) if self.measured else {}
        shown = [table for table in self.tables if not table.name.startswith("side-by-side")]
        return subjects.subjects(self.listing, self.pictures, self.missing, shown, leads)

    @cached_property
    def details(self) -> Details:
        """The details of each case."""
        return Details(self.listing, self.profiles)

    @cached_property
    def method(self) -> Sequence[tuple[str, str]]:
        """The paragraphs on method, each as its heading and its text."""
        return list(method.paragraphs(self.result_set))


def write(
    paths: Iterable[str | Path],
    folder: str | Path,
    names: Sequence[str] = (),
    skip: Callable[[str], None] | None = None,
    formats: Sequence[str] = tuple(FORMATS),
    request: figure_files.Request = PAGE_FIGURES,
) -> Path:
    """Write index.html, figures/ and tables/ into a folder; return the page's path.

    `paths` are result files and profiles; a profile must be of the machine of one of the results.
    `names` rename the machines of the first results, in the order of the files. `formats` are
    those of the tables, from `table.FORMATS`; `request` says how the figures are drawn.

    Raises `ResultError` for a file that can't be used. With `skip`, such a file is left out
    instead: the page names it, and `skip` is called with the reason.
    """
    files, profiles = why.apart([Path(path) for path in paths])
    results, left_out = read_named(files, names, skip)
    found, not_read = why.read_all(profiles, results, skip)
    left_out += not_read
    request = replace(request, machines=names)
    assumptions = [Assumption.parse(text) for text in request.assumptions]
    sets = result_sets(results, assumptions, request.cases)
    folder = Path(folder)
    with drawing(sets, request) as drawn:
        sections = [_section(*each, found) for each in zip(sets, drawn, strict=True)]
        parts = _parts(sets, sections, left_out)
        page = template.render(parts)
        _write_files(folder, sections, [parts["matrix"]], formats)
    target = folder / PAGE
    target.write_text(page, encoding="utf-8")
    return target


def _section(result_set: ResultSet, drawn: Drawn, profiles: Sequence[Profile]) -> Section:
    machines = Machines(result_set)
    others = (side_by_side.table(machines), breakeven_table.table(result_set))
    return Section(
        result_set=result_set,
        machines=machines,
        listing=Listing(result_set, machines),
        drawn=drawn,
        tables=[*of(result_set), *(table for table in others if table.rows)],
        profiles=why.of(result_set, profiles),
    )


def _parts(
    sets: Sequence[ResultSet], sections: Sequence[Section], left_out: Sequence[str]
) -> dict[str, Any]:
    table, reasons = case_coverage.matrix(sets)
    headings, families = case_coverage.by_family(sets)
    return {
        "title": _title(sets),
        "sections": sections,
        "left_out": left_out,
        "matrix": table,
        "reasons": reasons,
        "families": families,
        "family_headings": headings,
        "counts": [(result_set, case_coverage.counts(result_set.cases)) for result_set in sets],
    }


def _title(sets: Sequence[ResultSet]) -> str:
    names = list(dict.fromkeys(name for result_set in sets for name in result_set.names))
    shown = "; ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Cost of memory protection: {shown}"


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
            for table in (
                *section.tables,
                *section.profiles.tables,
                all_cases.table(section.result_set),
            ):
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
