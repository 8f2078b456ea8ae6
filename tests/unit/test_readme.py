"""README is true: what exists is named there, and what is named there exists."""

import re
from collections.abc import Iterator

import click
import pytest
from places import ROOT

from pkbench.cases.catalogue import benchmarks, by_name
from pkbench.cli import pkbench

README = (ROOT / "README.md").read_text()
COMMANDS = sorted(pkbench.commands)


def section(heading: str) -> str:
    return README.split(f"\n## {heading}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_explained(command: str) -> None:
    assert f"| `pkbench {command}" in section("Commands")


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"`pkbench ([a-z]+)", README))
    assert named <= set(COMMANDS)


def every_command(group: click.Group = pkbench) -> Iterator[click.Command]:
    for command in group.commands.values():
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


def test_every_option_that_is_named_exists() -> None:
    known = {
        option
        for command in every_command()
        for parameter in command.params
        if isinstance(parameter, click.Option)
        for option in parameter.opts
    }
    commands = re.findall(r"`(pkbench [^`\n]+)`", README)
    named = {
        option for code in commands for option in re.findall(r"(?<!\S)\[?(-{1,2}\w[\w-]*)", code)
    }
    assert named
    assert named <= known


def test_every_family_and_benchmark_is_in_the_table() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section("Benchmarks"), re.MULTILINE))
    assert {benchmark.family for benchmark in benchmarks()} == set(rows)
    for family, row in rows.items():
        listed = re.findall(r"`([a-z0-9-]+)`", row)
        assert [one.name for one in benchmarks() if one.family == family] == listed


def test_the_example_of_a_declaration_stands_in_the_code() -> None:
    (example,) = re.findall(r"```c\n(.+?)```", section("Adding a benchmark"), re.DOTALL)
    family = (ROOT / "native" / "families" / "syscall" / "calls.c").read_text()
    for part in example.strip().split("\n\n"):
        assert part in family


def test_every_file_and_picture_that_is_linked_exists() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_case_that_is_named_exists() -> None:
    families = {benchmark.family for benchmark in benchmarks()}
    for family, name in re.findall(r"`(\w+)/([a-z0-9-]+)[/`]", README):
        assert family not in families or f"{family}/{name}" in by_name()
