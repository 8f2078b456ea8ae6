"""README and docs/ are true: what exists is named there, and what is named there exists."""

import gzip
import json
import re
import statistics
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import benchmark_pages
import click
import docs_read
import needs
import pytest
from command_line import pkbench as run
from docs_read import README, ROOT

from pkbench.analysis.figures import FIGURES
from pkbench.analysis.reading import format_history, process
from pkbench.analysis.reading.result import Finding
from pkbench.cases.catalogue import benchmarks, by_name, parse_case
from pkbench.cases.selection import select
from pkbench.cli import pkbench
from pkbench.machine import detect
from pkbench.run.measurement import describe
from pkbench.run.presets import PRESETS

MOST_README_BYTES, MOST_README_LINES, MOST_PAGE_BYTES = 12_000, 200, 15_000
MOST_MEDIAN_WORDS = 20
DOCS = ROOT / "docs"
PAGES = docs_read.pages()


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
        if found and found[1] in known and text != "syscall/getuid":
            assert f"{found[1]}/{found[2]}" in by_name(), text
            assert not found[3] or parse_case(text), text


# What it has a reader type.


def typed() -> Iterator[Any]:
    """Give each command of pkbench in a block of code, with its page."""
    for page in PAGES:
        for words in docs_read.commands(page):
            if Path(words[0]).name == "pkbench":
                yield pytest.param(words[1:], id=f"{docs_read.name(page)}: {' '.join(words[1:])}")


def parse(words: list[str]) -> None:
    """Let click parse a command line, and do nothing."""
    command: click.Command = pkbench
    context = click.Context(pkbench, info_name="pkbench")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, command, words = command.resolve_command(context, words)
        assert command is not None
        context = click.Context(command, info_name=name, parent=context)
    command.parse_args(context, list(words))


@pytest.mark.parametrize("words", list(typed()))
def test_every_command_in_a_block_of_code_can_be_typed(words: list[str]) -> None:
    parse(words)
    patterns = [word for word in words[1:] if word in docs_read.families() or "/" in word]
    if words[0] in {"list", "run", "count", "profile"}:
        for pattern in patterns:
            if pattern != "syscall/getuid" and not Path(pattern).suffix:
                assert select([pattern], (), "standard")


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
OF_OTHERS = {"--cases", "--all", "--fast", "--help", "-cpu", "-la"}


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


