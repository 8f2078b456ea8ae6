"""Bundles, packed and reported by the command line."""

import json
from pathlib import Path

from bundles_made import contents, packed, results
from command_line import pkbench, refused

from pkbench.analysis.report.report import write as report

__all__ = ["packed", "results"]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_bundle_gives_the_same_report_again(
    results: list[Path], packed: Path, tmp_path: Path
) -> None:
    done = pkbench("report", str(packed), "-o", str(tmp_path / "again"))
    assert 0 == done.returncode, done.stderr
    report(results, tmp_path / "first")
    again = tree(tmp_path / "again")
    assert tree(tmp_path / "first") == again
    inside = contents(packed)
    assert again == {
        name.removeprefix("report/"): data
        for name, data in inside.items()
        if name.startswith("report/")
    }


def test_a_bundle_can_be_packed_from_the_command_line_and_never_over_a_file(
    results: list[Path], packed: Path, tmp_path: Path
) -> None:
    output = tmp_path / "b.tar.gz"
    command = ("bundle", *map(str, results), "-o", str(output), "--json")
    done = pkbench(*command)
    assert 0 == done.returncode, done.stderr
    assert {"bundle": str(output)} == json.loads(done.stdout)
    assert packed.read_bytes() == output.read_bytes()
    refused(pkbench(*command), "b.tar.gz exists already")
    refused(
        pkbench("bundle", str(results[0]), "-o", str(tmp_path / "b.zip")), "must end in .tar.gz"
    )
