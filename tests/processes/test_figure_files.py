"""Figures from the command line."""

import re
from pathlib import Path

import pandas as pd
import pytest
from command_line import pkbench
from figures_made import catalogue
from results_made import suite, write

from pkbench.analysis.figures import figure_files


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


def test_the_command_that_is_given_draws_the_same_figure_again(
    result: Path, drawn: Path, tmp_path: Path
) -> None:
    said = (drawn / "silicon-pages.txt").read_text()
    (command,) = re.findall(r"^pkbench (report .*)$", said, re.MULTILINE)
    assert "'my result.json'" in command
    arguments = [word.strip("'") for word in re.findall(r"'[^']*'|\S+", command)]
    done = pkbench(*arguments, "-o", str(tmp_path), folder=result.parent)
    assert 0 == done.returncode
    for ending in ("svg", "pdf", "png", "csv"):
        name = f"silicon-pages.{ending}"
        assert (drawn / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_command_line_prints_the_files_or_one_sentence(result: Path, tmp_path: Path) -> None:
    done = pkbench("report", str(result), "--figure", "switch", "-o", str(tmp_path / "out"))
    assert 0 == done.returncode
    assert [f"silicon-switch.{end}" for end in ("svg", "csv", "txt")] == [
        Path(line).name for line in done.stdout.splitlines()
    ]
    for arguments in (("--figure", "nope"), ("--assume", "x=1ns"), ("--format", "gif")):
        refused = pkbench("report", str(result), *arguments, "-o", str(tmp_path / "none"))
        assert (2, "") == (refused.returncode, refused.stdout)
        assert "Traceback" not in refused.stderr
    assert not (tmp_path / "none").exists()


def test_a_figure_calls_the_machines_what_the_user_does_and_says_so_in_its_command(
    result: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("no result")
    names = ("--name", "my own", "--name", "no matter")
    done = pkbench(
        "report",
        str(result),
        str(bad),
        "--skip-bad",
        *names,
        "--figure",
        "switch",
        "-o",
        str(tmp_path),
    )
    assert 0 == done.returncode
    assert "bad.json" in done.stderr
    assert {"my own"} == set(pd.read_csv(tmp_path / "silicon-switch.csv")["machine"])
    assert "--name 'my own' --figure switch" in (tmp_path / "silicon-switch.txt").read_text()
