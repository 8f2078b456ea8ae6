"""Counts of several kernels become a study: per call, per page, and what changed in between."""

from pathlib import Path

import pytest
from results_made import Made, suite, write

from pkbench.analysis.compare.machines import Machines
from pkbench.analysis.derive.cost_per_page import per_page
from pkbench.analysis.derive.kernel_changes import CHANGES, FAULTS, PAGE, changes_between, version
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.figures.declared.kernels import KERNELS
from pkbench.analysis.figures.drawing import style
from pkbench.analysis.reading.result import read
from pkbench.analysis.report import summary
from pkbench.analysis.tables import all_cases, report_tables

GETPPID = "syscall/getppid"
# What one more page takes in each of these kernels.
SLOPES = {"6.12.117-1": 149, "5.10.262-1": 120, "6.1.192-2": 133}


def counts(slope: int, user: float | None = 4.0) -> list[Made]:
    """A kernel's cases: changes of 1 to 16384 pages, faults, and getppid with its user mode."""
    beside = {} if user is None else {"user_instructions": [[user]]}
    made = [Made(GETPPID, [[335.0]], beside=beside)]
    for pages in (1, 33, 512, 1024, 16384):
        for benchmark, more in (("mprotect-rw-ro", 0), ("pkey-mprotect-0-k", 61)):
            flush = 40 * pages if pages <= 33 else 0  # page by page, as Linux does
            cost = 2500.0 + (slope + more) * pages + flush
            made.append(Made(f"protect/{benchmark}/pages:{pages}", [[cost]]))
    return [*made, *(Made(case, [[4000.0 + slope]]) for case in FAULTS)]


def result_set(folder: Path, slopes: dict[str, int], evidence: str = "path length") -> ResultSet:
    """Make a result file of each kernel."""
    results = []
    for release, slope in slopes.items():
        machine = {"name": f"Linux {release}", "kernel_version": release, "kernel": "6.1.0-1"}
        made = suite(counts(slope), evidence=evidence, machine=machine)
        results.append(read(write(folder / f"{release}.json", made)))
    (found,) = result_sets(results)
    return found


def test_a_further_page_costs_the_slope_of_the_many(tmp_path: Path) -> None:
    found = per_page(result_set(tmp_path, {"6.1.192-2": 133})).set_index("benchmark")
    assert [133, 194] == list(found["page"])
    assert [2673, 2734] == list(found["call"])
    assert {(512, 16384)} == set(zip(found["from"], found["to"], strict=True))


def test_several_are_called_kernels_and_named_by_their_versions_in_the_chart(
    tmp_path: Path,
) -> None:
    found = result_set(tmp_path, SLOPES)
    told = " ".join(summary.sentences(found, Machines(found)))
    assert "the fewest and most of 3 kernels" in told
    assert "machine" not in told
    drawn = KERNELS.draw(KERNELS.table(found), style.TWO_COLUMNS)
    assert drawn is not None
    labels = [label.get_text() for label in drawn.axes[-1].get_xticklabels()]
    assert ["5.10.262", "6.1.192", "6.12.117"] == labels


def test_one_number_of_pages_tells_no_slope(tmp_path: Path) -> None:
    made = suite([Made("protect/mprotect-rw-ro/pages:512", [[9.0]])], evidence="path length")
    (found,) = result_sets([read(write(tmp_path / "one.json", made))])
    assert per_page(found).empty


def test_call_and_page_are_in_a_table_and_in_the_summary(tmp_path: Path) -> None:
    found = result_set(tmp_path, {"6.1.192-2": 133})
    table = report_tables.marginal(found)
    assert ["Linux 6.1.192-2", "mprotect-rw-ro", "2,673", "133.0"] == list(table.rows[0])
    (sentence,) = [s for s in summary.sentences(found, Machines(found)) if "further page" in s]
    assert "133 instructions to an mprotect" in sentence
    assert "194 to a pkey_mprotect" in sentence


def test_times_have_no_slope_without_an_interval(tmp_path: Path) -> None:
    found = result_set(tmp_path, {"6.1.192-2": 133}, evidence="silicon")
    assert [] == report_tables.marginal(found).rows


def test_user_mode_and_kernel_stand_beside_the_whole(tmp_path: Path) -> None:
    found = result_set(tmp_path, {"6.1.192-2": 133})
    table = all_cases.table(found)
    place = list(table.headings).index("user mode (instructions)")
    cells = {row[1]: list(row[place - 1 : place + 2]) for row in table.rows}
    assert ["335", "4", "331"] == cells[GETPPID]
    assert ["2,673", "–", "–"] == cells["protect/mprotect-rw-ro/pages:1"]
    assert [4.0] == list(table.data["user_mode"].dropna())


def test_kernels_are_drawn_in_the_order_of_their_versions(tmp_path: Path) -> None:
    rows = KERNELS.table(result_set(tmp_path, SLOPES))
    pages = rows[(rows["panel"] == PAGE) & (rows["series"] == "mprotect, rw→ro")]
    assert [120, 133, 149] == list(pages["value"])
    assert KERNELS.draw(rows, style.TWO_COLUMNS) is not None
    assert "mprotect, rw→ro from 120 to 149" in KERNELS.alt(rows)


def test_a_caption_tells_what_changed_in_between_and_who_says_so(tmp_path: Path) -> None:
    caption = KERNELS.caption(KERNELS.table(result_set(tmp_path, SLOPES)))
    told = [change for change in CHANGES if change.what in caption]
    assert ["5.19", "6.1", "6.4"] == [change.name for change in told]
    assert all(change.source in caption for change in told)


@pytest.mark.parametrize(
    ("evidence", "slopes"), [("silicon", SLOPES), ("path length", {"6.1.192-2": 133})]
)
def test_no_study_is_made_of_times_or_of_one_kernel(
    tmp_path: Path, evidence: str, slopes: dict[str, int]
) -> None:
    assert (
        KERNELS.draw(KERNELS.table(result_set(tmp_path, slopes, evidence)), style.TWO_COLUMNS)
        is None
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("6.12.117-1~deb12u1", (6, 12, 117)), ("Linux 7.3.4+deb13", (7, 3, 4)), ("none", ())],
)
def test_a_version_is_its_numbers(text: str, numbers: tuple[int, ...]) -> None:
    assert numbers == version(text)


def test_changes_lie_between_the_kernels_that_they_came_between() -> None:
    assert ["6.17"] == [change.name for change in changes_between((6, 16, 12), (6, 17, 13))]
    assert [] == changes_between((6, 17, 8), (6, 17, 13))
