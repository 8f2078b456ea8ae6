"""README and docs/ are true: what exists is named there, and what is named there exists."""

import functools
import gzip
import json
import re
import statistics
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import benchmark_pages
import click
import docs_read
import pytest
from docs_read import DOCS, PAGES, README
from places import ROOT

from pkbench.analysis.experiments import EXPERIMENTS
from pkbench.analysis.figures import FIGURES
from pkbench.analysis.reading import format_history, process
from pkbench.analysis.reading.result import Finding
from pkbench.cases.catalogue import by_name, parse_case
from pkbench.cases.selection import select
from pkbench.cli import pkbench
from pkbench.machine import detect
from pkbench.run.measurement import describe
from pkbench.run.presets import PRESETS

MOST_README_BYTES, MOST_README_LINES, MOST_PAGE_BYTES = 12_000, 200, 15_000
MOST_MEDIAN_WORDS = 20
ADDED = "syscall/getuid"  # by who follows docs/adding-a-benchmark.md


def each_page(*pages: Path) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", pages or PAGES, ids=docs_read.name)


# How long it is, and how it reads.


def test_readme_fits_on_a_front_page() -> None:
    assert README.stat().st_size <= MOST_README_BYTES
    assert len(README.read_text().splitlines()) <= MOST_README_LINES


@each_page()
def test_a_page_is_short_enough_to_be_read(page: Path) -> None:
    assert page.stat().st_size < MOST_PAGE_BYTES


@each_page()
def test_the_sentences_are_short(page: Path) -> None:
    assert statistics.median(docs_read.sentences(page.read_text())) < MOST_MEDIAN_WORDS


@each_page(*sorted(DOCS.rglob("*.md")))
def test_a_page_is_reached_from_another(page: Path) -> None:
    reached = {
        (other.parent / link.partition("#")[0]).resolve()
        for other in PAGES
        if other != page
        for link in docs_read.links(other)
    }
    assert page in reached


# What it points to.


@each_page()
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in docs_read.links(page):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), link
        assert not anchor or anchor in docs_read.anchors(target), link


@each_page()
def test_every_file_that_a_command_reads_exists(page: Path) -> None:
    for words in docs_read.commands(page):
        for word in words[1:]:
            if re.match(r"(results|tests|native|docs)/", word):
                assert list(ROOT.glob(word)), word


@each_page()
def test_every_case_that_is_named_exists(page: Path) -> None:
    known = docs_read.families()
    for text in docs_read.inline(page):
        found = re.fullmatch(r"(\w+)/([a-z0-9-]+)((?:/[a-z]+:\w+)*)", text)
        if found and found[1] in known and text != ADDED:
            assert f"{found[1]}/{found[2]}" in by_name(), text
            assert not found[3] or parse_case(text), text


# What it has a reader type.


def typed() -> Iterator[Any]:
    """Give each command of pkbench in a block of code, with its page."""
    for page in PAGES:
        for words in docs_read.commands(page):
            if Path(words[0]).name == "pkbench":
                yield pytest.param(words[1:], id=f"{docs_read.name(page)}: {' '.join(words[1:])}")


def parse(words: list[str]) -> dict[str, Any]:
    """Return what click makes of a command line, without running it."""
    command: click.Command = pkbench
    context = click.Context(pkbench, info_name="pkbench")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
        context = click.Context(command, info_name=name, parent=context)
    command.parse_args(context, list(words))
    return context.params


@pytest.mark.parametrize("words", list(typed()))
def test_every_command_in_a_block_of_code_can_be_typed(words: list[str]) -> None:
    told = parse(words)
    if "patterns" in told and ADDED not in told["patterns"]:
        assert select(told["patterns"], told["points"], told["preset"])


def test_a_command_that_does_not_exist_is_found() -> None:
    for wrong in (["measure"], ["run", "--fast"], ["report"], ["run", "--preset", "slow"]):
        with pytest.raises(click.UsageError):
            parse(wrong)


@each_page()
def test_every_option_that_is_named_exists(page: Path) -> None:
    known = {
        option
        for command in every_command()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    } | OF_OTHERS
    for text in docs_read.inline(page):
        for option in re.findall(r"(?<![\w-])(--[a-z][\w-]*|-[A-Za-z]\b)", text):
            assert option in known, f"{option} in {text}"


