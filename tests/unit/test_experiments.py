"""Experiments: each is declared whole, and its verdicts follow from the numbers."""

from pathlib import Path
from typing import Any

import pytest
from figures_made import around
from results_made import NO_KEYS, Made, skipped, suite, write

from pkbench.analysis import ResultError, read
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.experiments import (
    EXPERIMENTS,
    INCONCLUSIVE,
    NOT_SEEN,
    SEEN,
    Experiment,
    Verdict,
    judge,
    named,
)
from pkbench.analysis.experiments.protecting_memory import TOGGLE
from pkbench.analysis.experiments.verdict import Here, linear, ratio_within, share_at
from pkbench.analysis.figures import FIGURES
from pkbench.analysis.reading.published import published
from pkbench.cases.selection import select

CYCLE = 0.5e-9


def result_set(folder: Path, *cases: Made, **options: Any) -> ResultSet:
    (found,) = result_sets([read(write(folder / "result.json", suite(cases, **options)))])
    return found


def verdicts(name: str, found: ResultSet) -> dict[str, Verdict]:
    return {each.claim.says: each.verdict for each in judge(named(name), [found])}


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_every_experiment_can_be_run_and_drawn_and_has_a_source(experiment: Experiment) -> None:
    assert select(experiment.cases, experiment.points, "quick")
    assert experiment.figure in {figure.name for figure in FIGURES}
    assert experiment.claims
    for claim in experiment.claims:
        assert claim.says
        assert claim.source


@pytest.mark.parametrize("preset", ["quick", "standard", "publish"])
@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_an_experiment_asks_for_every_case_that_its_claims_are_judged_by(
    experiment: Experiment, preset: str, tmp_path: Path
) -> None:
    cases = select(experiment.cases, experiment.points, preset)
    found = result_set(tmp_path, *(skipped(case.name) for case in cases))
    for finding in judge(experiment, [found]):
        assert "was not asked for" not in finding.verdict.words


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda each: each.name)
def test_a_claim_is_inconclusive_where_nothing_was_measured(
    experiment: Experiment, tmp_path: Path
) -> None:
    cases = select(experiment.cases, experiment.points, "quick")
    found = result_set(tmp_path, *(skipped(case.name) for case in cases))
    for finding in judge(experiment, [found]):
        assert INCONCLUSIVE == finding.verdict.state
        assert NO_KEYS in finding.verdict.words


@pytest.mark.parametrize(
    ("changed", "state"), [(270e-9, SEEN), (110e-9, NOT_SEEN), (150e-9, INCONCLUSIVE)]
)
def test_a_ratio_is_seen_where_its_whole_interval_is(
    tmp_path: Path, changed: float, state: str
) -> None:
    found = result_set(
        tmp_path,
        Made("protect/mprotect-rw-ro/pages:1", around(100e-9)),
        Made("syscall/pkey-alloc-free", [[changed * (0.9 + place % 5 / 20)] for place in range(7)]),
    )
    over, under = "syscall/pkey-alloc-free", "protect/mprotect-rw-ro/pages:1"
    verdict = ratio_within(over, under, 1.5, 5)(Here(found, "box"))
    assert state == verdict.state
    assert f"{over} over {under}" in verdict.words


def test_what_was_published_as_the_mean_of_both_directions_is_judged_by_it(tmp_path: Path) -> None:
    found = result_set(
        tmp_path,
        Made("syscall/mprotect-same", [[100e-9]] * 7),
        Made("protect/mprotect-none-rw/pages:1", [[50e-9]] * 7),
        Made("protect/mprotect-rw-none/pages:1", [[350e-9]] * 7),
    )
    (verdict,) = verdicts("mprotect-noop", found).values()
    assert SEEN == verdict.state
    assert verdict.words.endswith("/ 2 over syscall/mprotect-same: 2.00")


def test_a_region_for_each_page_takes_a_call_for_each(tmp_path: Path) -> None:
    found = result_set(
        tmp_path,
        Made("protect/mprotect-rw-ro/pages:1", [[1e-6]] * 7),
        Made("protect/mprotect-rw-ro/pages:16", [[2e-6]] * 7),
    )
    told = verdicts("libmpk-mprotect-pages", found)
    verdict = told["16 regions of a page, a call for each, cost more than one region of 16 pages"]
    assert SEEN == verdict.state
    assert verdict.words.endswith("pages:16: 8.00")


