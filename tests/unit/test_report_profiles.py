"""A report takes profiles: its summary and the details of a case say where the time goes."""

from pathlib import Path
from typing import Any

import html5lib
import profiles_made
import pytest
from pages import HOSTILE, Page
from profiles_made import CASE
from results_made import Made, suite, write

from pkbench.analysis import ResultError
from pkbench.analysis.report.report import write as report

pytestmark = pytest.mark.usefixtures("no_figures")

MACHINE = {"name": "box", "cpu_model": "CPU", "kernel": "6.12"}
VALUES = [[1e-6, 1e-6], [1e-6, 1e-6], [1e-6, 1e-6]]


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return write(tmp_path / "result.json", suite([Made(CASE, VALUES)], machine=MACHINE))


def profile_of(folder: Path, found: Any) -> Path:
    folder.mkdir()
    return profiles_made.written(folder, found)


def test_the_summary_says_what_a_figure_is_made_of(result: Path, tmp_path: Path) -> None:
    profile = profile_of(tmp_path / "why", profiles_made.document())
    page = Page(report([result, profile], tmp_path / "report"))

    sentence = (
        "Of the 1.00 µs of protect/mprotect-rw-ro/pages:1, 60 % is the TLB flush, 30 % page tables"
    )
    assert 2 == page.text.count(sentence)  # there, and in the case's details


def test_the_details_of_a_case_have_its_profile(result: Path, tmp_path: Path) -> None:
    profile = profile_of(tmp_path / "why", profiles_made.document())
    page = Page(report([result, profile.parent], tmp_path / "report"))

    assert "Profile" in page.words
    assert "0.500" in page.text
    assert "Not known: core cycles (there is none)." in page.text
    assert "an unprofiled run: 2.00 × while counted, – while sampled." in page.text


def test_linked_drawings_exist(result: Path, tmp_path: Path) -> None:
    profile = profile_of(tmp_path / "why", profiles_made.document())
    folder = tmp_path / "report"
    page = Page(report([result, profile], folder))
    drawn = [link for link in page.links if link.startswith("profiles/")]

    assert 2 == len(drawn)
    assert all((folder / link).is_file() for link in drawn)
    assert (folder / "tables" / "silicon-causes.csv").is_file()


def test_shares_of_another_mode_are_given_for_the_profiled_time(tmp_path: Path) -> None:
    slow = [[value * 10 for value in values] for values in VALUES]
    result = write(tmp_path / "result.json", suite([Made(CASE, slow)], machine=MACHINE))
    profile = profile_of(tmp_path / "why", profiles_made.document())

    assert "Of the 1.00 µs of" in Page(report([result, profile], tmp_path / "r")).text


@pytest.mark.parametrize("key", ["cpu_model", "kernel"])
def test_a_profile_of_another_machine_is_refused_or_left_out(
    key: str, result: Path, tmp_path: Path
) -> None:
    found = profiles_made.document()
    found["machine"][key] = "another"
    profile = profile_of(tmp_path / "why", found)
    said: list[str] = []

    with pytest.raises(ResultError, match="not a profile of any result's machine"):
        report([result, profile], tmp_path / "report")
    page = Page(report([result, profile], tmp_path / "report", skip=said.append))
    assert 1 == len(said)
    assert "1 file was left out" in page.text


def test_an_untrusted_profile_is_shown_as_text(result: Path, tmp_path: Path) -> None:
    found = profiles_made.document()
    one = found["cases"][0]
    one["quantities"][0]["quantity"] = one["quantities"][2]["reason"] = HOSTILE
    one["missing"] = {HOSTILE: HOSTILE}
    one["samples"]["remark"] = one["samples"]["frames"][2] = HOSTILE
    profile = profile_of(tmp_path / "why", found)
    path = report([result, profile], tmp_path / "report")
    clean = Page(report([result], tmp_path / "clean"))
    page = Page(path)

    html5lib.HTMLParser(strict=True).parse(path.read_text())
    assert page.events == []
    assert page.tags.count("script") == clean.tags.count("script")
    assert "img" not in page.tags
