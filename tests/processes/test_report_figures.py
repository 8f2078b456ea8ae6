"""A whole report works offline, is valid, shows text as text, and mixes no evidence."""

import csv
import re
from itertools import pairwise
from pathlib import Path

import html5lib
import pytest
from figures_made import catalogue
from pages import HOSTILE, Page, counts, page_of
from results_made import Made, skipped, suite

from pkbench.analysis.report.report import write as report


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with every figure, of times and of path lengths."""
    folder = tmp_path_factory.mktemp("whole")
    page_of(folder, suite(catalogue()), counts())
    return folder / "report/index.html"


def test_on_silicon_the_summary_has_intervals(whole: Path) -> None:
    assert re.search(r"times slower \(95 % interval [\d.]+ to [\d.]+\)", Page(whole).text)


def test_each_kind_of_evidence_has_its_own_section(whole: Path) -> None:
    assert {"silicon", "path-length", "coverage", "method"} <= set(Page(whole).ids)
    for table in whole.parent.rglob("*.csv"):
        rows = list(csv.DictReader(table.read_text().splitlines()))
        kinds = {row["evidence"] for row in rows if "evidence" in row}
        assert len(kinds) < 2 or table.name == "support.csv"


def test_hostile_text_is_shown_and_never_executed(tmp_path: Path) -> None:
    cases = [
        Made("switch/mprotect/pages:1", [[1e-6], [2e-6]], operation=HOSTILE),
        skipped("switch/wrpkru-raw/pages:1", HOSTILE),
    ]
    finding = dict.fromkeys(("check", "status", "evidence", "effect", "fix", "undo"), HOSTILE)
    names = ("name", "cpu_model", "kernel", "virtualisation", "compiler", "governor", "libc")
    made = suite(
        cases,
        machine={**dict.fromkeys(names, HOSTILE), "mitigations": {HOSTILE: HOSTILE}},
        findings=[finding],
        pkbench_command=HOSTILE,
        pkbench_date=HOSTILE,
        pkbench_version=HOSTILE,
        pkbench_profile=HOSTILE,
    )
    page = page_of(tmp_path, made, made)
    assert "img" not in page.tags
    assert ["application/json", None] == page.scripts
    assert [] == page.events
    assert "49" not in page.text
    assert "<script>alert(1)</script>" in page.text
    for path in (tmp_path / "report").rglob("*.svg"):
        assert "<script" not in path.read_text()
    for path in (tmp_path / "report").rglob("*.md"):
        assert "<script" not in path.read_text()
        assert not re.search(r"(?<!\\)\]\(", path.read_text())


def test_the_page_is_offline_and_has_one_script_of_its_own(whole: Path) -> None:
    page = Page(whole)
    assert ["application/json"] * 2 + [None] == page.scripts
    assert {"link", "img", "iframe"}.isdisjoint(page.tags)
    for link in page.links:
        assert link[1:] in page.ids if link.startswith("#") else (whole.parent / link).exists()


def test_the_page_is_valid_html(whole: Path) -> None:
    html5lib.HTMLParser(strict=True).parse(whole.read_text())


def test_ids_are_unique_though_many_figures_share_a_page(whole: Path) -> None:
    page = Page(whole)
    assert len(page.ids) == len(set(page.ids))


def test_headings_step_down_one_at_a_time(whole: Path) -> None:
    headings = Page(whole).headings
    assert (1, 1) == (headings[0], headings.count(1))
    assert all(below - above <= 1 for above, below in pairwise(headings))


def test_the_same_files_give_the_same_report(whole: Path, tmp_path: Path) -> None:
    results = [whole.parent.parent / name for name in ("0.json", "1.json")]
    first, second = whole.parent, report(results, tmp_path).parent
    files = sorted(found.relative_to(first) for found in first.rglob("*") if found.is_file())
    assert len(files) > 20
    for name in files:
        assert (first / name).read_bytes() == (second / name).read_bytes()
