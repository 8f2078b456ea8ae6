"""A file that claims to be a result is read, or refused in one sentence, whatever it holds."""

import copy
import gzip
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from results_made import Made, suite, write

from pkbench.analysis import ResultError, estimates, read, tidy
from pkbench.analysis.reading.process import PER_VALUE

DOCUMENTS = ("pkbench_machine", "pkbench_cases", "pkbench_findings", "pkbench_missing")


@pytest.fixture(autouse=True)
def _nothing_hangs() -> Iterator[None]:
    """Have what hangs fail."""
    signal.alarm(120)
    yield
    signal.alarm(0)


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """A result in which every field that is read stands, its texts of JSON taken apart."""
    beside = {quantity: [[3e-10, 9e-10], [3e-10, 9e-10]] for quantity in PER_VALUE}
    beside["cpu"] = [[1, 1], [0, 0]]
    cases = [
        Made(
            "a/b/pages:1",
            [[1e-6, 2e-6], [3e-6, 4e-6]],
            floor="a/floor",
            group="g",
            clock=1e-9,
            beside=beside,
            counts={"evictions": 0.5},
            missing={"steal_seconds": "gone"},
        ),
        Made("a/floor", [[1e-7], [1e-7]]),
        Made("a/c", state="skipped", reason="no keys"),
    ]
    keys = {"supported": False, "reason": "none"}
    machine = {"kernel": "6.1", "memory_bytes": 1, "keys": keys, "mitigations": {"a": "b"}}
    facts = {"pkbench_rounds": 2, "pkbench_stopped": "budget", "pkbench_counter_scope": "user mode"}
    finding = dict.fromkeys(("check", "status", "evidence", "effect", "fix", "undo"), "x")
    made = suite(cases, machine=machine, findings=[finding], **facts)  # type: ignore[arg-type]
    made["benchmarks"][0]["metadata"]["pkbench_piece_loops"] = 10
    return taken_apart(made)


def taken_apart(made: dict[str, Any]) -> dict[str, Any]:
    """Return a suite whose texts of JSON are JSON."""
    for holder in holders(made):
        for key, value in holder.items():
            if key in DOCUMENTS or (key.startswith("pkbench_") and str(value).startswith("[")):
                holder[key] = json.loads(value)
    return made


def put_together(made: dict[str, Any]) -> dict[str, Any]:
    """Undo that."""
    for holder in holders(made):
        for key, value in holder.items():
            if isinstance(value, (list, dict)):
                holder[key] = json.dumps(value)
    return made


def holders(made: Any) -> Iterator[dict[str, Any]]:
    """Give all metadata that a suite still has."""
    every = [made]
    benchmarks = made.get("benchmarks") if isinstance(made, dict) else None
    for benchmark in benchmarks if isinstance(benchmarks, list) else []:
        every.append(benchmark)
        runs = benchmark.get("runs") if isinstance(benchmark, dict) else None
        every += runs if isinstance(runs, list) else []
    for holder in every:
        if isinstance(holder, dict) and isinstance(holder.get("metadata"), dict):
            yield holder["metadata"]


def read_or_refused(path: Path) -> bool:
    """Read a file as far as an estimate; what refuses it must be one sentence that names it."""
    try:
        result = read(path)
    except ResultError as error:
        sentence = str(error)
        assert path.name in sentence
        assert sentence.isprintable(), sentence
        assert sentence.endswith(".")
        assert len(sentence) < 1000
        return False
    assert result.name.isprintable()
    frame = tidy([result])
    assert frame["value"].gt(0).all()
    assert estimates(frame)["gross"].lt(float("inf")).all()
    return True


def test_the_whole_is_read(whole: dict[str, Any], tmp_path: Path) -> None:
    made = put_together(copy.deepcopy(whole))
    path = write(tmp_path / "r.json", made)
    assert read_or_refused(path)
    assert set(PER_VALUE) == set(read(path).processes[0].per_value)


