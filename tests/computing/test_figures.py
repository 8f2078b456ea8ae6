"""Figures show what the frame says, the same bytes each time, and are not drawn without data."""

from pathlib import Path
from typing import Any

import figure_checklist
import matplotlib as mpl
import pandas as pd
import pytest
from figures_made import ASSUMED, LOOP, OF_KERNELS, OF_TIME, around, catalogue, result_set, texts
from results_made import NO_KEYS, Made, skipped, suite, write

from pkbench.analysis import EvidenceError, figures, read
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.figures import FIGURES, Chart, Missing
from pkbench.analysis.figures.declared.kernels import KERNELS
from pkbench.analysis.figures.declared.switching import SWITCH
from pkbench.analysis.figures.drawing import style
from pkbench.analysis.figures.drawing.style import pdf, png, svg


def beside(folder: Path, **cases: list[Made]) -> ResultSet:
    for name, made in cases.items():
        write(folder / f"{name}.json", suite(made, machine={"name": name}))
    (found,) = result_sets([read(path) for path in sorted(folder.iterdir())])
    return found


def charts(found: ResultSet) -> list[Chart | Missing]:
    return [figures.chart(figure, found) for figure in FIGURES]


def drawn(found: ResultSet) -> dict[str, Chart]:
    return {chart.name: chart for chart in charts(found) if isinstance(chart, Chart)}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ResultSet:
    """A result_set with every figure's cases."""
    return result_set(tmp_path_factory.mktemp("whole"), *catalogue())


@pytest.fixture(scope="module")
def every(whole: ResultSet) -> dict[str, Chart]:
    """Every figure."""
    return drawn(whole)


def test_every_figure_is_drawn_where_there_is_data_for_it(every: dict[str, Chart]) -> None:
    assert {figure.name for figure in FIGURES} - OF_KERNELS == set(every)


@pytest.mark.parametrize(("columns", "machines"), [("one", 1), ("two", 2), ("one", 9)])
def test_every_figure_can_be_printed(columns: str, machines: int, tmp_path: Path) -> None:
    """By the rules of `figure_checklist`: on one machine, two, and more than colours can tell."""
    width = style.WIDTHS[columns]
    for place in range(machines):
        cases = [case for case in catalogue() if place != 1 or "wrpkru" not in case.case]
        cases += [
            skipped("switch/wrpkru-glibc/pages:1"),
            skipped("switch/wrpkru-glibc/pages:64"),
            skipped("fault/pkey-repair"),
            skipped("kernel/signal/pkru:initial"),
            Made("protect/mprotect-none-rw/pages:1", state="failed", reason="it lied"),
            Made("protect/mprotect-none-rw/pages:64", state="failed", reason="it lied"),
        ]
        write(tmp_path / f"{place}.json", suite(cases, machine={"name": f"machine {place}"}))
    (found,) = result_sets([read(path) for path in sorted(tmp_path.iterdir())], [ASSUMED])
    for figure in FIGURES:
        chart = figures.chart(figure, found, width, published=True)
        assert isinstance(chart, Chart) or figure.name in OF_KERNELS
        if isinstance(chart, Chart):
            assert (figure.name, []) == (figure.name, figure_checklist.faults(chart, width))


def test_every_figure_of_path_lengths_says_that_instructions_are_not_time(tmp_path: Path) -> None:
    found = drawn(result_set(tmp_path, *catalogue(scale=1), evidence="path length"))
    assert {figure.name for figure in FIGURES} - OF_TIME - OF_KERNELS == set(found)
    for chart in found.values():
        assert [] == figure_checklist.faults(chart, style.TWO_COLUMNS)
        assert "instructions" in " ".join(texts(chart))
        assert "time per" not in " ".join(texts(chart))


def test_a_figure_drawn_twice_has_the_same_bytes(every: dict[str, Chart], whole: ResultSet) -> None:
    again = drawn(whole)
    for name, chart in every.items():
        assert svg(chart.figure) == svg(again[name].figure)
    for save in (png, pdf):
        assert save(every["switch"].figure) == save(again["switch"].figure)


def test_a_figure_does_not_depend_on_the_users_settings(whole: ResultSet) -> None:
    rows = SWITCH.table(whole)

    def picture() -> bytes:
        figure = SWITCH.draw(rows, style.TWO_COLUMNS)
        assert figure is not None
        return svg(figure)

    plain = picture()
    with mpl.rc_context({"lines.markersize": 30, "font.size": 20, "axes.facecolor": "red"}):
        assert plain == picture()


def test_no_data_no_figure_but_a_reason(tmp_path: Path) -> None:
    found = charts(result_set(tmp_path, Made("faults/segv", around(1e-6))))
    assert len(FIGURES) == len(found)
    for chart in found:
        assert isinstance(chart, Missing)
        assert chart.reason.startswith("Not drawn: ")


def test_nothing_measured_is_no_error(tmp_path: Path) -> None:
    found = charts(result_set(tmp_path, skipped("switch/wrpkru-raw/pages:1"), skipped(LOOP)))
    assert all(isinstance(chart, Missing) for chart in found)


