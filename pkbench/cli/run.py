"""`pkbench run`."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from pkbench import doctor as doctors
from pkbench.cases.catalogue import Case
from pkbench.cases.selection import SelectionError, select
from pkbench.cli.options import (
    ALL_CASES,
    BUDGET,
    PATH,
    PATTERNS,
    SHARE,
    TIME,
    WithRest,
    as_json,
    by_preset,
    check_resume,
    patterns_argument,
    points_option,
    preset_option,
    rest,
)
from pkbench.cli.output import new_local_result, note, print_json, progress_bar
from pkbench.cli.states import print_states, states_document
from pkbench.machine import detect
from pkbench.resultfile import OutputError
from pkbench.run import by_pyperf, repeats
from pkbench.run.journal import Interrupted, journal_path
from pkbench.run.measurement import Request, measure
from pkbench.run.memory import available_memory, too_large
from pkbench.run.presets import PRESETS, single_run
from pkbench.run.record import Record
from pkbench.run.repeats import PAUSE
from pkbench.run.schedule import Step

TARGET = (
    "Stop measuring a case when half of its 95 % interval is below this share of the median: 1%.  "
    f"[default: {by_preset(lambda preset: f'{100 * preset.target:g}%')}]"
)
# Why a run ended, by the word that the result file has for it.
STOPPED = {
    "target": "every case reached the target",
    "budget": "stopped when the budget was spent",
    "rounds": "stopped after the preset's last round",
}


@click.command(cls=WithRest, epilog=PATTERNS)
@patterns_argument
@points_option
@preset_option(ALL_CASES)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=PATH,
    help="Result file; it must not exist yet.  [default: results/local/PRESET-TIME.json]",
)
@click.option("--target", type=SHARE, help=TARGET)
@click.option("--budget", type=TIME, help=BUDGET)
@click.option("--seed", type=int, help="Seed of the random order of cases.  [default: random]")
@click.option(
    "--name",
    help="Name of this machine in the result.  [default: CPU model and kernel]",
)
@click.option(
    "--repeat",
    type=click.IntRange(min=1),
    default=1,
    help="Measure so many times, a result each: FILE-1.json, FILE-2.json … Two sides of a "
    "comparison, each repeated and started at once, take turns.",
)
@click.option(
    "--pause",
    type=TIME,
    default=f"{PAUSE:.0f}s",
    show_default=True,
    help="Time between two repeats.",
)
@click.option("--resume", is_flag=True, help="Continue the interrupted run of -o FILE.")
@click.option(
    "--orchestrator",
    type=click.Choice(["pkbench", "pyperf"]),
    default="pkbench",
    show_default=True,
    help="Program that starts the worker processes. Give pyperf's own options after --: -- -p 10.",
)
@as_json
@click.pass_context
def run(
    context: click.Context,
    patterns: Sequence[str],
    points: Sequence[str],
    preset: str,
    output: Path | None,
    target: float | None,
    budget: float | None,
    seed: int | None,
    name: str | None,
    repeat: int,
    pause: float,
    resume: bool,
    orchestrator: str,
    json_: bool,
) -> None:
    """Measure cases on this machine and write a result file.

    Measures all cases of the preset, or those that match a PATTERN. Cases that can't run here are
    skipped, with the reason. Ctrl-C keeps what was measured; --resume continues. Exits with 2 where
    no case could be measured.
    """
    check_resume(resume, output)
    pyperf_options = None
    if orchestrator == "pyperf":
        given = {"--target": target, "--budget": budget, "--seed": seed}
        refuse_schedule_options([name for name, value in given.items() if value is not None])
        pyperf_options = (*by_pyperf.TIMEOUT, *by_pyperf.OPTIONS[preset], *rest(context))
        by_pyperf.check_options(rest(context))
    else:
        patterns = (*patterns, *rest(context))
    cases = select(patterns, points, preset)
    refuse_too_large(cases, asked_for=bool(points or patterns))
    machine = detect(name=name)
    chosen = PRESETS[preset]
    if target is not None:
        chosen = replace(chosen, target=target)
    if budget is not None:
        chosen = replace(chosen, budget=budget)
    if machine.evidence == "function":
        chosen = single_run(chosen)
        pyperf_options = pyperf_options and (*pyperf_options, *by_pyperf.SINGLE_RUN)
    output = output or new_local_result(preset)
    paths = outputs(output, repeat, resume)

    def measure_into(path: Path) -> Record:
        note(f"checking {machine.name} for noise sources")
        own = resume and (repeat == 1 or journal_path(path).exists())
        request = Request(
            *(cases, chosen, machine, doctors.examine(machine), path, seed, own, pyperf_options)
        )
        with progress_bar() as show:
            return measure(request, lambda step: show(describe_step(step), step.done))

    found = [
        (path, show_record(cases, record, path, json_))
        for path, record in measure_each(paths, output, pause, measure_into)
    ]
    if json_:
        documents = [states_document(states, path) for path, states in found]
        print_json(documents[0] if repeat == 1 else documents)
    if not any(number_measured(cases, states) for _, states in found):
        note("pkbench: no case could be measured")
        context.exit(2)


def outputs(output: Path, repeat: int, resume: bool) -> list[Path]:
    """Return the files to write, of a run or of several; see `repeats`."""
    if repeat > 1 and not output.name:
        raise OutputError(f"{output} is a folder; name a file with -o")
    paths = repeats.outputs(output, repeat)
    if resume:
        return repeats.unfinished(paths)
    repeats.check_new(paths)
    return paths


def show_record(
    cases: Sequence[Case], record: Record, path: Path, json_: bool
) -> dict[str, tuple[str, str]]:
    """Print what a run found unless JSON is wanted, then how it went; return the states."""
    states = {case.name: record.state(case.name) for case in cases}
    if not json_:
        print_states(states, path)
    note_record(states, record, path)
    return states


def measure_each(
    paths: Sequence[Path], output: Path, pause: float, measure_into: Callable[[Path], Record]
) -> Iterator[tuple[Path, Record]]:
    """Measure into each path, with a pause in between; Ctrl-C says how to go on with them all."""
    for number, path in enumerate(paths):
        try:
            if number:
                with progress_bar() as show:
                    repeats.pause(pause, lambda done: show("pausing before the next run", done))
            record = measure_into(path)
        except Interrupted as stop:
            raise Interrupted(stop.kept, output) from None
        except KeyboardInterrupt:
            raise Interrupted(f"{number} complete runs", output) from None
        yield path, record


def number_measured(cases: Sequence[Case], states: Mapping[str, tuple[str, str]]) -> int:
    """Return how many cases were measured, without those that are there as floors of others."""
    floors = {case.floor.name for case in cases if case.floor}
    wanted = [case for case in cases if case.name not in floors] or cases
    return sum(states[case.name][0] == "measured" for case in wanted)


def refuse_schedule_options(given: Sequence[str]) -> None:
    """Refuse what steers pkbench's own schedule where pyperf has one of its own."""
    if given:
        raise click.UsageError(
            f"{given[0]} steers pkbench's own schedule; with --orchestrator pyperf give pyperf's "
            "options after --, such as -- --processes 10 --values 5"
        )


