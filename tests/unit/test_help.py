"""The help: each verb in a line of the list, each option explained, all of it on one screen."""

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from pkbench.cli import main, pkbench
from pkbench.cli.options import longest
from pkbench.run.presets import PRESETS

WIDTH, SCREEN = 80, 50  # columns, lines
WITH_PRESET = ("run", "list", "count", "profile", "experiment")
WITH_TIMES = ("run", "list", "experiment")


def every_command(
    group: click.Group = pkbench, above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give each command with what is typed for it."""
    for name, command in group.commands.items():
        yield (*above, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*above, name))


COMMANDS = dict(every_command())
VERBS = [verb for verb, command in COMMANDS.items() if len(verb) == 1]


def help_of(*verb: str) -> str:
    done = CliRunner().invoke(pkbench, [*verb, "--help"], terminal_width=WIDTH)
    assert 0 == done.exit_code
    return done.output


def in_one_line(text: str) -> str:
    return " ".join(text.split())


def test_every_verb_s_summary_fits_on_its_line() -> None:
    listed = help_of().partition("Commands:\n")[2].splitlines()
    for (verb,) in VERBS:
        (line,) = (line for line in listed if line.startswith(f"  {verb} "))
        assert line.endswith("."), line
        assert "..." not in line


@pytest.mark.parametrize("verb", COMMANDS, ids=" ".join)
def test_a_verb_s_help_begins_with_its_summary(verb: tuple[str, ...]) -> None:
    summary = COMMANDS[verb].get_short_help_str(WIDTH)
    assert not summary.endswith("...")
    assert summary in in_one_line(help_of(*verb))


@pytest.mark.parametrize("verb", COMMANDS, ids=" ".join)
def test_every_option_s_help_is_a_sentence(verb: tuple[str, ...]) -> None:
    for parameter in COMMANDS[verb].params:
        if isinstance(parameter, click.Option):
            text = parameter.help or ""
            assert text[:1].isupper(), parameter.name
            assert text.endswith((".", "]")), parameter.name
            assert len(text.split()) >= 3, parameter.name


@pytest.mark.parametrize("verb", COMMANDS, ids=" ".join)
def test_a_verb_s_help_fits_on_a_screen(verb: tuple[str, ...]) -> None:
    lines = help_of(*verb).splitlines()
    assert len(lines) <= SCREEN
    assert max(map(len, lines)) <= WIDTH


@pytest.mark.parametrize("verb", WITH_PRESET)
def test_every_verb_with_an_output_says_where_it_goes(verb: str) -> None:
    text = in_one_line(help_of(verb))
    assert "--output" not in text or "[default: results/local/" in text


@pytest.mark.parametrize("verb", WITH_TIMES)
def test_the_help_says_how_long_each_preset_takes(verb: str) -> None:
    text = in_one_line(help_of(verb))
    for name, preset in PRESETS.items():
        assert f"{name} {longest(preset)}" in text


def test_a_preset_takes_at_most_its_budget_in_whole_minutes() -> None:
    assert ["1 minute", "20 minutes", "6 hours"] == [longest(each) for each in PRESETS.values()]


@pytest.mark.parametrize("verb", WITH_PRESET)
def test_the_old_name_of_the_preset_still_chooses_one(verb: str) -> None:
    with COMMANDS[verb,].make_context(
        verb, ["--profile", "publish", *KERNEL.get(verb, ())]
    ) as found:
        assert "publish" == found.params["preset"]


KERNEL = {"count": ("--kernel", "6.12")}


@pytest.mark.parametrize("verb", WITH_PRESET)
def test_the_old_name_of_the_preset_is_not_spoken_of(
    verb: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert "--profile" not in help_of(verb)
    for wrong in (["--profile", "fast"], ["--profil"], ["--preset"]):
        monkeypatch.setattr("sys.argv", ["pkbench", verb, *wrong])
        with pytest.raises(SystemExit) as ended:
            main()
        assert 2 == ended.value.code
        said = capsys.readouterr().err
        assert "--profile" not in said.replace("'--profil'", "")
