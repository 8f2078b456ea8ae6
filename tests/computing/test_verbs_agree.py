"""Every verb says the same of the same pair: compare, gate, and the report in all its places."""

import json
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from results_made import Made, skipped, suite, write

from pkbench.analysis.compare.machines import Machines
from pkbench.analysis.estimate.result_set import result_sets
from pkbench.analysis.figures import figure_files
from pkbench.analysis.reading.result import read
from pkbench.analysis.report import report
from pkbench.analysis.report.page.listing import Listing
from pkbench.cli import pkbench

CASES = ("switch/mprotect/pages:1", "syscall/getppid", "kernel/signal-plain", "fault/pkey-repair")


def drawn(path: Path, random_: random.Random, evidence: str) -> Path:
    """Write a result of a few cases, of which anything may be missing, noisy, odd or contended."""
    made = []
    for case in CASES:
        processes = random_.choice((1, 2, 6, 20))
        cost = 1e-6 * random_.choice((1, 1, 1.004, 1.02, 1.4, 2))
        spread = random_.choice((0, 0.001, 0.02))
        values = [[cost * (1 + spread * random_.gauss(0, 1))] for _ in range(processes)]
        if evidence == "path length":
            values = [[float(round(1e9 * cost))]]
        elif random_.random() < 0.2:
            values[0][0] *= 1.5
        nops = random_.choice((0.2, 0.2, 0.4))
        beside = {"nop_cycles": [[nops]] * len(values)} if random_.random() < 0.5 else {}
        made.append(skipped(case) if random_.random() < 0.1 else Made(case, values, beside=beside))
    versions = random_.choice(({}, {"cpu_version": "family 25"}, {"cpu_version": "family 25"}))
    machine = {"name": path.stem, **versions}
    return write(path, suite(made, evidence=evidence, machine=machine))


def asked(verb: str, *files: Path, more: tuple[str, ...] = ()) -> Any:
    done = CliRunner().invoke(pkbench, [verb, *map(str, files), "--json", *more])
    return json.loads(done.stdout)


@pytest.mark.parametrize("seed", range(16))
def test_all_verbs_agree_on_every_case(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pkbench.analysis.figures.FIGURES", ())
    random_ = random.Random(seed)
    evidence = random_.choice(("silicon", "silicon", "silicon", "path length"))
    files = [drawn(tmp_path / f"{name}.json", random_, evidence) for name in ("one", "two")]
    (compared,) = asked("compare", *files)
    # What may grow by a share is unchanged within it: the gate's limit is compare's margin.
    gated = asked("gate", *files, more=("--max-regress", "1%"))
    (found,) = result_sets([read(path) for path in files])
    machines = Machines(found)
    listing = Listing(found, machines)
    shipped = listing.numbers()
    report.write(files, tmp_path / "report", formats=("json",))
    stem = evidence.replace(" ", "-")
    sides = json.loads((tmp_path / f"report/tables/{stem}-side-by-side.json").read_text())
    names = [column["name"] for column in sides["columns"]]
    of_sides = {row[0]: dict(zip(names, row, strict=True)) for row in sides["rows"]}
    of_gate = {row["case"]: row for row in gated["cases"]}
    for row in compared["cases"]:
        case, verdict = row["case"], row["verdict"]
        assert of_gate[case]["ratio"] == row["ratio"]
        judged = gated["states"][case]
        if verdict in ("inconclusive", "missing", "added"):
            assert verdict == judged
        if judged == "regression":
            assert verdict in ("slower", "more instructions")
        if verdict in ("missing", "added"):
            continue
        side = of_sides[case]
        for end in ("ratio", "low", "high"):
            assert (side[f"two {end}"] is None) == (row[end] is None)
            if row[end] is not None:
                assert side[f"two {end}"] == pytest.approx(row[end], rel=1e-9)
        assert side["two verdict"] == verdict
        (line,) = [each for each in listing.lines if each.case == case]
        ratio, low, _, differs = shipped["compared"][0][1][line.number]
        assert ratio == pytest.approx(row["ratio"], rel=1e-5)
        assert (low is None) == (row["low"] is None)
        changed = verdict in ("faster", "slower", "fewer instructions", "more instructions")
        assert changed == bool(differs) == line.cells[1].differs


def test_a_selection_of_a_report_has_the_verdicts_of_the_same_selection(tmp_path: Path) -> None:
    random_ = random.Random(5)
    files = [drawn(tmp_path / f"{name}.json", random_, "silicon") for name in ("one", "two")]
    arguments = ["compare", *map(str, files), "--case", "switch", "--case", "syscall/*", "--json"]
    (compared,) = json.loads(CliRunner().invoke(pkbench, arguments).stdout)
    (found,) = result_sets([read(path) for path in files], patterns=("switch", "syscall/*"))
    assert set(found.cases["case"]) == {"switch/mprotect/pages:1", "syscall/getppid"}
    ratios = Machines(found).ratios("one", "two")
    told = {row["case"]: row["verdict"] for row in compared["cases"] if pd.notna(row["ratio"])}
    assert told == {case: ratio.verdict for case, ratio in ratios.items()}


@pytest.mark.parametrize("measured", [0, 1])
def test_a_selection_may_be_measured_on_one_machine_or_on_none(
    tmp_path: Path, measured: int
) -> None:
    """A pattern has to match what was asked for somewhere, not what was measured everywhere."""
    wanted = Made("switch/wrpkru-raw/pages:1", [[1e-9]] * 6, floor="instruction/empty-loop")
    floor, other = (
        Made(case, [[1e-9]] * 6) for case in ("instruction/empty-loop", "syscall/getppid")
    )
    machines = ([wanted if measured else skipped(wanted.case), floor, other], [floor, other])
    files = [
        write(tmp_path / f"{place}.json", suite(cases, machine={"name": f"machine {place}"}))
        for place, cases in enumerate(machines)
    ]
    counted = Made("syscall/getppid", [[300.0]])
    counts = write(tmp_path / "counts.json", suite([counted], evidence="path length"))
    request = figure_files.Request(formats=("svg",), cases=("switch",))
    page = report.write([*files, counts], tmp_path / "report", request=request)
    assert "switch/wrpkru-raw" in page.read_text().replace("<wbr>", "")


def test_counts_of_three_kernels_without_the_cases_of_the_kernels_figure_are_a_report(
    tmp_path: Path,
) -> None:
    files = [
        write(
            tmp_path / f"{kernel}.json",
            suite(
                [Made("instruction/rdpkru", [[7.0]])],
                evidence="path length",
                machine={"name": kernel, "kernel": kernel},
            ),
        )
        for kernel in ("5.10", "6.1", "6.12")
    ]
    assert report.write(files, tmp_path / "report").is_file()
