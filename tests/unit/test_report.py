"""A report's summary, tables, coverage and method say what its results hold."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from pages import counts, page_of
from results_made import NO_KEYS, Made, skipped, suite, write

from pkbench.analysis import ResultError, read
from pkbench.analysis.estimate.result_set import result_sets
from pkbench.analysis.figures import FIGURES
from pkbench.analysis.report.page.subjects import PLANS
from pkbench.analysis.report.report import write as report
from pkbench.analysis.tables import machine_facts

pytestmark = pytest.mark.usefixtures("no_figures")


def test_the_summary_comes_first_with_the_ratio_in_words(tmp_path: Path) -> None:
    page = page_of(tmp_path, counts())
    assert (
        "Opening a 1-page region for writing, storing to it and closing it takes "
        "31 instructions with WRPKRU and 5,394 instructions with mprotect: 174 times more."
    ) in page.text
    assert page.text.index("174 times more") < page.text.index("processor")


def test_without_keys_the_summary_says_why_and_gives_the_rest(tmp_path: Path) -> None:
    cases = [
        skipped("switch/wrpkru-raw/pages:1"),
        Made("switch/mprotect/pages:1", [[1e-6], [1.1e-6]] * 3),
    ]
    page = page_of(tmp_path, suite(cases))
    assert "takes 1.05 µs (95 % interval 1.00 to 1.10 µs) with mprotect" in page.text
    assert f"WRPKRU: not measured; {NO_KEYS}" in page.text


def test_path_lengths_are_exact_in_the_tables(tmp_path: Path) -> None:
    page_of(tmp_path, counts())
    text = (tmp_path / "report/tables/path-length-cases.csv").read_text()
    rows = {row["case"]: row for row in csv.DictReader(text.splitlines())}
    assert "100.0" == rows["instruction/nop-100"]["net (instructions)"]
    markdown = (tmp_path / "report/tables/path-length-cases.md").read_text()
    row = "| instruction/nop-100 | 102 | – | – | instruction/empty-loop | 2 | 100 | 2 |"
    assert row in markdown


def test_path_lengths_say_loudly_that_instructions_are_not_time(tmp_path: Path) -> None:
    page = page_of(tmp_path, counts())
    assert page.text.count("Instructions are not time.") >= 3


@pytest.mark.parametrize("name", ["case", "case gross", "one ratio"])
def test_no_machine_name_breaks_the_comparison(tmp_path: Path, name: str) -> None:
    page_of(tmp_path, counts(name="one"), counts(name=name))
    assert f"{name} ÷ one" in (tmp_path / "report/tables/path-length-side-by-side.md").read_text()


def test_two_kernels_are_compared_side_by_side(tmp_path: Path) -> None:
    page_of(tmp_path, counts(name="one"), counts(name="two"))
    markdown = (tmp_path / "report/tables/path-length-side-by-side.md").read_text()
    assert "| switch/mprotect/pages:1 | 5,396 | 5,396 | 1.00 |" in markdown


def test_times_under_emulation_are_never_shown(tmp_path: Path) -> None:
    case = Made("instruction/rdpkru", [[0.123456], [0.123456]])
    page = page_of(tmp_path, suite([case], evidence="function"))
    everything = "".join(
        path.read_text() for path in (tmp_path / "report").rglob("*") if path.is_file()
    )
    assert not re.search(r"[01]\.123|123[.,]4", everything)
    assert "1 case run under emulation to check function: 1 passed" in page.text
    assert "measured" in page.text


def test_a_report_with_nothing_measured_says_so_and_why(tmp_path: Path) -> None:
    page = page_of(tmp_path, suite([skipped("instruction/rdpkru"), skipped("syscall/getppid")]))
    assert "Nothing was measured" in page.text
    assert NO_KEYS in page.text
    assert "2 skipped" in page.text


def test_a_report_of_no_case_at_all_is_still_a_page(tmp_path: Path) -> None:
    assert "Nothing was measured" in page_of(tmp_path, suite([])).text


def test_equal_reasons_are_given_once(tmp_path: Path) -> None:
    cases = [skipped(f"instruction/{name}") for name in ("rdpkru", "wrpkru-same", "lfence")]
    cases.append(Made("syscall/getppid", [[1e-7]], state="failed", reason="it lied"))
    page = page_of(tmp_path, suite(cases))
    assert 3 == page.text.count("skipped (a)")
    assert "failed (b)" in page.text
    section = page.text[page.text.index("Reasons") :]
    assert 1 == section.count(NO_KEYS)
    assert 1 == section.count("it lied")


def test_states_that_differ_by_point_are_counted(tmp_path: Path) -> None:
    cases = [
        Made("switch/mprotect/pages:1", [[1e-6]]),
        skipped("switch/mprotect/pages:2", "too large"),
        skipped("switch/mprotect/pages:4", "too large"),
    ]
    assert "measured 1, skipped 2 (a)" in page_of(tmp_path, suite(cases)).text


def test_names_of_files_come_from_the_report_never_from_the_result(tmp_path: Path) -> None:
    made = counts(name="../../../escape")
    page_of(tmp_path, made, made)
    assert {"0.json", "1.json", "report"} == {path.name for path in tmp_path.iterdir()}
    assert not list(tmp_path.rglob("*escape*"))


def test_few_processes_are_a_stated_limitation(tmp_path: Path) -> None:
    few = page_of(tmp_path, suite([Made("switch/mprotect/pages:1", [[1e-6], [2e-6], [3e-6]])]))
    assert "1 figure rests on fewer than 6 processes" in few.text
    many = page_of(tmp_path, suite([Made("switch/mprotect/pages:1", [[1e-6]] * 6)]))
    assert "fewer than" not in many.text


def test_a_ratio_of_few_processes_has_no_interval(tmp_path: Path) -> None:
    def text_of(processes: int) -> str:
        cases = [
            Made("switch/wrpkru-raw/pages:1", [[1e-8]] * processes),
            Made("switch/mprotect/pages:1", [[1e-6]] * processes),
        ]
        return page_of(tmp_path, suite(cases)).text

    assert "100 times slower" in text_of(5)
    assert "100 times slower (95 %" not in text_of(5)
    assert "100 times slower (95 % interval 100 to 100)" in text_of(6)


def test_an_inconclusive_ratio_is_no_measurable_difference(tmp_path: Path) -> None:
    near = [[1.0e-6], [1.3e-6], [1.1e-6], [1.2e-6], [1.4e-6], [1.25e-6]]
    siblings = "threads/mprotect-siblings/siblings"
    cases = [
        Made("switch/pkey-mprotect/pages:1", near),
        Made("switch/mprotect/pages:1", near[::-1]),
        Made("protect/mprotect-rw-ro/pages:33", near),
        Made("protect/mprotect-rw-ro/pages:34", near[::-1]),
        Made(f"{siblings}:sleeping/threads:2", near),
        Made(f"{siblings}:spinning/threads:2", near[::-1]),
    ]
    text = page_of(tmp_path, suite(cases)).text
    assert "compared with mprotect: no measurable difference (ratio 1.00, " in text
    assert "for 34: no measurable difference (ratio 1.00, " in text
    assert "as long as while that thread sleeps: no measurable difference (ratio 1.00, " in text


def test_the_summary_ends_with_possible_noise_sources(tmp_path: Path) -> None:
    cases = [Made("switch/mprotect/pages:1", [[1e-6]])]
    checks = {"load": "problem", "smt": "warning", "steal": "warning", "thp": "ok"}
    findings = [{"check": check, "status": status} for check, status in checks.items()]
    text = page_of(tmp_path, suite(cases, findings=findings)).text
    assert "reported by pkbench doctor: load (problem); smt and steal (warning)." in text
    assert "Checks passed: thp." in text


def test_the_method_says_what_disturbed_the_values_left_out(tmp_path: Path) -> None:
    left_out = Made("a/b", [[1e-6] * 3] * 2, beside={"steal_seconds": [[0, 0.01, 0], [0, 0, 0]]})
    kept = Made("a/c", [[1e-6] * 2], beside={"steal_seconds": [[0.01, 0.01]]})
    page = page_of(tmp_path, suite([left_out, kept]))
    assert "3 of 8 values were disturbed by steal time. 1 was left out; the others" in page.text
    text = (tmp_path / "report/tables/silicon-cases.csv").read_text()
    rows = {row["case"]: row["left_out"] for row in csv.DictReader(text.splitlines())}
    assert {"a/b": "1", "a/c": "0"} == rows
    assert "| 2 × 2.5 | 1 |" in (tmp_path / "report/tables/silicon-cases.md").read_text()


def test_the_method_counts_contended_values_and_the_table_marks_them(tmp_path: Path) -> None:
    uncontended = Made("a/b", [[1e-6] * 2] * 3, beside={"nop_cycles": [[0.17, 0.34]] * 3})
    contended = Made("a/c", [[1e-6]] * 2, beside={"nop_cycles": [[0.34]] * 2})
    text = page_of(tmp_path, suite([uncontended, contended])).text
    assert (
        "5 of 8 values were contended: another hardware thread used the core. 3 were left out; "
        "the others were kept where too few values would have remained." in text
    )
    cases_table = (tmp_path / "report/tables/silicon-cases.md").read_text()
    assert "| 3 × 1 | 3 |  |" in cases_table
    assert "| 2 × 1 | 0 | 2 contended values (SMT) |" in cases_table


def test_two_modes_of_the_processes_are_named_in_the_remark(tmp_path: Path) -> None:
    values = [[1e-6 + place * 1e-9] for place in range(9)] + [[1.3e-6], [1.302e-6], [1.304e-6]]
    page_of(tmp_path, suite([Made("a/b", values)]))
    cases_table = (tmp_path / "report/tables/silicon-cases.md").read_text()
    assert "two modes: 25% of the processes cost 1.30 times as much" in cases_table


def test_a_finding_without_a_fix_says_why(tmp_path: Path) -> None:
    finding = {"check": "core", "status": "problem", "no_fix": "have the host keep it free"}
    page = page_of(tmp_path, suite([Made("a/b", [[1e-6]])], findings=[finding]))
    assert "have the host keep it free" in page.text


def test_a_missing_reading_is_named_with_the_reason(tmp_path: Path) -> None:
    made = Made("a/b", [[1e-6]], missing={"tlb_shootdowns": "there is no line TLB"})
    page = page_of(tmp_path, suite([made]))
    assert "Readings missing on box tlb shootdowns (there is no line TLB)." in page.text


def test_the_method_states_the_facts_of_the_run(tmp_path: Path) -> None:
    cases = [Made("switch/mprotect/pages:1", [[1e-6, 1.1e-6]] * 3)]
    facts: dict[str, Any] = {"pkbench_seed": 77, "pkbench_rounds": 3, "pkbench_stopped": "budget"}
    text = page_of(tmp_path, suite(cases, machine={"virtualisation": "KVM"}, **facts)).text
    assert "1 case. Per case: 3 processes. Per process: 2 values. Per value: 1,000 loops." in text
    assert "in random order (seed 77). The run ended after 3 rounds because its time" in text
    assert "Virtualised: box (KVM)" in text


def test_a_fact_not_known_of_one_machine_is_marked(tmp_path: Path) -> None:
    cases = [Made("switch/mprotect/pages:1", [[1e-6]])]
    page = page_of(
        tmp_path, suite(cases, machine={"microcode": "0x2b"}), suite(cases, machine={"name": "b"})
    )
    assert "microcode 0x2b not known" in page.text


def test_a_processor_has_its_version(tmp_path: Path) -> None:
    machine = {"cpu_model": "AMD EPYC", "cpu_version": "family 23, model 1, stepping 2"}
    page = page_of(tmp_path, suite([Made("syscall/getppid", [[1e-6]])], machine=machine))
    assert "processor AMD EPYC, family 23, model 1, stepping 2" in page.text


def test_the_microcode_of_a_guest_is_marked_as_the_hypervisors(tmp_path: Path) -> None:
    machine = {"virtualisation": "KVM", "microcode": "0x1000065"}
    page = page_of(tmp_path, suite([Made("switch/mprotect/pages:1", [[1e-6]])], machine=machine))
    assert "microcode 0x1000065, as the hypervisor says" in page.text
    assert "microcode 0x1000065," not in page.text.replace("0x1000065, as the hypervisor says", "")


def test_a_bad_file_stops_the_report_before_anything_is_written(tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", counts())
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    with pytest.raises(ResultError, match=r"bad\.json"):
        report([good, bad], tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_no_file_is_no_report(tmp_path: Path) -> None:
    with pytest.raises(ResultError):
        report([], tmp_path / "report")


@pytest.mark.parametrize("figure", [figure.name for figure in FIGURES])
def test_every_figure_has_a_subject(figure: str) -> None:
    assert "more" != next(plan for plan in PLANS if re.match(plan.figures, figure)).key


def test_of_cpu_flags_only_those_that_differ_are_listed(tmp_path: Path) -> None:
    cases = [Made("syscall/getppid", [[1e-7]])]
    for name, flags in (("a", "fpu pku"), ("b", "fpu pku la57")):
        machine = {"name": name, "cpu_flags": flags}
        write(tmp_path / f"{name}.json", suite(cases, machine=machine))
    (found,) = result_sets([read(path) for path in sorted(tmp_path.glob("*.json"))])

    facts = machine_facts.facts(found)

    assert ("emulated CPU, not the same on all", ["none", "la57"]) in facts.differ
