"""A result is a pyperf file, whole or not there, and tells nothing private."""

import json
from pathlib import Path
from typing import Any

import pyperf
import pytest

from pkbench.resultfile import OutputError, check_output, public, write_result


def run(value: float, **metadata: Any) -> dict[str, Any]:
    facts = {"name": "a/b", "unit": "second", "loops": 10, "date": "2026-01-01 00:00:00"}
    return {"metadata": {**facts, **metadata}, "warmups": [[10, value]], "values": [value]}


def test_pyperf_reads_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    runs = [run(1e-6, pkbench_round=0), run(2e-6, pkbench_round=1)]
    write_result(path, {"pkbench_schema": 1}, {"a/b": runs, "c/d": [run(3e-6, name="c/d")]})
    suite = pyperf.BenchmarkSuite.load(str(path))
    assert ["a/b", "c/d"] == suite.get_benchmark_names()
    assert (1e-6, 2e-6) == suite.get_benchmark("a/b").get_values()
    first, second = suite.get_benchmark("a/b").get_runs()
    assert [0, 1] == [one.get_metadata()["pkbench_round"] for one in (first, second)]
    assert 1 == second.get_metadata()["pkbench_schema"]


def test_common_metadata_is_written_once(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, {}, {"a/b": [run(1e-6), run(2e-6)], "c/d": [run(3e-6, name="c/d")]})
    written = json.loads(path.read_text())
    assert "second" == written["metadata"]["unit"]
    assert "a/b" == written["benchmarks"][0]["metadata"]["name"]
    assert "metadata" not in written["benchmarks"][0]["runs"][0]


def test_writing_leaves_the_runs_as_they_were(tmp_path: Path) -> None:
    runs = [run(1e-6), run(2e-6)]
    write_result(tmp_path / "result.json", {}, {"a/b": runs})
    assert [run(1e-6), run(2e-6)] == runs


def test_what_pyperf_refuses_is_one_sentence_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"can't write .*values must be a sequence of number > 0"):
        write_result(tmp_path / "result.json", {}, {"a/b": [{**run(1e-6), "values": [-1e-6]}]})
    assert [] == list(tmp_path.iterdir())


def test_the_only_benchmark_has_its_name(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, {}, {"a/b": [run(1e-6)]})
    assert ["a/b"] == pyperf.BenchmarkSuite.load(str(path)).get_benchmark_names()


def test_a_result_may_hold_no_benchmark_at_all(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_result(path, {"pkbench_schema": 1}, {})
    assert [] == json.loads(path.read_text())["benchmarks"]


def test_nothing_is_written_over_an_existing_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text("precious")
    with pytest.raises(OutputError, match=r"result\.json exists already"):
        check_output(path)
    with pytest.raises(OutputError, match=r"result\.json exists already"):
        write_result(path, {}, {})
    assert "precious" == path.read_text()
    assert [path] == list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_refused_before_measuring(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't create the folder"):
        check_output(tmp_path / "file" / "result.json")


def test_a_run_names_the_machine_as_the_user_chose_and_nothing_private() -> None:
    found = public({"hostname": "secret", "python_executable": "/home/me/x", "loops": 3}, "lab 1")
    assert {"hostname": "lab 1", "loops": 3} == found
