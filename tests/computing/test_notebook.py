"""From Python: one frame, whose columns are explained, and every figure a function of it."""

import re
from pathlib import Path

import pandas as pd
import pytest
from figures_made import ASSUMED, OF_TIME, catalogue, texts
from results_made import NO_KEYS, skipped, suite, write

import pkbench.analysis as pka
from pkbench.analysis.figures import FIGURES

FROM_KERNELS = {"kernels"}  # needs three machines and counts


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result with every figure's cases and one that was skipped."""
    made = suite([*catalogue(), skipped("switch/wrpkru-glibc/pages:1")])
    return write(tmp_path_factory.mktemp("result") / "result.json", made)


def test_every_column_of_the_frame_is_explained(result: Path) -> None:
    explained = set(re.findall(r"^ {4}([a-z_]+)\s", pka.tidy.__doc__ or "", re.MULTILINE))
    columns = {str(column) for column in pka.load([result])}
    columns = {column for column in columns if not column.startswith("axis_")}
    assert columns <= explained
    assert "axis_NAME" in (pka.tidy.__doc__ or "")


@pytest.mark.parametrize(
    "name", [figure.name for figure in FIGURES if figure.name not in FROM_KERNELS]
)
def test_every_figure_is_a_function_of_the_frame(name: str, result: Path) -> None:
    assert pka.figure(name, pka.load([result])).axes


def test_a_selection_of_rows_is_a_frame_too(result: Path) -> None:
    frame = pka.load([result])
    few = frame[frame["case"].isin(["switch/mprotect/pages:1", "switch/wrpkru-raw/pages:1"])]
    floors = frame[frame["case"].isin(few["floor"])]
    found = pka.chart("switch", pd.concat([floors, few])).table
    assert {"mprotect", "WRPKRU"} == set(found["label"])


def test_a_selection_without_what_its_costs_are_net_of_is_refused(result: Path) -> None:
    frame = pka.load(result)
    few = frame[frame["case"] == "switch/wrpkru-raw/pages:1"]
    (floor,) = set(few["floor"])
    with pytest.raises(pka.ResultError, match=f"without {floor}, which its cost is net of"):
        pka.figure("switch", few)


def test_what_was_skipped_is_marked_where_it_is_known(result: Path) -> None:
    frame, asked = pka.load([result]), pka.asked([result])
    assert f"skipped: {NO_KEYS}" in " ".join(texts(pka.chart("switch", frame, asked)))
    assert "n/a" not in " ".join(texts(pka.chart("switch", frame)))


def test_an_assumption_and_what_was_published_can_be_added(result: Path) -> None:
    frame = pka.load([result])
    frame = frame[frame["benchmark"] != "wrpkru-raw"]
    found = pka.chart("breakeven", frame, assumptions=[ASSUMED.written])
    assert "assumed" in set(found.table["what"])
    assert "published" in set(pka.chart("cycles", frame, published=True).table["what"])


def test_nothing_to_draw_is_said_in_a_sentence(result: Path, tmp_path: Path) -> None:
    frame = pka.load([result])
    with pytest.raises(pka.ResultError, match="switch: Not drawn: no case"):
        pka.figure("switch", frame[frame["family"] == "fault"])
    with pytest.raises(pka.ResultError, match="there is no figure 'nope'"):
        pka.figure("nope", frame)
    with pytest.raises(pka.ResultError, match="one or two columns"):
        pka.figure("switch", frame, width="three")
    counted = write(tmp_path / "c.json", suite(catalogue(1), evidence="path length"))
    for name in OF_TIME:
        with pytest.raises(pka.ResultError):
            pka.figure(name, pka.load([counted]))