def test_a_way_that_was_skipped_stays_in_the_figure_with_its_reason(tmp_path: Path) -> None:
    cases = [
        skipped("switch/wrpkru-raw/pages:1"),
        Made("switch/mprotect/pages:1", around(1e-6)),
    ]
    written = texts(drawn(result_set(tmp_path, *cases))["switch"])
    assert "WRPKRU" in written
    assert f"n/a: skipped: {NO_KEYS}" in " ".join(written)


def test_a_narrow_range_gets_bars_from_zero_and_a_wide_one_a_log_axis(tmp_path: Path) -> None:
    def axes(cheap: float) -> Any:
        cases = [
            Made("switch/pkey-mprotect/pages:1", around(cheap)),
            Made("switch/mprotect/pages:1", around(1e-6)),
        ]
        return drawn(result_set(tmp_path, *cases))["switch"].figure.axes[0]

    assert ("linear", 0.0) == (axes(5e-7).get_xscale(), axes(5e-7).get_xlim()[0])
    assert "log" == axes(1e-8).get_xscale()


def test_the_flush_ceiling_is_marked_only_where_both_sides_were_measured(
    every: dict[str, Chart], tmp_path: Path
) -> None:
    assert "33 | 34" in texts(every["pages"])
    cases = [case for case in catalogue() if "pages:34" not in case.case]
    without = drawn(result_set(tmp_path, *cases))
    assert "33 | 34" not in texts(without["pages"])
    assert "33" not in without["pages"].caption
    assert "flush-ceiling" not in without


def test_the_cost_per_page_is_the_cost_divided_by_the_pages(every: dict[str, Chart]) -> None:
    whole, each = (every[name].table.set_index("case") for name in ("pages", "per-page"))
    case = "protect/mprotect-rw-ro/pages:64"
    assert list(whole.loc[case, ["value", "high"]] / 64) == list(each.loc[case, ["value", "high"]])


def test_series_differ_in_marker_and_dash_besides_colour(every: dict[str, Chart]) -> None:
    axes: Any = every["switch-pages"].figure.axes[0]
    lines = [line for line in axes.lines if len(line.get_xdata()) > 2]
    assert 3 == len(lines)
    assert 3 == len({line.get_marker() for line in lines})
    assert 3 == len({str(line._unscaled_dash_pattern) for line in lines})


def test_the_timing_loop_is_taken_off_all_ways_or_none(whole: ResultSet, tmp_path: Path) -> None:
    assert {"net"} == set(SWITCH.table(whole)["basis"])
    without = [case for case in catalogue() if case.case != LOOP]
    found = SWITCH.table(result_set(tmp_path, *without))
    assert {"gross"} == set(found["basis"])
    assert "timing loop included" in SWITCH.caption(found)


def test_a_cost_below_resolution_is_said_and_not_drawn(tmp_path: Path) -> None:
    cases = [
        Made(LOOP, around(1e-9)),
        Made("switch/wrpkru-raw/pages:1", around(1e-9), floor=LOOP),
        Made("switch/mprotect/pages:1", around(1e-6), floor=LOOP),
    ]
    chart = drawn(result_set(tmp_path, *cases))["switch"]
    assert "n/a: below resolution" in texts(chart)


def test_a_floor_that_does_something_is_not_taken_off_a_comparison(tmp_path: Path) -> None:
    cases = [
        Made("syscall/getppid", around(1e-7)),
        Made("switch/mprotect/pages:1", around(1e-6), floor="syscall/getppid"),
    ]
    assert {"gross"} == set(SWITCH.table(result_set(tmp_path, *cases))["basis"])


def test_each_kind_of_evidence_has_charts_of_its_own(tmp_path: Path) -> None:
    times = write(tmp_path / "t.json", suite(catalogue()))
    counted = suite(catalogue(scale=1), evidence="path length")
    both = result_sets([read(times), read(write(tmp_path / "c.json", counted))])
    assert ["silicon", "path length"] == [found.evidence for found in both]
    for found in both:
        for chart in drawn(found).values():
            assert {found.evidence} == set(chart.table["evidence"])


def test_a_shelf_of_two_kinds_of_evidence_can_not_be_made(whole: ResultSet, tmp_path: Path) -> None:
    counted = result_set(tmp_path, *catalogue(scale=1), evidence="path length")
    with pytest.raises(EvidenceError):
        ResultSet("silicon", whole.machines, pd.concat([whole.frame, counted.frame]))


def test_names_are_shown_as_they_are_and_never_as_markup(tmp_path: Path) -> None:
    name = r"$\frac{$<script>&"
    few = [case for case in catalogue() if "switch/" in case.case]
    for place, machine in enumerate((name, "other")):
        made = suite(few, machine={"name": machine})
        write(tmp_path / f"{place}.json", made)
    (found,) = result_sets([read(path) for path in sorted(tmp_path.iterdir())])
    for chart in drawn(found).values():
        assert any(name in text for text in texts(chart))
        assert b"<script" not in svg(chart.figure)