# Of pytest's, pyperf's and QEMU's.
OF_OTHERS = {"--cases", "--all", "--fast", "--help", "--min-time", "--rigorous", "-cpu", "-la"}


def every_command(group: click.Group = pkbench) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


@pytest.mark.parametrize("command", sorted(pkbench.commands))
def test_readme_has_a_line_for_every_command(command: str) -> None:
    assert f"| `pkbench {command}" in README.read_text()


@pytest.mark.parametrize("command", sorted(pkbench.commands))
def test_some_page_shows_every_option_of_a_command(command: str) -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    for parameter in pkbench.commands[command].params:
        shown = [o for o in getattr(parameter, "opts", ()) if o.startswith("-")]
        if shown and not getattr(parameter, "hidden", False):
            assert any(re.search(rf"(?<![\w-]){option}(?![\w-])", text) for option in shown), shown


@each_page()
def test_every_script_and_module_that_is_run_exists(page: Path) -> None:
    for words in docs_read.commands(page):
        if words[0] == "python" and words[1] == "-m" and words[2].startswith("pkbench"):
            assert (ROOT / words[2].replace(".", "/")).with_suffix(".py").is_file(), words
        elif words[0] == "python" and words[1] != "-m":
            assert (ROOT / words[1]).is_file(), words


@each_page()
def test_every_target_of_make_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for words in docs_read.commands(page):
        if words[0] == "make":
            for target in words[1:]:
                assert "=" in target or re.search(
                    rf"^(\.PHONY:.*\b)?{re.escape(target)}\b.*:", makefile, re.MULTILINE
                ), target


# What it lists.


@each_page(*benchmark_pages.made())
def test_the_catalogue_is_what_the_declarations_say(page: Path) -> None:
    """Made again by `python tests/benchmark_pages.py`."""
    text = page.read_text()
    assert benchmark_pages.with_tables(text, benchmark_pages.made()[page]) == text


@pytest.mark.parametrize("family", sorted(docs_read.families()))
def test_a_familys_page_lists_its_cases_benchmarks_in_order(family: str) -> None:
    own = [case.benchmark for case in select([family], (), "standard", floors=False)]
    table = (DOCS / "benchmarks" / f"{family}.md").read_text().partition("| axis |")[0]
    assert [each.name for each in dict.fromkeys(own)] == docs_read.first_column(table)
    assert all(f"| {each.operation} |" in table for each in own)


@pytest.mark.parametrize("family", sorted(docs_read.families()))
def test_the_audit_answers_its_three_questions_for_every_benchmark_once(family: str) -> None:
    rows = docs_read.section(f"benchmarks/{family}", "What is timed").split("|---|")[-1]
    answers = [line.split(" | ") for line in rows.splitlines() if line.startswith("| `")]
    audited = [name for row in answers for name in re.findall(r"`([^`]+)`", row[0])]

    assert {4} == {len(row) for row in answers}
    assert all(cell.strip(" |") for row in answers for cell in row)
    assert sorted(audited) == sorted(
        each.name for each in by_name().values() if each.family == family
    )


def test_there_is_a_page_for_every_family_and_no_other() -> None:
    assert docs_read.families() == {page.stem for page in (DOCS / "benchmarks").glob("*.md")}


def test_the_presets_are_as_they_are_listed() -> None:
    rows = re.findall(
        r"^\| (\w+) \| ([\d.]+) % \| (\d+) (s|minutes|hours) \| (\d+) to (\d+) \|$",
        (DOCS / "method.md").read_text(),
        re.MULTILINE,
    )
    seconds = {"s": 1, "minutes": 60, "hours": 3600}
    assert {
        each.name: (100 * each.target, each.budget, each.least_rounds, each.rounds)
        for each in PRESETS.values()
    } == {
        name: (float(target), int(number) * seconds[unit], int(least), int(most))
        for name, target, number, unit, least, most in rows
    }


def test_every_experiment_is_listed() -> None:
    text = docs_read.section("experiments-and-bundles", "Repeat a published experiment")
    assert [each.name for each in EXPERIMENTS] == docs_read.first_column(text)


def test_the_figures_that_are_named_exist() -> None:
    for page in PAGES:
        for words in docs_read.commands(page):
            named = [words[at + 1] for at, word in enumerate(words) if word == "--figure"]
            assert set(named) <= {*(figure.name for figure in FIGURES), "all"}


