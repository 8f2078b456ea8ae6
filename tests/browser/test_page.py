"""In a browser, each control of the report does what it says, and nothing else happens."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from headless_browser import Browser, browser
from results_made import Made, skipped, suite, write
from selenium.webdriver.common.keys import Keys

from pkbench.analysis.report.report import write as report

pytestmark = pytest.mark.slow

CASES = "#silicon-everything"
CONTROL = "fieldset[data-key=silicon] [data-control={}]"


def around(cost: float, processes: int = 8, step: int = 1) -> list[list[float]]:
    return [[cost * (1 + 0.002 * (step * place % 5)), cost] for place in range(processes)]


def swept() -> list[Made]:
    """Cases along axes, as charts need them."""
    cases = [Made("instruction/empty-loop", around(5e-10))]
    for pages in (1, 16, 33, 34, 64):
        for way, cost in (("wrpkru-raw", 3e-8), ("pkey-mprotect", 1.6e-6), ("mprotect", 1.5e-6)):
            floor = "instruction/empty-loop"
            cases.append(Made(f"switch/{way}/pages:{pages}", around(cost * pages), floor=floor))
        cases += [
            Made(f"protect/{change}/pages:{pages}", around(6e-7 + 1e-7 * pages))
            for change in ("mprotect-rw-ro", "pkey-mprotect-0-k")
        ]
    siblings = "threads/mprotect-siblings/siblings"
    for threads in (1, 2):
        cases.append(Made(f"{siblings}:sleeping/threads:{threads}", around(1e-6)))
        cases.append(Made(f"{siblings}:spinning/threads:{threads}", around(2e-6 * threads)))
    return cases


def more() -> list[Made]:
    """Cases with control cases, cycles, ticks and a value that was left out."""
    beside = {"ticks": [[1000.0, 1000.0]] * 8, "steal_seconds": [[0.01, 0]] + [[0, 0]] * 7}
    return [
        Made("kernel/signal-plain", around(1e-6, step=2), cycle=2.5e-10, beside=beside),
        Made("kernel/signal/pkru:initial", around(3e-6, step=3), cycle=2.5e-10, beside=beside),
        Made("application/keystore-unprotected/work:aes", around(5e-7)),
        Made("application/keystore-mprotect/work:aes", around(2.5e-6)),
        Made("syscall/getppid", around(1e-7, step=4), cycle=2.5e-10),
        skipped("instruction/wrpkru-same"),
    ]


def counts() -> list[Made]:
    return [
        Made("instruction/empty-loop", [[2.0]]),
        Made("switch/wrpkru-raw/pages:1", [[33.0]], floor="instruction/empty-loop"),
        Made("switch/mprotect/pages:1", [[5396.0]], floor="instruction/empty-loop"),
        Made("kernel/signal-plain", [[20000.0]]),
    ]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One machine, times and counts."""
    folder = tmp_path_factory.mktemp("one")
    files = [
        write(folder / "times.json", suite([*swept(), *more()])),
        write(folder / "counts.json", suite(counts(), evidence="path length")),
    ]
    return report(files, folder / "report")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three machines; one of them skipped a case."""
    folder = tmp_path_factory.mktemp("three")
    cases = [
        "switch/mprotect/pages:1",
        "protect/mprotect-rw-ro/pages:1",
        "kernel/signal-plain",
        "syscall/getppid",
    ]
    files = [
        write(
            folder / f"{place}.json",
            suite([Made(case, around(cost)) for case in cases], machine={"kernel": f"6.{place}"}),
        )
        for place, cost in enumerate((1e-6, 2e-6))
    ]
    lame = [Made(case, around(4e-6)) for case in cases[:-1]]
    lame.append(skipped(cases[-1], "it has none"))
    files.append(write(folder / "2.json", suite(lame, machine={"kernel": "6.2"})))
    return report(files, folder / "report", names=["old", "new", "other"])


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def shown(shared: Browser, page: Path) -> Iterator[Browser]:
    """The page of one machine, freshly opened; no test may cause a complaint in its console."""
    yield from quietly(shared, page)


@pytest.fixture
def compared(shared: Browser, three: Path) -> Iterator[Browser]:
    """The page of three machines, likewise."""
    yield from quietly(shared, three)


def quietly(shared: Browser, page: Path) -> Iterator[Browser]:
    shared.open(page)
    yield shared
    assert [] == shared.console()
    assert [page.resolve().as_uri()] == shared.requested()
    assert not shared.asks()


def control(name: str) -> str:
    return CONTROL.format(name)


def cost_of(shown: Browser, case: str, role: str = "cost") -> str:
    script = """
        const row = [...document.querySelectorAll(arguments[0] + ' tbody tr')]
            .find(row => row.cells[0].innerText.trim() === arguments[1]);
        return row.querySelector(`[data-role=${arguments[2]}]`).innerText.trim();"""
    return str(shown.run(script, CASES, case, role))


def number(text: str) -> float:
    return float(text.split(maxsplit=1)[0].replace(",", ""))


def bounds(ratio: str) -> list[float]:
    return [float(text.replace(",", "")) for text in re.findall(r"[\d.,]*\d", ratio)[1:]]


def column(shown: Browser, place: int) -> list[str]:
    return shown.texts(f"{CASES} tbody tr > :nth-child({place})")


def test_the_page_opens_without_a_request_or_a_complaint(shown: Browser) -> None:
    assert "Time on silicon" in shown.text("#summary")


def test_the_summary_is_on_the_first_screen(shown: Browser) -> None:
    bottom = "return document.querySelector('.summary').getBoundingClientRect().bottom"
    assert shown.run(bottom) < shown.run("return innerHeight")


def test_a_family_is_shown_alone(shown: Browser) -> None:
    shown.press(control("family"), "kernel", Keys.ENTER)
    assert ["kernel/signal-plain", "kernel/signal/pkru:initial"] == column(shown, 1)
    assert re.fullmatch(r"2 of \d+ cases shown\.", shown.announced)
    assert ["kernel: 2 cases"] == shown.texts("details.family[data-key=silicon] > summary")


def test_words_find_the_cases_that_contain_them_all(shown: Browser) -> None:
    shown.press(control("text"), "pages:34 PKEY")
    expected = {"switch/pkey-mprotect/pages:34", "protect/pkey-mprotect-0-k/pages:34"}
    assert expected == set(column(shown, 1))
    assert shown.announced.startswith("2 of ")


def test_a_reset_restores_everything(shown: Browser) -> None:
    before = column(shown, 1), column(shown, 2)
    shown.choose(control("unit"), "core")
    shown.press(control("text"), "getppid")
    shown.press(control("reset"), Keys.ENTER)
    assert before == (column(shown, 1), column(shown, 2))
    assert shown.announced.startswith("Reset")


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("time (", "1.00 µs"),
        ("ns", "1,000"),
        ("TSC", "1,000"),
        ("core", "4,000"),
    ],
)
def test_a_cost_is_shown_in_each_unit(shown: Browser, unit: str, text: str) -> None:
    shown.choose(control("unit"), unit)
    found = cost_of(shown, "kernel/signal-plain")
    assert number(text) == pytest.approx(number(found), rel=0.01)
    if unit != "time (":
        assert "shown as" in shown.announced
        assert "cost (" in shown.text(f"{CASES} thead")


def test_a_cost_is_shown_as_a_ratio(shown: Browser) -> None:
    ratio = cost_of(shown, "kernel/signal-plain", "ratio")
    shown.choose(control("unit"), "ratio")
    assert number(ratio) == number(cost_of(shown, "kernel/signal-plain"))
    assert shown.announced.endswith("ratio to switch/mprotect/pages:1.")


def test_a_cost_not_known_in_a_unit_is_a_dash(shown: Browser) -> None:
    shown.choose(control("unit"), "core")
    assert "–" == cost_of(shown, "switch/mprotect/pages:1")


def test_a_cost_is_shown_per_page(shown: Browser) -> None:
    whole = cost_of(shown, "protect/mprotect-rw-ro/pages:34")
    shown.choose(control("unit"), "time per page")
    assert whole.endswith(" µs")
    found = cost_of(shown, "protect/mprotect-rw-ro/pages:34")
    assert found.endswith(" ns")
    assert number(whole) * 1000 / 34 == pytest.approx(number(found), rel=0.01)
    assert "–" == cost_of(shown, "syscall/getppid")


def test_ratios_follow_the_baseline_with_an_interval(shown: Browser) -> None:
    first = cost_of(shown, "kernel/signal/pkru:initial", "ratio")
    shown.choose(control("base"), "kernel/signal-plain")
    found = cost_of(shown, "kernel/signal/pkru:initial", "ratio")
    assert first != found
    value, low, high = (float(number) for number in re.findall(r"[\d.]+", found))
    assert 3.0 == pytest.approx(value, rel=0.01)
    assert low <= value <= high
    assert "1" == cost_of(shown, "kernel/signal-plain", "ratio").split(".")[0]
    assert "Ratios are now relative to kernel/signal-plain." == shown.announced


def test_the_pages_own_ratios_are_those_of_the_script(shown: Browser) -> None:
    cases = ("kernel/signal-plain", "kernel/signal/pkru:initial", "syscall/getppid")
    before = [cost_of(shown, case, "ratio") for case in cases]
    shown.choose(control("base"), "syscall/getppid")
    shown.press(control("reset"), Keys.ENTER)
    after = [cost_of(shown, case, "ratio") for case in cases]
    assert [number(text) for text in before] == [number(text) for text in after]
    for found, again in zip(before, after, strict=True):
        assert 2 == len(bounds(found))
        assert bounds(found) == pytest.approx(bounds(again), rel=0.01)


def test_a_column_sorts_both_ways_by_number(shown: Browser) -> None:
    def seconds() -> list[float]:
        units = {"ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1}
        return [number(text) * units[text.partition(" ")[2]] for text in column(shown, 2)]

    button = f"{CASES} thead th:nth-child(2) button"
    shown.press(button, Keys.ENTER)
    assert sorted(seconds()) == pytest.approx(seconds())
    assert "ascending" == shown.run(
        "return document.querySelector(arguments[0]).getAttribute('aria-sort')",
        f"{CASES} thead th:nth-child(2)",
    )
    shown.press(button, Keys.SPACE)
    assert sorted(seconds(), reverse=True) == pytest.approx(seconds())
    assert "Sorted by cost, descending." == shown.announced


def test_a_text_column_sorts_by_the_numbers_in_it(shown: Browser) -> None:
    shown.press(control("text"), "switch/mprotect/")
    shown.press(f"{CASES} thead th:nth-child(1) button", Keys.ENTER)
    sizes = [int(case.rpartition(":")[2]) for case in column(shown, 1)]
    assert sorted(sizes) == sizes
    assert len(sizes) > 2


def test_the_axis_of_a_list_is_linear_or_logarithmic(shown: Browser) -> None:
    def places() -> list[str]:
        return list(
            shown.run(
                "return [...document.querySelectorAll('#silicon-kernel-list .mark')]"
                ".map(mark => mark.getAttribute('d'))"
            )
        )

    shown.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    button = "[aria-label^='Copy Kernel costs of'] [aria-pressed]"
    before = places()
    assert len(before) == 2
    shown.press(button, Keys.ENTER)
    assert before != places()
    assert "The axis is logarithmic." == shown.announced
    shown.press(button, Keys.ENTER)
    assert before == places()
    assert "The axis is linear, from zero." == shown.announced


@pytest.mark.parametrize("form", ["Markdown", "CSV", "LaTeX"])
def test_a_table_is_copied_as_it_is_shown(shown: Browser, form: str) -> None:
    shown.press(control("family"), "kernel", Keys.ENTER)
    shown.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    position = ("Markdown", "CSV", "LaTeX").index(form) + 2
    shown.press(f"#silicon-cases .tools button:nth-of-type({position - 1})", Keys.ENTER)
    text = str(
        shown.driver.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], arguments[0])"
        )
    )
    assert f"Copied 2 rows as {form}." == shown.announced
    assert text.count("kernel/signal") == 2
    assert "getppid" not in text
    if form == "CSV":
        rows = list(csv.reader(io.StringIO(text)))
        assert 3 == len(rows)
        assert "kernel/signal-plain" == rows[1][0]
    elif form == "LaTeX":
        assert text.startswith("\\begin{tabular}")
        assert "\\textmu{}s" in text
        assert 3 == text.count("\\\\\n") + text.count("\\\\\\midrule")
    else:
        assert 4 == len(text.splitlines())


def test_where_no_page_may_copy_the_text_is_selected(shown: Browser) -> None:
    shown.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    shown.press("#silicon-cases .tools button", Keys.ENTER)
    assert "copy them with the keyboard" in shown.announced
    assert "kernel/signal-plain" in str(shown.run("return String(document.activeElement.value)"))


def test_a_case_opens_what_is_folded_around_it(shown: Browser) -> None:
    shown.press(f"{CASES} tbody tr:last-child a", Keys.ENTER)
    anchor = str(shown.run("return location.hash"))
    assert shown.run("return document.querySelector(arguments[0]).checkVisibility()", anchor)
    assert "pkbench run syscall/getppid --preset quick" in shown.text(anchor)


def test_a_case_shows_every_value_in_run_order(shown: Browser) -> None:
    shown.run(
        "location.hash = [...document.querySelectorAll('a')]"
        ".find(link => link.textContent === 'kernel/signal-plain').hash"
    )
    block = f"#{shown.run('return location.hash.slice(1)')}"
    rows = shown.texts(f"{block} .values tbody tr")
    assert 8 == len(rows)
    assert rows[0].startswith("1\t(1) 1\t")
    assert "8 processes, 16 values (1 left out)" in shown.text(block)


def test_the_keyboard_reaches_everything(shown: Browser) -> None:
    shown.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    shown.run("document.activeElement.blur()")
    wanted = shown.run(
        "return [...document.querySelectorAll('*')]"
        ".filter(e => e.checkVisibility() && e.tabIndex >= 0).length"
    )
    shown.run(
        "window.reached = new Set();"
        "addEventListener('focusin', event => window.reached.add(event.target))"
    )
    tab = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
    for _ in range(wanted + 2):
        shown.driver.execute_cdp_cmd("Input.dispatchKeyEvent", tab)
    missed = shown.run(
        "return [...document.querySelectorAll('a[href], button, select, input, summary')]"
        ".filter(e => e.checkVisibility() && !window.reached.has(e)).map(e => e.outerHTML)"
    )
    assert [] == missed


def test_every_control_has_a_name_for_a_screen_reader(shown: Browser) -> None:
    shown.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    tree = shown.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    roles = {
        "button",
        "combobox",
        "searchbox",
        "textbox",
        "link",
        "region",
        "table",
        "checkbox",
        "image",
        "img",
    }
    found = [node for node in tree if not node["ignored"] and node["role"]["value"] in roles]
    nameless = [node for node in found if not node.get("name", {}).get("value")]
    unnamed = {node["role"]["value"] for node in nameless}
    assert len(found) > 50
    assert unnamed <= {"table"}  # the values of a case stand below the case's name


def test_without_a_script_the_page_is_whole(page: Path, tmp_path: Path) -> None:
    with browser(tmp_path, "--blink-settings=scriptEnabled=false") as plain:
        plain.driver.get(page.as_uri())
        source = plain.driver.page_source
    assert 'class="controls" data-key="silicon" hidden' in source
    assert "kernel/signal/pkru:initial" in source
    assert 'class="tools"' not in source


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_overflows_the_page(shown: Browser, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    shown.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    shown.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    shown.run("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    assert width >= shown.run("return document.documentElement.scrollWidth")
    shown.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


CONTRAST = """
    const luminance = text => {
        const [r, g, b] = text.match(/[\\d.]+/g).map(Number).map(v => v / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const card = document.querySelector('figure .card');
    const paper = luminance(getComputedStyle(card).backgroundColor);
    return [...document.querySelectorAll('figure svg text')].map(text => {
        const ink = luminance(getComputedStyle(text).fill);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    });
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_words_of_a_chart_can_be_read(shown: Browser, scheme: str) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    shown.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    found = shown.run(CONTRAST)
    assert len(found) > 50
    assert min(found) >= 4.5  # WCAG 2.2, 1.4.3


def test_machines_are_side_by_side_and_missing_cases_are_marked(compared: Browser) -> None:
    rows = compared.texts("#silicon-ratios tbody tr")
    (first,) = [row for row in rows if row.startswith("switch/mprotect/pages:1")]
    assert "1.00 µs" in first
    assert "2.00 [" in first
    assert "4.00 [" in first
    (lacking,) = [row for row in rows if row.startswith("syscall/getppid")]
    assert "skipped" in lacking
    assert ["old", "new", "other"] == [
        text.removesuffix("↕").strip() for text in compared.texts("#silicon-ratios thead th")[1:]
    ]


def test_another_machine_is_the_baseline(compared: Browser) -> None:
    compared.choose(control("base"), "new")
    rows = compared.texts("#silicon-ratios tbody tr")
    (first,) = [row for row in rows if row.startswith("switch/mprotect/pages:1")]
    assert "0.500 [" in first
    assert "Ratios are now relative to new." == compared.announced
    assert "new" == compared.text("#silicon-ratios [data-role=base]")


def test_facts_that_differ_between_machines_stand_out(compared: Browser) -> None:
    assert ["kernel", "file"] == compared.texts("#silicon-differ tbody th")
