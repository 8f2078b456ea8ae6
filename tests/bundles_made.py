"""Bundles of made results."""

import tarfile
from pathlib import Path

import pytest
from results_made import Made, suite, write

from pkbench.analysis.report import bundle
from pkbench.version import version


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two results of one name in folders of their own, one with a journal."""
    folder = tmp_path_factory.mktemp("results")
    paths = []
    for place, name in enumerate(("before", "after")):
        (folder / name).mkdir()
        cases = [Made("switch/mprotect/pages:1", [[1e-6 + place * 1e-7]] * 6)]
        paths.append(write(folder / name / "a result.json", suite(cases)))
    (folder / "after/a result.json.journal").write_text('{"kind": "start"}\n')
    return paths


@pytest.fixture(scope="module")
def packed(results: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "b.tar.gz"
    bundle.write(results, path, version())
    return path


def contents(path: Path) -> dict[str, bytes]:
    """Return what tar finds in an archive, below its one folder."""
    with tarfile.open(path) as opened:
        return {
            name.removeprefix(f"{bundle.TOP}/"): file.read()
            for name in opened.getnames()
            if (file := opened.extractfile(name))
        }
