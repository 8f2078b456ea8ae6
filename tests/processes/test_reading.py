"""What reading a result costs."""

import subprocess
import sys


def test_reading_a_result_needs_no_pandas() -> None:
    code = "import sys, pkbench.analysis as a; a.read; sys.exit('pandas' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", code], check=False).returncode
