"""Profile files, read by whoever gets one: checked, told as tables and drawn."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from profiles_made import CASE, document, written

from pkbench.analysis.profiles import files, read, shares, tables, timeline, why
from pkbench.analysis.profiles.profile import CaseProfile, Profile
from pkbench.analysis.reading.bounded_json import ResultError

SVG = "protect-mprotect-rw-ro-pages-1.svg"


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return read.read(written(tmp_path, document()))


@pytest.fixture
def case(profile: Profile) -> CaseProfile:
    return profile.cases[0]


def test_a_profile_is_read_as_it_was_written(case: CaseProfile) -> None:
    assert 0.5 == case.per_operation("tlb_flushes")
    assert case.per_operation("core_cycles") is None
    assert case.samples is not None
    assert 60 == case.samples.timed["run", "do_syscall_64_[k]", "flush_tlb_mm_range_[k]"]


def test_a_profile_of_format_1_is_read_under_the_names_of_today(tmp_path: Path) -> None:
    first = document()
    first["pkbench_profile_schema"] = 1
    (case,) = first["cases"]
    case["samples"]["profilers_own"] = case["samples"].pop("profiler_samples")
    for timing in case["timings"]:
        timing["how"] = timing["how"].replace("timed", "alone")
    found = read.read(written(tmp_path, first))

    assert read.read(written(tmp_path, document())).cases == found.cases


def test_a_folder_stands_for_the_profile_in_it(tmp_path: Path) -> None:
    written(tmp_path, document())

    assert read.is_profile(tmp_path)
    assert CASE == read.read(tmp_path).cases[0].case


def test_a_result_is_no_profile(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    result.write_text(json.dumps({"version": "1.0", "benchmarks": []}))

    assert not read.is_profile(result)
    with pytest.raises(ResultError, match="not a profile of pkbench"):
        read.read(result)


def changed(path: str, value: Any) -> Callable[[Any], None]:
    """Return what sets one place of a document, as in `cases.0.state`."""

    def change(found: Any) -> None:
        *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
        for step in way:
            found = found[step]
        found[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("pkbench_profile_schema", 3, "profile format 3"),
        ("pkbench_profile_schema", True, "profile format True"),
        ("cases", {}, "cases is not a list"),
        ("cases.0", 3, "not an object"),
        ("cases.0.case", "../../etc/passwd", "valid name"),
        ("cases.0.case", "a/b" + "c" * 300, "valid name"),
        ("cases.0.state", "fine", "valid state"),
        ("cases.0.operations", -1, "not a valid count"),
        ("cases.0.operations", 1.5, "not a valid count"),
        ("cases.0.quantities.0.per_operation", "many", "not a number"),
        ("cases.0.quantities.0.per_operation", True, "not a number"),
        ("cases.0.timings.0.seconds", 0, "not valid"),
        ("cases.0.timings.0.how", "asleep", "not valid"),
        ("cases.0.samples.timed.0", [1, 99], "unnamed function"),
        ("cases.0.samples.timed.0", [-1, 0], "a stack that is not valid"),
        ("cases.0.samples.timed.0", [5], "a stack that is not valid"),
        ("cases.0.samples.timed.0", [True, 0], "a stack that is not valid"),
        ("cases.0.timeline.lanes", [], "empty timeline"),
        ("cases.0.timeline.parts.0.lane", 7, "outside"),
        ("cases.0.timeline.parts.0.end", 99_999, "outside"),
        ("cases.0.instructions.0.address", "x", "not a valid count"),
    ],
)
def test_what_cannot_be_is_one_sentence(path: str, value: Any, words: str, tmp_path: Path) -> None:
    found = document()
    changed(path, value)(found)

    with pytest.raises(ResultError, match=words) as error:
        read.read(written(tmp_path, found))
    assert "\n" not in str(error.value)


def test_a_profile_of_version_0_1_is_read_with_the_words_of_today(tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["timings"][0]["how"] = "alone"
    case = read.read(written(tmp_path, found)).cases[0]

    assert 1e-6 == case.seconds["unprofiled"]
    assert {"unprofiled", "counted"} == set(case.seconds)


def test_a_case_stands_in_a_profile_once(tmp_path: Path) -> None:
    found = document()
    found["cases"] *= 2

    with pytest.raises(ResultError, match="twice"):
        read.read(written(tmp_path, found))


def test_what_a_stranger_wrote_is_escaped_in_every_file(tmp_path: Path) -> None:
    found = document()
    evil = "<script>alert(1)</script>"
    one = found["cases"][0]
    found["machine"]["name"] = evil
    one["samples"]["frames"][0] = evil
    one["timeline"]["lanes"][1] = evil
    one["timeline"]["parts"][0]["text"] = evil
    profile = read.read(written(tmp_path, found))

    for name, content in files.of_case(profile, profile.cases[0]):
        if name.endswith(".svg"):
            assert evil not in content
            ET.fromstring(content)


def test_the_files_of_a_case_are_named_after_it_and_are_what_they_say(profile: Profile) -> None:
    found = dict(files.of_case(profile, profile.cases[0]))
    stem = "protect-mprotect-rw-ro-pages-1"

    assert {
        f"{stem}{ending}"
        for ending in (".svg", ".folded", ".speedscope.json", ".timeline.svg", ".loop.md")
    } == set(found)
    assert "run;do_syscall_64_[k];flush_tlb_mm_range_[k] 60\n" in found[f"{stem}.folded"]
    assert "without a PMU" in found[f"{stem}.svg"]
    assert "speedscope" in json.loads(found[f"{stem}.speedscope.json"])["$schema"]


def test_the_innermost_function_that_is_known_is_the_cause(case: CaseProfile) -> None:
    assert case.samples is not None
    told = {share.cause: share.samples for share in shares.of(case.samples.timed)}

    assert {"the TLB flush": 60, "page tables": 30, "user mode": 10} == told


@pytest.mark.parametrize(
    ("stack", "cause"),
    [
        (("run",), "user mode"),
        (("run", "do_syscall_64_[k]"), "system-call entry and exit"),
        (("run", "do_syscall_64_[k]", "some_driver_[k]"), "elsewhere in the kernel"),
        (("run", "do_mprotect_pkey_[k]", "up_write_[k]"), "locks"),
        (("run", "flush_tlb_mm_range_[k]", "native_write_msr_[k]"), "the TLB flush"),
        (
            ("run", "flush_tlb_mm_range_[k]", "smp_call_function_many_cond_[k]"),
            "waiting for other CPUs",
        ),
        (("run", "get_signal_[k]", "_raw_spin_unlock_irq_[k]"), "signals"),
        (("run", "__x64_sys_mmap_[k]", "mmap_region_[k]", "vma_merge_[k]"), "mappings"),
    ],
)
def test_causes_have_the_words_of_the_field(stack: tuple[str, ...], cause: str) -> None:
    assert cause == shares.cause(stack)


def test_what_a_profile_without_the_kernel_spends_its_time_on_is_not_told(
    tmp_path: Path,
) -> None:
    found = document()
    found["cases"][0]["samples"]["event"] = "cpu-clock:u"
    case = read.read(written(tmp_path, found)).cases[0]

    assert [] == shares.of_case(case)
    assert "–" == tables.by_case([case]).rows[0][-1]


def test_the_error_of_a_share_is_that_of_drawing_so_many_samples() -> None:
    (one, _) = shares.of({("run",): 75, ("run", "flush_tlb_func_[k]"): 25})

    assert 0.75 == one.share
    assert 1.96 * (0.75 * 0.25 / 100) ** 0.5 == pytest.approx(one.error)


def test_what_could_not_be_counted_has_its_reason_and_no_zero(case: CaseProfile) -> None:
    rows = {row[0].strip(): row[1:] for row in tables.quantities(case).rows}

    assert ["–", "there is none"] == rows["core cycles"]
    assert ["0.500", "t"] == rows["TLB flushes, all reasons"]


def test_the_table_of_cases_sums_up_only_what_is_known(case: CaseProfile) -> None:
    table = tables.by_case([case])
    row = dict(zip(table.headings, table.rows[0], strict=True))

    assert "1.000" == row["system calls"]
    assert "–" == row["page faults"]
    assert (
        "60 % the TLB flush, 30 % page tables, 10 % user mode" == row["largest shares of the time"]
    )


def test_what_rounds_to_no_percent_is_no_cause(tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["samples"]["timed"] = [[996, 0], [4, 0, 1]]
    case = read.read(written(tmp_path, found)).cases[0]

    assert "100 % user mode" == tables.by_case([case]).rows[0][-1]
    assert ["99.6 %", "0.4 %"] == [row[1] for row in tables.causes(case).rows]
    found["cases"][0]["samples"]["timed"] = [[9996, 0], [4, 0, 1]]
    case = read.read(written(tmp_path, found)).cases[0]
    assert ["100.0 %"] == [row[1] for row in tables.causes(case).rows]


def test_the_slow_down_is_computed_from_the_shortest_values(case: CaseProfile) -> None:
    assert [CASE, "900 ns", "2.00 ×", "–"] == list(tables.slow_down([case]).rows[0])


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (0.0001, "under 0.001"), (-0.0001, "under 0.001"), (1.0, "1.000"), (None, "–")],
)
def test_a_count_that_noise_can_make_is_distinguished_from_zero(
    number: float | None, text: str
) -> None:
    assert text == tables.count(number)


def test_the_hottest_symbols_are_those_that_were_executed(case: CaseProfile) -> None:
    table = tables.hottest(case)

    assert ["flush_tlb_mm_range", "kernel", "60.0 %", "60"] == table.rows[0]
    assert 3 == len(table.rows)


def test_a_difference_is_of_an_operation_whatever_the_number_of_samples(
    profile: Profile, tmp_path: Path
) -> None:
    found = document()
    one = found["cases"][0]
    one["samples"]["timed"] = [[count * 3, *stack] for count, *stack in one["samples"]["timed"]]
    other = read.read(written(tmp_path, found))

    ((name, svg),) = files.compared(other, other.cases[0], profile, profile.cases[0])

    assert "protect-mprotect-rw-ro-pages-1.difference.svg" == name
    assert "1,000,000 → 1,000,000 ps per operation in all (no change)" in svg


def test_nothing_is_compared_with_a_case_without_samples(profile: Profile, tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["samples"] = None
    other = read.read(written(tmp_path, found))

    assert [] == list(files.compared(profile, profile.cases[0], other, other.cases[0]))


def test_the_timeline_says_who_was_interrupted_and_how_long_the_caller_waited(
    case: CaseProfile,
) -> None:
    assert case.timeline is not None
    svg = timeline.svg(case, case.timeline)

    assert (
        "1 system call in 10.0 µs, 1 interrupt of other threads; the caller waits 3.00 µs for "
        "their answers."
    ) == timeline.about(case.timeline)
    rectangles = [each for each in ET.fromstring(svg).iter() if each.tag.endswith("}rect")]
    assert 1 + 3 + 3 == len(rectangles)  # the ground, the spans, the legend
    assert 1 + 1 == svg.count("<path ")  # the flush, and what it is called
    assert "calling thread" in svg


def test_an_operation_that_disturbed_nobody_says_so(case: CaseProfile) -> None:
    assert case.timeline is not None
    alone = replace(case.timeline, parts=case.timeline.parts[:1])

    assert "1 system call in 10.0 µs, no interrupt of other threads." == timeline.about(alone)


def test_a_flame_graph_says_which_samples_are_of_the_operation(tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["samples"]["timed"] = [[60, 0, 1, 2]]
    profile = read.read(written(tmp_path, found))
    drawn = dict(files.of_case(profile, profile.cases[0]))

    assert "without a PMU; 60 of them in the operation itself:" in drawn[SVG]
    assert "100 samples in all." in drawn[SVG]


def test_a_sentence_says_what_a_figure_is_made_of(case: CaseProfile) -> None:
    assert (
        "Of the 873 ns of protect/mprotect-rw-ro/pages:1, 60 % is the TLB flush, 30 % page tables "
        "and 10 % user mode (100 samples)."
    ) == why.sentence(case, 873e-9)
    assert why.sentence(case).startswith("Of the 1.00 µs of ")


def test_what_was_counted_stands_in_the_sentence(tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["quantities"][1]["quantity"] = "tlb_flushes_local_mm"
    case = read.read(written(tmp_path, found)).cases[0]

    assert why.sentence(case).endswith("(100 samples; 0.50 TLB flushes per operation).")


def test_without_samples_nothing_is_said(tmp_path: Path) -> None:
    found = document()
    found["cases"][0]["samples"] = None

    assert [] == list(why.sentences(read.read(written(tmp_path, found)), {}))
