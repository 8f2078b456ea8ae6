"""Result files → one offline HTML page, with its figures and tables beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import jinja2
from markupsafe import Markup

from . import answer, card, figures, method, support
from .document import ResultError
from .figures import style
from .result import read
from .shelf import Shelf, shelves
from .table import FORMATS
from .table import write as write_table
from .tables import Table, everything, of

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


@dataclass(frozen=True)
class Picture:
    """A chart as the page and the folder hold it."""

    name: str
    title: str
    svg: bytes
    csv: str
    caption: str
    alt: str

    @property
    def inline(self) -> Markup:
        """The SVG as part of a page: its ids made its own, so that two figures don't share one."""
        text = self.svg.decode("utf-8")
        text = text[text.index("<svg") :]
        text = re.sub(r'(<[^>]* id=")', rf"\g<1>{self.name}-", text)
        text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{self.name}-", text)
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        # Safe: matplotlib escapes every text it writes, and the page's policy forbids scripts.
        return Markup(  # noqa: S704
            text.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
        )


@dataclass(frozen=True)
class Section:
    """What the page says of one kind of evidence."""

    key: str
    heading: str
    warning: str
    answers: Sequence[tuple[str, Sequence[str]]]
    pictures: Sequence[Picture]
    missing: Sequence[figures.Missing]
    tables: Sequence[Table]
    everything: Table
    machines: Table
    findings: Sequence[card.Findings]
    method: Sequence[str]

    @property
    def measured(self) -> bool:
        """Tell whether there is a figure to show."""
        return bool(self.everything.rows)


def write(
    paths: Iterable[str | Path], folder: str | Path, formats: Sequence[str] = tuple(FORMATS)
) -> Path:
    """Write index.html, figures/ and tables/ into folder; return the page's path.

    `formats` are those of the tables, of `table.FORMATS`.
    """
    results = [read(path) for path in paths]
    if not results:
        raise ResultError("There is no result file to report on.")
    stock = shelves(results)
    sections = [_section(shelf) for shelf in stock]
    matrix, reasons = support.matrix(stock)
    page = _template().render(
        title=_title(stock),
        sections=sections,
        matrix=matrix,
        reasons=reasons,
        counts=[(shelf, support.counts(shelf.cases)) for shelf in stock],
    )
    folder = Path(folder)
    _write_files(folder, sections, [matrix], formats)
    target = folder / PAGE
    target.write_text(page, encoding="utf-8")
    return target


def _section(shelf: Shelf) -> Section:
    key = shelf.evidence.replace(" ", "-")
    charts = figures.charts(shelf)
    return Section(
        key=key,
        heading=HEADINGS[shelf.evidence],
        warning=WARNING if shelf.exact else "",
        answers=[(name, answer.sentences(shelf, name)) for name in shelf.names],
        pictures=[_picture(key, c, shelf) for c in charts if isinstance(c, figures.Chart)],
        missing=[c for c in charts if isinstance(c, figures.Missing)],
        tables=of(shelf),
        everything=everything(shelf),
        machines=card.card(shelf),
        findings=card.findings(shelf),
        method=list(method.paragraphs(shelf)),
    )


def _picture(key: str, chart: figures.Chart, shelf: Shelf) -> Picture:
    shown = set(chart.table["machine"])
    sources = [
        f"{name}: {card.short(result)}." if len(shown) > 1 else f"{card.short(result)}."
        for name, result in shelf.machines
        if name in shown
    ]
    return Picture(
        name=f"{key}-{chart.name}",
        title=chart.title,
        svg=style.svg(chart.figure),
        csv=chart.table.to_csv(index=False, lineterminator="\n"),
        caption=" ".join([chart.caption, *sources]),
        alt=chart.alt,
    )


def _title(stock: Sequence[Shelf]) -> str:
    names = list(dict.fromkeys(name for shelf in stock for name in shelf.names))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"What memory protection costs: {shown}"


def _write_files(
    folder: Path, sections: Sequence[Section], shared: Sequence[Table], formats: Sequence[str]
) -> None:
    pictures, texts = folder / "figures", folder / "tables"
    for place in (pictures, texts):
        place.mkdir(parents=True, exist_ok=True)
    for section in sections:
        for picture in section.pictures:
            (pictures / f"{picture.name}.svg").write_bytes(picture.svg)
            _text(pictures / f"{picture.name}.csv", picture.csv)
        write_table(texts, f"{section.key}-{section.machines.name}", section.machines, formats)
        if section.measured:
            for table in (*section.tables, section.everything):
                write_table(texts, f"{section.key}-{table.name}", table, formats)
    for table in shared:
        write_table(texts, table.name, table, formats)


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _template() -> jinja2.Template:
    folder = resources.files(__package__).joinpath("templates")
    names = ("report.html", "report.css")
    texts = {name: folder.joinpath(name).read_text(encoding="utf-8") for name in names}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(texts),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html")
