"""Where the parts of a checkout lie."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "native"
TESTS = ROOT / "tests"