# The result format.

FORMAT = "result-format"
RESULTS = sorted((ROOT / "results").glob("*.json*"))
KEY = re.compile(r"[\"'](pkbench_[a-z_]+)[\"']")


def keys_in_code() -> set[str]:
    """Return the keys of the file's metadata that code of either house names."""
    sources = [*(ROOT / "pkbench").rglob("*.py"), *(ROOT / "analysis").rglob("*.py")]
    named = {key for path in sources for key in KEY.findall(path.read_text())}
    return (
        (named | set(process.READINGS)) - set(format_history.RENAMED) - {"pkbench_profile_schema"}
    )


def documented(*headings: str) -> set[str]:
    return {
        key
        for heading in headings
        for key in docs_read.first_column(docs_read.section(FORMAT, heading))
    }


@functools.cache
def results() -> list[dict[str, Any]]:
    """Return the committed results' documents."""
    return [
        json.loads(
            gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        )
        for path in RESULTS
    ]


def all_metadata(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document["metadata"]
    for benchmark in document["benchmarks"]:
        yield benchmark["metadata"]
        yield from (run.get("metadata", {}) for run in benchmark["runs"])


def test_every_key_is_documented_and_no_other() -> None:
    listed = documented("The file", "A run", "Readings")
    assert keys_in_code() == {key for key in listed if key.startswith("pkbench_")}


def test_every_reading_is_documented_as_one() -> None:
    assert set(process.READINGS) == documented("Readings")


def test_every_key_of_the_committed_results_is_documented() -> None:
    text = (DOCS / f"{FORMAT}.md").read_text()
    for document in results():
        keys = {key for metadata in all_metadata(document) for key in metadata}
        assert {
            key for key in format_history.current(dict.fromkeys(keys)) if f"`{key}`" not in text
        } == set()


def test_every_key_of_a_machine_is_documented_and_no_other() -> None:
    cards = [json.loads(document["metadata"]["pkbench_machine"]) for document in results()]
    assert {*detect().card(), *(key for card in cards for key in card)} == documented("The machine")


def test_every_key_of_a_case_is_documented_and_no_other() -> None:
    case = select(["syscall/getppid"], (), "standard", floors=False)[0]
    assert {*describe(case, "measured", ""), "stopped"} == documented("A case")


def test_every_key_of_a_finding_is_documented_and_no_other() -> None:
    assert {field.name for field in fields(Finding)} == documented("A finding")


def test_every_key_of_an_instruction_count_is_documented_and_no_other() -> None:
    renamed = dict(re.findall(r"`(\w+)` became `(\w+)`", docs_read.section(FORMAT, "History")))
    found = {
        renamed.get(key, key)
        for document in results()
        for metadata in all_metadata(document)
        for key in json.loads(metadata.get("pkbench_instructions", "{}"))
    }
    assert found == documented("An instruction count")


def test_every_format_and_renamed_key_is_in_the_history() -> None:
    text = docs_read.section(FORMAT, "History")
    assert [*map(str, format_history.READABLE)] == re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    for old, new in format_history.RENAMED.items():
        assert f"`{old}` became `{new}`" in text


# The report.


@each_page(README, DOCS / "reading-a-report.md")
def test_the_parts_of_a_report_are_called_as_they_are_there(page: Path) -> None:
    report = (ROOT / "results" / "reports" / "report.html").read_text()
    headings = [
        re.sub("<[^>]*>", "", text) for text in re.findall("<h2.*?</h2>", report, re.DOTALL)
    ]
    listed = re.findall(r"^\d\. (.+)", page.read_text(), re.MULTILINE)
    named = [name for line in listed for name in re.findall(r"\*\*(.+?)\*\*", line)]
    assert named
    for name in named:
        assert any(heading.strip().startswith(name) for heading in headings), name


# The house.


@pytest.mark.parametrize("house", ["native", "pkbench", "analysis"])
def test_every_folder_of_a_house_is_in_the_architecture_and_no_other(house: str) -> None:
    folders = {path.name for path in (ROOT / house).iterdir() if path.is_dir()}
    listed = docs_read.first_column(docs_read.section("architecture", f"{house}/"))
    assert folders - {"__pycache__", "analysis"} == set(listed)
