"""A chart as a part of the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from ...figures import figure_files
from ...figures import Chart
from ...figures.drawing import style
from ...estimate.result_set import ResultSet

# What a chart's colours are called in the page's style sheet, which has them for light and dark.
NAMES = {
    "#ffffff": "chart-paper",
    style.INK: "chart-ink",
    style.PALE: "chart-grid",
    "#555555": "chart-mark",
    **{colour.lower(): f"series-{place}" for place, colour in enumerate(style.COLOURS)},
}


@dataclass(frozen=True)
class Picture:
    """A chart as the page and the folder hold it."""

    name: str
    figure: str  # the chart's own name, whatever the evidence
    title: str
    svg: bytes
    csv: str
    caption: str
    alt: str
    about: str  # title, caption, alternative text and command, as a file has them
    others: Mapping[str, bytes]  # the same in other formats, by ending

    @property
    def inline(self) -> Markup:
        """The SVG as part of a page: its ids made its own, its colours those of the page."""
        text = self.svg.decode("utf-8")
        text = text[text.index("<svg") :]
        text = re.sub(r'(<[^>]* id=")', rf"\g<1>{self.name}-", text)
        text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{self.name}-", text)
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
        text = re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL)  # it would style the page
        text = _COLOURED.sub(_named, text)
        # Safe: matplotlib escapes every text it writes, and the page's policy forbids scripts.
        return Markup(  # noqa: S704
            text.replace("<svg ", f'<svg role="img" aria-label="{escape(self.alt)}" ', 1)
        )


_COLOURED = re.compile(r"(?<=: )#[0-9a-fA-F]{6}(?=[;\"])")


def _named(found: re.Match[str]) -> str:
    name = NAMES.get(found.group().lower())
    return f"var(--{name})" if name else found.group()


def picture(chart: Chart, result_set: ResultSet, request: figure_files.Request) -> Picture:
    """Draw a chart of one kind of evidence in the formats asked for, SVG always among them."""
    formats = dict.fromkeys(("svg", *request.formats))
    drawn = {name: style.FORMATS[name](chart.figure) for name in formats}
    return Picture(
        name=figure_files.stem_of(chart, result_set),
        figure=chart.name,
        title=chart.title,
        svg=drawn.pop("svg"),
        csv=figure_files.table(chart),
        caption=figure_files.caption_on_page(chart, result_set),
        alt=chart.alt,
        about=figure_files.about(chart, result_set, request),
        others=drawn,
    )
