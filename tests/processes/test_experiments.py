"""An experiment from the command line."""

import json
from pathlib import Path

from command_line import pkbench

from pkbench.analysis.estimate.result_set import ResultSet
from pkbench.analysis.experiments import (
    EXPERIMENTS,
    INCONCLUSIVE,
    NOT_SEEN,
    SEEN,
    Verdict,
    judge,
    named,
)


def verdicts(name: str, found: ResultSet) -> dict[str, Verdict]:
    return {each.claim.says: each.verdict for each in judge(named(name), [found])}


def test_the_command_lists_measures_and_judges(tmp_path: Path) -> None:
    listed = pkbench("experiment")
    assert {each.name for each in EXPERIMENTS} == {
        line.split()[0] for line in listed.stdout.splitlines()
    }
    output = tmp_path / "noop.json"
    command = ("experiment", "mprotect-noop", "--budget", "0s", "-o", str(output), "--json")
    done = pkbench(*command, folder=tmp_path)
    assert 0 == done.returncode, done.stderr
    told = json.loads(done.stdout)
    assert [str(output)] == told["results"]
    assert {SEEN, NOT_SEEN, INCONCLUSIVE} >= {each["state"] for each in told["verdicts"]}
    again = pkbench("experiment", "mprotect-noop", str(output), "--figures", str(tmp_path / "f"))
    assert "published: EoSD" in again.stdout
    refused = pkbench("experiment", "mprotect-nop")
    assert 2 == refused.returncode
    assert "did you mean mprotect-noop?" in refused.stderr
