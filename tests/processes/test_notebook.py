"""What drawing does to the process that draws."""

import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
from figures_made import catalogue
from results_made import skipped, suite, write

import pkbench.analysis as pka


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result with every figure's cases and one that was skipped."""
    made = suite([*catalogue(), skipped("switch/wrpkru-glibc/pages:1")])
    return write(tmp_path_factory.mktemp("result") / "result.json", made)


def test_drawing_changes_nothing_global(result: Path) -> None:
    before = dict(mpl.rcParams)
    pka.figure("pages", pka.load([result]))
    assert before == dict(mpl.rcParams)
    code = (
        "import sys, pkbench.analysis as pka; "
        f"pka.figure('pages', pka.load([{str(result)!r}])); "
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "False" == done.stdout.strip()
