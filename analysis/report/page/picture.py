"""Draw a chart as inline SVG for the page, and as files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from ...estimate.result_set import ResultSet
from ...figures import Chart, figure_files
from ...figures.drawing import style

# The style sheet's names for a chart's colours; it defines each for a light and a dark page.
NAMES = {
    "#ffffff": "chart-paper",
    style.INK: "chart-ink",
    style.PALE: "chart-grid",
    "#555555": "chart-mark",
    **{colour.lower(): f"series-{place}" for place, colour in enumerate(style.COLOURS)},
}


@dataclass(frozen=True)
class Picture:
    """A drawn chart, for the page and for the folder of figures."""

    name: str
    figure: str  # the chart's name, the same for all kinds of evidence
    title: str
    svg: bytes
    csv: str
    caption: str
    alt: str
    about: str  # title, caption, alternative text and command, for a text file
    others: Mapping[str, bytes]  # the chart in other formats, by file name ending

    @property
    def inline(self) -> Markup:
        """The SVG for the page: its ids made unique, its colours replaced by the page's."""
        text = self.svg.decode("utf-8")
        text = text[text.index("<svg") :]
        text = re.sub(r'(<[^>]* id=")', rf"\g<1>{self.name}-", text)
        text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{self.name}-", text)
        text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
        text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
        text = re.sub(
            r"<style.*?</style>", "", text, flags=re.DOTALL
        )  # or it would apply to the whole page
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
    """Draw a chart as SVG, and in the other formats asked for."""
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
