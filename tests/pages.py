"""A report's page, as its text, links and identifiers."""

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from results_made import Made, suite, write

from pkbench.analysis.report.report import write as report

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'{{ 7 * 7 }}|`a`](javascript:x)"

HIDDEN = ("style", "svg", "script")


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str | None] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.events: list[str] = []
        self.headings: list[int] = []
        self.words: list[str] = []
        self._hidden = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append(dict(attrs).get("type"))
        self._hidden += tag in HIDDEN
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action", "srcset"):
                self.links.append(value or "")
            if name.startswith("on"):
                self.events.append(name)

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in HIDDEN

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(folder: Path, *suites: dict[str, Any]) -> Page:
    paths = [write(folder / f"{place}.json", made) for place, made in enumerate(suites)]
    return Page(report(paths, folder / "report"))


def counts(*extra: Made, **machine: str) -> dict[str, Any]:
    cases = [
        Made("instruction/empty-loop", [[2.0], [2.0]]),
        Made("instruction/nop-100", [[102.0], [102.0]], floor="instruction/empty-loop"),
        Made("switch/wrpkru-raw/pages:1", [[33.0]], floor="instruction/empty-loop"),
        Made("switch/mprotect/pages:1", [[5396.0]], floor="instruction/empty-loop"),
        *extra,
    ]
    return suite(cases, evidence="path length", machine=machine)
