"""Figures as files: the formats, the data, what is said about them, and the same bytes again."""

from pathlib import Path

import pandas as pd
import pytest
from figures_made import catalogue
from PIL import Image
from results_made import suite, write

from pkbench.analysis import ResultError
from pkbench.analysis.figures import FIGURES, figure_files


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result with every figure's cases."""
    return write(tmp_path_factory.mktemp("result") / "my result.json", suite(catalogue()))


@pytest.fixture(scope="module")
def drawn(result: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two figures in all formats, a column wide."""
    folder = tmp_path_factory.mktemp("drawn")
    figure_files.write([result], folder, figure_files.Request(["pages", "switch"], width="one"))
    return folder


def test_a_figure_is_its_formats_its_data_and_what_is_said_about_it(drawn: Path) -> None:
    assert {
        f"silicon-{name}.{ending}"
        for name in ("pages", "switch")
        for ending in ("svg", "pdf", "png", "csv", "txt")
    } == {path.name for path in drawn.iterdir()}


def test_fonts_are_embedded_as_truetype(drawn: Path) -> None:
    document = (drawn / "silicon-pages.pdf").read_bytes()
    assert b"/FontFile2" in document
    assert b"/Type3" not in document


def test_a_picture_is_a_column_wide_at_300_dots_an_inch(drawn: Path) -> None:
    with Image.open(drawn / "silicon-pages.png") as picture:
        assert 1050 == picture.width
        assert (300, 300) == tuple(round(dots) for dots in picture.info["dpi"])


def test_the_same_result_gives_the_same_bytes(result: Path, drawn: Path, tmp_path: Path) -> None:
    figure_files.write([result], tmp_path, figure_files.Request(["pages", "switch"], width="one"))
    for path in drawn.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_the_data_behind_it_is_a_tidy_table(drawn: Path) -> None:
    table = pd.read_csv(drawn / "silicon-pages.csv")
    assert {"machine", "series", "point", "value", "low", "high", "unit"} <= set(table.columns)


def test_no_metadata_tells_when_it_was_drawn(drawn: Path) -> None:
    for path in drawn.iterdir():
        content = path.read_bytes()
        assert b"CreationDate" not in content
        assert b"dc:date" not in content


def test_a_figure_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ResultError) as caught:
        figure_files.chosen(["pagse"])
    for figure in FIGURES:
        assert figure.name in str(caught.value)


def test_all_is_every_figure() -> None:
    assert list(FIGURES) == figure_files.chosen(["all"])
