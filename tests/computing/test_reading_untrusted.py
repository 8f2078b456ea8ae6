"""Whatever stands in any place of a file, it is read or refused in one sentence."""

import copy
import json
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from results_made import Made, suite, write

from pkbench.analysis import ResultError, estimates, read, tidy
from pkbench.analysis.reading.process import PER_VALUE

DOCUMENTS = ("pkbench_machine", "pkbench_cases", "pkbench_findings", "pkbench_missing")
DEEP = json.loads("[" * 90 + "]" * 90)
NASTY: tuple[object, ...] = (
    *(None, True, 0, -1, 0.5, 1e308, 5e-324, -1e300, 2**63, 10**400),
    *("", "x" * 100_000, "\0\x1b[2J\u202e\ud800", "<script>alert(1)</script>", "{{ 7 * 7 }}"),
    *("../../etc/passwd", "a/b/pages:1", "[1,", "[1e999]", "[true]", "NaN", "silicon"),
    *([], {}, [[]], {"": {"": None}}, [1e308, -1], DEEP),
)

Place = tuple[str | int, ...]


def shown(nasty: object) -> str:
    return ascii(nasty)[:20]


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


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Give every place in a document: of what stands in a list, the first."""
    yield here
    entries = value.items() if isinstance(value, dict) else enumerate(value[:1])
    for key, entry in entries:
        if isinstance(entry, (dict, list)):
            yield from places(entry, (*here, key))
        else:
            yield (*here, key)


def with_nasty(made: Any, place: Place, nasty: object) -> Any:
    """Return a document with something else in one place."""
    if not place:
        return nasty
    made = copy.deepcopy(made)
    holder = made
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = nasty
    return made


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


@pytest.mark.parametrize("nasty", NASTY, ids=shown)
def test_something_nasty_in_any_place_is_read_or_refused(
    whole: dict[str, Any], tmp_path: Path, nasty: object
) -> None:
    path = tmp_path / "r.json"
    outcomes = set()
    for place in places(whole):
        made = with_nasty(whole, place, nasty)
        write(path, put_together(made) if isinstance(made, dict) else made)
        outcomes.add(read_or_refused(path))
    assert False in outcomes


@pytest.mark.parametrize("seed", range(4))
def test_a_file_with_flipped_bytes_is_read_or_refused(
    whole: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    data = json.dumps(put_together(copy.deepcopy(whole))).encode()
    drawn = random.Random(seed)
    path = tmp_path / "r.json"
    for _ in range(100):
        damaged = bytearray(data)
        for _ in range(drawn.choice((1, 1, 2, 50))):
            damaged[drawn.randrange(len(data))] = drawn.choice(b'\0\xff"[]{},:0-9eE\\ \n.\x80')
        path.write_bytes(damaged)
        read_or_refused(path)
