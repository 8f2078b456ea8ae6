"""The committed results read the same under the current keys, which takes seconds."""

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results_made import with_keys, write

from pkbench.analysis.reading.format_history import CURRENT, RENAMED
from pkbench.analysis.reading.result import read

COMMITTED = sorted((Path(__file__).parents[2] / "results").glob("*.json*"))


def document(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    found: dict[str, Any] = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    return found


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.name)
def test_a_committed_result_reads_the_same_under_the_current_keys(
    path: Path, tmp_path: Path
) -> None:
    current = with_keys(document(path), RENAMED, CURRENT)

    assert read(path) == replace(read(write(tmp_path / "result.json", current)), path=path)
