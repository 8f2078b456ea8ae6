"""The commands that README and docs/ show are run, as far as they are cheap."""

import json
import re
from pathlib import Path

import docs_read
import pytest
from command_line import pkbench as run
from docs_read import DOCS, PAGES
from places import ROOT

from pkbench.analysis.compare import gate

CHEAP = (
    "list",
    "list protect/mprotect-rw-ro -P pages=1,7,100-120",
    "list instruction/rdpkru",
    "kernels",
    "experiment",
)


@pytest.mark.parametrize("line", CHEAP)
def test_a_command_that_is_cheap_succeeds(line: str) -> None:
    assert any(line.split() == words[1:] for page in PAGES for words in docs_read.commands(page))
    done = run(*line.split(), folder=ROOT)
    assert 0 == done.returncode, done.stderr


def test_the_comparison_that_is_shown_succeeds() -> None:
    (words,) = (
        words[1:]
        for words in docs_read.commands(DOCS / "comparing-and-gating.md")
        if words[:2] == ["pkbench", "compare"] and "results/" in words[2]
    )
    done = run(*words, folder=ROOT)
    assert 0 == done.returncode, done.stderr
    verdicts = {
        line.split("  ")[-1].strip().partition(":")[0] for line in done.stdout.splitlines()[1:]
    }
    text = (DOCS / "comparing-and-gating.md").read_text()
    for verdict in verdicts:
        assert re.search(rf"^\| .*\b{verdict}\b", text, re.MULTILINE), verdict


def test_the_exit_codes_of_gate_are_those_that_are_listed() -> None:
    listed = dict(
        re.findall(
            r"^\| (\d) \| (.+) \|$", docs_read.section("comparing-and-gating", "Gate"), re.MULTILINE
        )
    )
    assert {*map(int, listed)} - {2} == {
        gate.PASS,
        gate.REGRESSION,
        gate.NOT_DECIDED,
        gate.NOT_COMPARABLE,
        gate.CASES_MISSING,
    }
    base, new = (ROOT / f"results/path-length-linux-{v}.json.gz" for v in ("6.1.192", "6.12.117"))
    assert gate.REGRESSION == run("gate", str(base), str(new)).returncode
    assert gate.PASS == run("gate", str(base), str(base)).returncode


def test_the_report_that_is_shown_succeeds(tmp_path: Path) -> None:
    done = run("report", str(ROOT / "results/amd-epyc-kvm-quick.json"), "-o", str(tmp_path))
    assert 0 == done.returncode, done.stderr
    assert (tmp_path / "index.html").is_file()


def test_the_python_that_is_shown_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (block,) = (
        b for b in docs_read.blocks(DOCS / "figures-for-print.md") if b.language == "python"
    )
    exec(compile(block.text, "figures-for-print.md", "exec"), {})


@pytest.mark.parametrize("family", sorted(docs_read.families()))
def test_a_familys_page_lists_what_pkbench_list_lists(family: str) -> None:
    cases = json.loads(run("list", family, "--json").stdout)
    own = [case for case in cases if case["case"].startswith(f"{family}/")]
    table = (DOCS / "benchmarks" / f"{family}.md").read_text().partition("| axis |")[0]
    names = [case["case"].split("/")[1] for case in own]
    assert list(dict.fromkeys(names)) == docs_read.first_column(table)
    assert all(f"| {case['operation']} |" in table for case in own)