def test_the_net_ratio_of_a_combination_is_refused(tmp_path: Path) -> None:
    found = result_set(tmp_path, Made("kernel/a", [[1.0]]), Made("kernel/b", [[1.0]]))
    with pytest.raises(ValueError, match="as measured"):
        Here(found, "box").ratio("kernel/a / 2", "kernel/b", net=True)


@pytest.mark.parametrize("short", ["Yang 2026", "EoSD libpkey"])
def test_a_claim_is_judged_by_what_its_published_figure_is_compared_with(short: str) -> None:
    rows = published()
    compared = rows.loc[rows["short"] == short, "compared"]
    assert TOGGLE.format(1) in set(compared)


@pytest.mark.parametrize(("cycles", "state"), [(60, SEEN), (200, NOT_SEEN), (79, INCONCLUSIVE)])
def test_cycles_are_those_of_the_core_without_the_loop(
    tmp_path: Path, cycles: int, state: str
) -> None:
    loop = "instruction/empty-loop"
    found = result_set(
        tmp_path,
        Made(loop, around(CYCLE), cycle=CYCLE),
        Made("switch/call-gate", around((cycles + 1) * CYCLE), floor=loop, cycle=CYCLE),
    )
    assert (
        state == verdicts("erim-switch-table", found)["a gate adds 55 to 80 cycles to a call"].state
    )


def test_instruction_counts_do_not_decide_a_claim_about_time(tmp_path: Path) -> None:
    found = result_set(
        tmp_path,
        Made("instruction/rdpkru", [[1.0]]),
        Made("instruction/wrpkru-toggle", [[2.0]]),
        Made("protect/mprotect-rw-ro/pages:1", [[2600.0]]),
        Made("protect/pkey-mprotect-0-k/pages:1", [[2700.0]]),
        evidence="path length",
    )
    told = verdicts("libmpk-table1", found)
    assert INCONCLUSIVE == told["WRPKRU costs more than RDPKRU"].state
    tag = told["pkey_mprotect of a page costs within a tenth of what mprotect does"]
    assert SEEN == tag.state
    assert tag.words.startswith("in instructions: ")


def test_a_share_is_the_rate_times_what_a_switch_adds(tmp_path: Path) -> None:
    work = "switch/rate-work/work:5000"
    found = result_set(
        tmp_path,
        Made(work, [[4e-6]] * 7),
        Made("switch/rate-wrpkru/work:5000", [[4.2e-6]] * 7, floor=work),
    )
    here = Here(found, "box")
    told = share_at("switch/rate-wrpkru/work:5000", 100_000, 0.01)(here)
    assert (NOT_SEEN, "100,000 switches a second take 2.00 % of a CPU") == (
        told.state,
        told.words.split(" [")[0],
    )
    assert SEEN == share_at("switch/rate-wrpkru/work:5000", 100_000, 0.03)(here).state


def test_a_cost_is_linear_where_each_further_page_costs_the_same(tmp_path: Path) -> None:
    sizes = (1, 100, 1000)
    costs = {"even": (1e-6, 1e-5, 1e-4), "steeper": (1e-6, 1e-5, 1e-3)}
    found = result_set(
        tmp_path,
        *(
            Made(f"protect/{name}/pages:{size}", [[cost]] * 7)
            for name, each in costs.items()
            for size, cost in zip(sizes, each, strict=True)
        ),
    )
    for name, state in (("even", SEEN), ("steeper", NOT_SEEN)):
        few, some, many = (f"protect/{name}/pages:{size}" for size in sizes)
        assert state == linear(few, some, many, sizes, 1.5)(Here(found, "box")).state


def test_what_pkru_costs_a_context_switch_is_half_of_what_it_adds_to_two(tmp_path: Path) -> None:
    costs = (("equal", 1200), ("zero", 1000))
    cases = [
        Made(f"kernel/context-switch/pkru:{pkru}", [[cycles * CYCLE]] * 7, cycle=CYCLE)
        for pkru, cycles in costs
    ]
    (verdict,) = verdicts("pkru-init-context-switch", result_set(tmp_path, *cases)).values()
    assert SEEN == verdict.state
    assert verdict.words.endswith("/ 2: 100 cycles")


def test_an_experiment_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(ResultError, match=r"did you mean erim-100k\?.*domain-switch"):
        named("erim-100")
