"""pkbench's own command line, run as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def pkbench(
    *arguments: str,
    folder: Path | None = None,
    limit: Callable[[], None] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-P", "-m", "pkbench.cli", *arguments),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
        preexec_fn=limit,
    )


def refused(done: subprocess.CompletedProcess[str], *named: str) -> None:
    """Check that a call ended in one sentence that names these words, and not well."""
    assert 0 != done.returncode
    assert "Traceback" not in done.stderr
    sentence = done.stderr.strip().splitlines()[-1]
    for word in named:
        assert word in sentence, done.stderr
