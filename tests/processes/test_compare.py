"""Comparing two results starts quickly: it draws nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[2] / "results"
KERNELS = ("6.16.12", "6.19.14")  # counted with few cases: quick to read


@pytest.mark.parametrize("verb", ["compare", "gate"])
def test_comparing_imports_no_matplotlib(verb: str) -> None:
    results = [str(RESULTS / f"path-length-linux-{kernel}.json.gz") for kernel in KERNELS]
    code = (
        "import atexit, sys; from pkbench.cli import main; "
        "atexit.register(lambda: print('matplotlib' in sys.modules)); main()"
    )
    command = [sys.executable, "-P", "-c", code, verb, *results]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert "new ÷ base" in done.stdout, done.stderr
    assert "False" == done.stdout.splitlines()[-1]


def test_the_modules_that_compare_import_no_matplotlib() -> None:
    code = (
        "import sys; from pkbench.analysis.compare import compare, gate, text; "
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False\n" == done.stdout