def test_a_packed_file_with_flipped_bytes_is_read_or_refused(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    data = gzip.compress(json.dumps(put_together(copy.deepcopy(whole))).encode())
    path = tmp_path / "r.json.gz"
    for place in range(0, len(data), 7):
        path.write_bytes(data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :])
        read_or_refused(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "cp500"])
def test_another_encoding_is_refused(whole: dict[str, Any], tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(json.dumps(put_together(copy.deepcopy(whole))).encode(encoding))
    assert not read_or_refused(path)


def refusal(path: Path) -> str:
    with pytest.raises(ResultError) as refused:
        read(path)
    return str(refused.value)


def test_what_stands_twice_in_an_object_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", suite([Made("a/b", [[1.0]])]))
    path.write_text(path.read_text().replace('"unit"', '"pkbench_seed": 1, "unit"'))
    assert "holds the key 'pkbench_seed' twice" in refusal(path)
    made = suite([Made("a/b", [[1.0]])], machine={"one": 1})
    text = made["metadata"]["pkbench_machine"].replace('"one"', '"name": "other", "one"')
    made["metadata"]["pkbench_machine"] = text
    assert "holds the key 'name' twice" in refusal(write(path, made))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refusal(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    assert "is not a regular file" in refusal(tmp_path / "link")


def test_a_link_is_read_as_what_it_leads_to_or_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "r.json", suite([Made("a/b", [[1.0]])]))
    (tmp_path / "link").symlink_to(path)
    assert "a/b" == read(tmp_path / "link").cases[0].name
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "can't be read: Too many levels of symbolic links" in refusal(tmp_path / "loop")
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    assert "does not exist" in refusal(tmp_path / "nowhere")


def test_more_parts_than_memory_is_meant_for_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "r.json.gz"
    path.write_bytes(gzip.compress(b"[" + b"[]," * 7_000_000 + b"[]]", 1))
    assert path.stat().st_size < 2**20
    assert "more than 12,000,000 entries" in refusal(path)


def test_more_values_axes_or_points_of_one_axis_than_a_frame_is_meant_for_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "r.json"
    monkeypatch.setattr("pkbench.analysis.reading.result.MOST_VALUES", 3)
    assert "more than 3 values" in refusal(write(path, suite([Made("a/b", [[1.0] * 2] * 2)])))
    cases = [Made(f"a/b/axis-{number}:1", state="skipped") for number in range(101)]
    assert "more than 100 axes" in refusal(write(path, suite(cases)))
    twice = suite([Made("a/b/n:1", state="skipped")])
    text = twice["metadata"]["pkbench_cases"].replace("a/b/n:1", "a/b/n:1/n:2")
    twice["metadata"]["pkbench_cases"] = text
    assert "names an axis twice" in refusal(write(path, twice))


def test_a_slope_without_more_operations_than_its_floor_is_refused(tmp_path: Path) -> None:
    def made(inner_loops: int) -> dict[str, Any]:
        case = Made("a/b", [[2.0]], inner_loops=inner_loops, floor="a/half", slope=True)
        return suite([case, Made("a/half", [[1.0]], inner_loops=4)])

    path = tmp_path / "r.json"
    assert read(write(path, made(5))).cases
    assert "a/b has no more operations in a loop than a/half" in refusal(write(path, made(4)))


def test_what_all_runs_inherit_is_looked_at_once(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[1.0]] * 3000)])
    made["metadata"] |= {f"other {number}": number for number in range(20_000)}
    made["metadata"]["pkbench_cpu"] = f"[{' ' * 10**6}1]"
    assert 3000 == len(read(write(tmp_path / "r.json", made)).processes)


def test_a_file_of_a_name_that_is_no_text_is_named_as_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\n.json"))
    made = suite([Made("a/b", [[1.0]])])
    write(path, made)
    assert read(path).file.isprintable()
    assert tidy([read(path)])["file"].iloc[0].isprintable()
