"""README and docs/ as tests and counts of words read them: code, links, sentences."""

import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from places import ROOT

from pkbench.cases.catalogue import benchmarks

README, DOCS = ROOT / "README.md", ROOT / "docs"
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
SHORT_ENDS = re.compile(r"\b(e\.g|i\.e|et al)\.")


class Block(NamedTuple):
    """A block of code."""

    page: Path
    language: str
    text: str


def pages() -> list[Path]:
    """Return README and the pages of docs/."""
    return [README, *sorted(DOCS.rglob("*.md"))]


def name(page: Path) -> str:
    """Return a page's path as a test's name has it."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return a page's blocks of code."""
    return [Block(page, found[2], found[3]) for found in FENCE.finditer(page.read_text())]


def without_blocks(page: Path) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", page.read_text())


def commands(page: Path) -> Iterator[list[str]]:
    """Give the words of each command line in a page's blocks of code without a language.

    A transcript's own lines begin with `$ `: of what follows, nothing is a command.
    """
    for block in blocks(page):
        if block.language not in {"", "sh"}:
            continue
        lines = block.text.replace("\\\n", " ").splitlines()
        typed = [line[2:] for line in lines if line.startswith("$ ")]
        for line in typed or lines:
            if not re.match(
                r"\s*(pkbench|python|pytest|make|sh|apt|dnf|faketime|wait|\.\./)", line
            ):
                continue
            words = shlex.split(line, comments=True)
            yield [word for word in words if word != "&"]


def inline(page: Path) -> list[str]:
    """Return what stands in backquotes in a page's text."""
    return re.findall(r"`([^`\n]+)`", without_blocks(page))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links and pictures."""
    return LINK.findall(without_blocks(page))


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def families() -> set[str]:
    """Return the names of all families."""
    return {benchmark.family for benchmark in benchmarks()}


def sentences(text: str) -> list[int]:
    """Return the number of words of each sentence of a page's prose.

    Left out are code, tables, headings, quotes and pictures; an item of a list is a sentence.
    """
    text = FENCE.sub("\n\n", text)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    kept = [line for line in text.splitlines() if not re.match(r"\s*(\||#|>|!\[)", line)]
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.) )", "\n".join(kept))
    return [
        number
        for paragraph in paragraphs
        for sentence in re.split(r"(?<=[.?!:])[*)\"]*\s+", _plain(paragraph))
        if (number := sum(map(_is_word, sentence.split())))
    ]


def _plain(paragraph: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", paragraph)
    text = re.sub(r"^\s*(?:[-*]|\d+\.) ", "", text)
    return SHORT_ENDS.sub(r"\1", text.replace("**", "").replace("`", ""))


def _is_word(text: str) -> bool:
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)


def section(page: str, heading: str) -> str:
    """Return what stands under a heading of a page of docs/, up to the next of the same level."""
    text = (DOCS / f"{page}.md").read_text()
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_column(text: str) -> list[str]:
    """Return what stands in backquotes in the first column of tables."""
    return re.findall(r"^\| \**`([^`]+)`", text, re.MULTILINE)


PAGES = pages()