# Commands that take a second or two are really run.

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
    from pkbench.analysis.compare import gate

    listed = dict(re.findall(r"^\| (\d) \| (.+) \|$", section("comparing-and-gating", "Gate"), re.M))
    assert {*map(int, listed)} - {2} == {
        gate.PASS,
        gate.REGRESSION,
        gate.INCONCLUSIVE,
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
    (block,) = (b for b in docs_read.blocks(DOCS / "figures-for-print.md") if b.language == "python")
    exec(compile(block.text, "figures-for-print.md", "exec"), {})


# What it lists.


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next of the same level."""
    text = (DOCS / f"{page}.md").read_text()
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_column(text: str) -> list[str]:
    """Return what stands in backquotes in the first column of tables."""
    return re.findall(r"^\| \**`([^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize(("page", "tables"), list(benchmark_pages.made().items()), ids=str)
def test_the_catalogue_is_what_the_declarations_say(page: Path, tables: str) -> None:
    """Made again by `python tests/benchmark_pages.py`."""
    text = page.read_text()
    assert benchmark_pages.with_tables(text, tables) == text


@pytest.mark.parametrize("family", sorted(docs_read.families()))
def test_a_familys_page_lists_what_pkbench_list_lists(family: str) -> None:
    cases = json.loads(run("list", family, "--json").stdout)
    listed = [case["case"].split("/")[1] for case in cases if case["case"].startswith(f"{family}/")]
    table = (DOCS / "benchmarks" / f"{family}.md").read_text().partition("| axis |")[0]
    assert list(dict.fromkeys(listed)) == first_column(table)
    operations = {case["operation"] for case in cases if case["case"].startswith(f"{family}/")}
    assert all(f"| {operation} |" in table for operation in operations)


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
    listed = first_column(section("experiments-and-bundles", "Repeat a published experiment"))
    known = json.loads(run("experiment", "--json").stdout)
    assert [each["name"] for each in known] == listed


def test_the_figures_that_are_named_exist() -> None:
    for page in PAGES:
        for words in docs_read.commands(page):
            named = [words[at + 1] for at, word in enumerate(words) if word == "--figure"]
            assert set(named) <= {*(figure.NAME for figure in FIGURES), "all"}


# The result format.

FORMAT = "result-format"
RESULTS = sorted((ROOT / "results").glob("*.json*"))
KEY = re.compile(r"[\"'](pkbench_[a-z_]+)[\"']")


def keys_in_code() -> set[str]:
    """Return the keys of the file's metadata that code of either house names."""
    sources = [*(ROOT / "pkbench").rglob("*.py"), *(ROOT / "analysis").rglob("*.py")]
    named = {key for path in sources for key in KEY.findall(path.read_text())}
    return (named | set(process.READINGS)) - set(format_history.RENAMED) - {"pkbench_profile_schema"}


def documented(*headings: str) -> set[str]:
    return {key for heading in headings for key in first_column(section(FORMAT, heading))}


def results() -> list[dict[str, Any]]:
    """Return the committed results' documents."""
    return [
        json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
        for path in RESULTS
    ]


def all_metadata(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield document["metadata"]
    for benchmark in document["benchmarks"]:
        yield benchmark["metadata"]
        yield from (run["metadata"] for run in benchmark["runs"])


def test_every_key_is_documented_and_no_other() -> None:
    listed = documented("The file", "A run", "Readings")
    assert keys_in_code() == {key for key in listed if key.startswith("pkbench_")}


def test_every_reading_is_documented_as_one() -> None:
    assert set(process.READINGS) == documented("Readings")


def test_every_key_of_the_committed_results_is_documented() -> None:
    text = (DOCS / f"{FORMAT}.md").read_text()
    for document in results():
        keys = {key for metadata in all_metadata(document) for key in metadata}
        assert {key for key in format_history.current(dict.fromkeys(keys)) if f"`{key}`" not in text} == set()


def test_every_key_of_a_machine_is_documented_and_no_other() -> None:
    cards = [json.loads(document["metadata"]["pkbench_machine"]) for document in results()]
    assert {*detect().card(), *(key for card in cards for key in card)} == documented("The machine")


def test_every_key_of_a_case_is_documented_and_no_other() -> None:
    case = select(["syscall/getppid"], (), "standard", floors=False)[0]
    assert {*describe(case, "measured", ""), "stopped"} == documented("A case")


def test_every_key_of_a_finding_is_documented_and_no_other() -> None:
    assert {field.name for field in fields(Finding)} == documented("A finding")


def test_every_key_of_an_instruction_count_is_documented_and_no_other() -> None:
    found = {
        key
        for document in results()
        for metadata in all_metadata(document)
        for key in json.loads(metadata.get("pkbench_instructions", "{}"))
    }
    assert found == documented("An instruction count")


def test_every_format_and_renamed_key_is_in_the_history() -> None:
    text = section(FORMAT, "History")
    assert [*map(str, format_history.READABLE)] == re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    for old, new in format_history.RENAMED.items():
        assert f"`{old}` became `{new}`" in text


# Adding a benchmark.


def test_the_benchmark_that_is_shown_compiles_without_a_warning(tmp_path: Path) -> None:
    compiler = needs.compiler("gcc")
    benchmark, wrong = (
        block.text
        for block in docs_read.blocks(DOCS / "adding-a-benchmark.md")
        if block.language == "c"
    )
    folder = tmp_path / "families" / "syscall"
    folder.mkdir(parents=True)
    (folder / "getuid.c").write_text(benchmark)
    (tmp_path / "wrong.c").write_text(wrong)
    for source in (folder / "getuid.c", tmp_path / "wrong.c"):
        flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
        include = [f"-I{place}" for place in (tmp_path, ROOT / "native", ROOT / "tests" / "native")]
        subprocess.run([compiler, *flags, *include, str(source)], check=True)


def test_the_benchmark_that_is_shown_is_not_there_yet() -> None:
    assert "syscall/getuid" not in {benchmark.full_name for benchmark in benchmarks()}