@pytest.mark.parametrize("width", style.WIDTHS.values(), ids=style.WIDTHS)
def test_the_figure_of_kernels_can_be_printed_too(width: float, tmp_path: Path) -> None:
    sizes = (1, 64, 512, 4096)
    cases = [Made(f"protect/mprotect-rw-ro/pages:{n}", [[2000.0 + 130 * n]]) for n in sizes]
    for version in ("5.10.1", "6.1.2", "6.12.3"):
        machine = {"name": f"Linux {version}", "kernel": version}
        made = suite(cases, evidence="path length", machine=machine)
        write(tmp_path / f"{version}.json", made)
    (found,) = result_sets([read(path) for path in sorted(tmp_path.iterdir())])
    chart = figures.chart(KERNELS, found, width)
    assert isinstance(chart, Chart)
    assert [] == figure_checklist.faults(chart, width)


def test_the_legend_of_several_machines_calls_missing_what_none_has(tmp_path: Path) -> None:
    wanting = [skipped(f"switch/wrpkru-raw/pages:{pages}") for pages in (1, 64)]
    change = [Made(f"switch/mprotect/pages:{pages}", around(pages * 1e-6)) for pages in (1, 64)]
    pipe = [Made(f"switch/pipe-process/pages:{pages}", around(6e-6)) for pages in (1, 64)]
    found = beside(tmp_path, a=wanting + change, b=wanting + change + pipe)

    written = texts(drawn(found)["switch-pages"])

    assert {"WRPKRU (n/a)", "another process, by pipe"} <= set(written)
    assert written.count("n/a here: 1 of 3 lines") == 1


def test_a_line_that_one_panel_lacks_is_missing_in_its_legend_and_its_caption(
    tmp_path: Path,
) -> None:
    def siblings(call: str, doing: str, pages: int) -> str:
        return f"threads/{call}-siblings-pages/siblings:{doing}/pages:{pages}"

    points = [(doing, pages) for doing in ("sleeping", "spinning") for pages in (1, 64)]
    cases = [Made(siblings("mprotect", *point), around(1e-6)) for point in points]
    wanting = [skipped(siblings("pkey-mprotect", *point)) for point in points]

    chart = drawn(result_set(tmp_path, *cases, *wanting))["siblings-pages"]

    assert ["spinning", "spinning (n/a)"] == sorted(
        text for text in texts(chart) if text.startswith("spinning")
    )
    assert "n/a: pkey_mprotect (skipped:" in chart.caption


def test_four_machines_stand_two_by_two_above_one_legend(tmp_path: Path) -> None:
    change = [Made(f"switch/mprotect/pages:{pages}", around(pages * 1e-6)) for pages in (1, 64)]
    found = beside(tmp_path, a=change, b=change, c=change, d=change)

    figure = drawn(found)["switch-pages"].figure

    shown = [axes for axes in figure.axes if axes.axison]
    assert ["a", "b", "c", "d"] == [axes.get_title(loc="left") for axes in shown]
    lefts, tops = ({round(axes.get_position().p0[side], 2) for axes in shown} for side in (0, 1))
    assert (2, 2) == (len(lefts), len(tops))
    assert ["c"] == [axes.get_title(loc="left") for axes in shown if axes.get_legend()]


def test_what_several_machines_lack_for_the_same_reason_is_said_once(tmp_path: Path) -> None:
    change = Made("switch/mprotect/pages:1", around(1e-6))
    pipe = Made("switch/pipe-process/pages:1", around(6e-6))
    keys, busy = skipped("switch/wrpkru-raw/pages:1"), skipped("switch/pipe-process/pages:1")
    found = beside(tmp_path, a=[change, keys, busy], b=[change, keys, busy], c=[change, keys, pipe])

    caption = drawn(found)["switch"].caption

    assert f"n/a: WRPKRU (skipped: {NO_KEYS})." in caption
    assert f"n/a on a and b: another process, by pipe (skipped: {NO_KEYS})." in caption
    assert 2 == caption.count("n/a")


@pytest.mark.parametrize(
    ("falling", "corner"), [(False, ("right", "bottom")), (True, ("left", "bottom"))]
)
def test_a_remark_stands_where_no_line_is(
    falling: bool, corner: tuple[str, str], tmp_path: Path
) -> None:
    points = (1, 8, 64, 512, 4096)
    costs = [1 / pages if falling else pages for pages in points]
    lines = {
        way: [
            Made(f"switch/{way}/pages:{pages}", around(cost * 1e-6))
            for pages, cost in zip(points, costs, strict=True)
        ]
        for way in ("mprotect", "pipe-process")
    }
    found = beside(tmp_path, a=lines["mprotect"], b=[*lines["mprotect"], *lines["pipe-process"]])

    written = [
        (text.get_horizontalalignment(), text.get_verticalalignment())
        for axes in drawn(found)["switch-pages"].figure.axes
        for text in axes.texts
        if text.get_text().startswith("n/a here")
    ]

    assert [corner] == written