def refuse_too_large(cases: Sequence[Case], asked_for: bool) -> None:
    """Raise SelectionError for a named case that memory can't hold; a preset's case is skipped."""
    memory = available_memory()
    for case in cases:
        reason = too_large(case, memory)
        if asked_for and reason and not case.skipped():
            raise SelectionError(f"{case.name} can't run here: {reason}")


def describe_step(step: Step) -> str:
    """Return the progress bar's text."""
    what = "waiting for another pkbench" if step.waiting else step.case
    return f"{f'round {step.round}' if step.round else 'calibrating'}: {what}"


def note_record(states: Mapping[str, tuple[str, str]], record: Record, path: Path) -> None:
    """Print how a run went."""
    counts = Counter(state for state, _ in states.values())
    summary = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    note(f"{summary}; {how_it_ended(record)}")
    if record.rounds:
        note(
            f"timed loops took {record.timed_share:.0%} of the time, not counting set-up and proofs"
        )
    if record.waited_seconds >= 1:
        note(f"waited {record.waited_seconds:.0f} s of that time for another pkbench on this CPU")
    if record.missed_turns:
        note(
            f"rounds that began before another pkbench had finished its own: {record.missed_turns}"
        )
    note(f"result: {path}")


def how_it_ended(record: Record) -> str:
    """Return how long a run took, and why it ended."""
    if record.stopped not in STOPPED:  # pyperf has no rounds
        return f"{record.seconds:.0f} s"
    return f"{record.rounds} rounds in {record.seconds:.0f} s; {STOPPED[record.stopped]}"
