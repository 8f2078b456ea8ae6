"""Text from an untrusted file is shown as text, of limited length, and never executed."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from headless_browser import Browser, browser
from results_made import Made, skipped, suite, write

from pkbench.analysis import ResultError
from pkbench.analysis.reading.result import read
from pkbench.analysis.report.report import write as report

pytestmark = pytest.mark.slow

MARK = "planted"
HOSTILE: dict[str, Any] = {
    "markup": f"{MARK}<b id=x><img src=x onerror=alert(1)><svg/onload=alert(2)>",
    "end of script": f"{MARK}</script><script>alert(3)</script><!--",
    "end of attribute": f"{MARK}\"'><a href=javascript:alert(4) autofocus onfocus=alert(5)>&lt;",
    "end of style": f"{MARK}</style><link rel=stylesheet href=//example.com/x.css>]]>",
    "template": f"{MARK}{{{{ 7 * 7 }}}}{{% include '/etc/passwd' %}}${{alert(6)}}`",
    "control": f"{MARK}\x00\x1b[2J\x07\u202e\u2028\r\n\t",
    "path": f"../../../{MARK}/../../etc/passwd",
    "long": MARK + "W" * 5_000,
    "formula": f"=cmd|' /C {MARK}'!A0",
    "enormous": 10**400,
    "huge": 1.7e308,
    "negative": -1,
    "deep": json.loads("[" * 200 + "]" * 200),
    "nothing": None,
    "flag": True,
}
STRUCTURES = ("pkbench_machine", "pkbench_cases", "pkbench_findings", "pkbench_missing")
LONGEST_SENTENCE = 3000
# What would be on the page only if some text had become markup.
OBEYED = """
    return [...document.querySelectorAll('*')].filter(element =>
        element.matches('#x, img, link, main script, [href^="javascript" i]')
        || [...element.attributes].some(each => /^(on|autofocus)/.test(each.name))
    ).map(element => element.outerHTML)
"""


def original() -> dict[str, Any]:
    """A small result that has every field."""
    cases = [
        Made(
            "switch/mprotect/pages:1",
            [[1e-6, 1.1e-6]] * 3,
            floor="instruction/empty-loop",
            group="switch",
            clock=1e-9,
            cycle=2.5e-10,
            counts={"evictions": 0.5},
            missing={"tlb_shootdowns": "no line"},
        ),
        Made("switch/mprotect/pages:8", [[2e-6]] * 3),
        Made("instruction/empty-loop", [[1e-9]] * 3),
        skipped("switch/wrpkru-raw/pages:1", "no keys"),
    ]
    finding = dict.fromkeys(
        ("check", "status", "evidence", "effect", "fix", "undo", "no_fix"), "something"
    )
    machine = {
        "name": "box",
        "cpu_model": "CPU",
        "kernel": "6.12",
        "memory_bytes": 2**34,
        "tsc_hz": 2.5e9,
        "keys": {"supported": False, "reason": "none", "count": 15},
        "mitigations": {"spectre": "none"},
        **dict.fromkeys(
            ("virtualisation", "microcode", "governor", "compiler", "libc", "smt", "thp"), "some"
        ),
        **dict.fromkeys(("architecture", "cpus", "clocksource", "page_size", "native_build"), "x"),
    }
    facts = {"pkbench_rounds": 3, "pkbench_stopped": "budget"}
    return suite(cases, machine=machine, findings=[finding], **facts)  # type: ignore[arg-type]


def unpacked(made: dict[str, Any]) -> dict[str, Any]:
    """Return the result with the JSON texts in its metadata decoded."""
    return _each_metadata(made, json.loads)


def packed(made: dict[str, Any]) -> dict[str, Any]:
    """Return it with its metadata encoded as in a file."""
    return _each_metadata(made, json.dumps)


def _each_metadata(made: dict[str, Any], change: Any) -> dict[str, Any]:
    made = copy.deepcopy(made)
    holders = [made["metadata"]]
    for benchmark in made["benchmarks"]:
        holders += [benchmark["metadata"], *(run["metadata"] for run in benchmark["runs"])]
    for holder in holders:
        for key in STRUCTURES:
            if key in holder:
                holder[key] = change(holder[key])
    return made


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of each scalar."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path


def planted(made: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return the result with a value at one place."""
    made = copy.deepcopy(made)
    holder: Any = made
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return made


def accepted(folder: Path, made: dict[str, Any]) -> bool:
    """Return whether a file is read; if not, check that one short sentence says why."""
    try:
        read(write(folder / "tried.json", packed(made)))
    except ResultError as error:
        why = str(error)
    else:
        return True
    assert why.isprintable()
    assert len(why) < LONGEST_SENTENCE
    return False


def everywhere(folder: Path, value: Any) -> tuple[dict[str, Any], int]:
    """Return a result with the value in every field that accepts it, and their number."""
    made, number = unpacked(original()), 0
    for path in leaves(unpacked(original())):
        tried = planted(made, path, value)
        if accepted(folder, tried):
            made, number = tried, number + 1
    return made, number


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_planted_in_every_field_is_text(kind: str, shared: Browser, tmp_path: Path) -> None:
    value = HOSTILE[kind]
    made, number = everywhere(tmp_path, value)
    files = [write(tmp_path / "a.json", packed(made)), write(tmp_path / "b.json", original())]
    page = report(files, tmp_path / "report")
    shared.open(page)
    assert not shared.asks()
    assert [] == shared.console()
    assert [page.resolve().as_uri()] == shared.requested()
    assert {"tried.json", "a.json", "b.json", "report"} == {
        path.name for path in tmp_path.iterdir()
    }
    assert [] == list(tmp_path.rglob(f"*{MARK}*"))
    assert page.stat().st_size < 3_000_000
    if isinstance(value, str):
        assert number > 30
        assert str(shared.run("return document.body.textContent")).count(MARK) > 20
        assert [] == shared.run(OBEYED)
    if kind == "control":
        assert not {"\x00", "\x1b", "\x07", "\u202e"} & set(page.read_text())


def test_a_bad_file_is_named_and_left_out_on_request(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", original())
    bad = tmp_path / "<b>bad.json"
    bad.write_text("{")
    reasons: list[str] = []
    page = report([bad, good], tmp_path / "report", names=["lost", "kept"], skip=reasons.append)
    text = page.read_text()
    assert ["bad.json is cut off" in sentence for sentence in reasons] == [True]
    assert "1 file was left out" in text
    assert "&lt;b&gt;bad.json is cut off" in text
    assert "kept" in text
    assert "lost" not in text


def test_bad_files_alone_make_no_report(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    with pytest.raises(ResultError, match=r"No result file is left to report on\. .*bad\.json"):
        report([bad], tmp_path / "report", skip=print)
    assert not (tmp_path / "report").exists()


def test_more_names_than_files_are_refused(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", original())
    with pytest.raises(ResultError, match="2 names for 1 result file"):
        report([good], tmp_path / "report", names=["a", "b"])
