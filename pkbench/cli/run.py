"""`pkbench run`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from pkbench import doctor as doctors
from pkbench.cases.catalogue import Case
from pkbench.cases.selection import SelectionError, select
from pkbench.cli.options import (
    SHARE,
    TIME,
    WithRest,
    as_json,
    patterns_argument,
    points_option,
    preset_option,
    rest,
)
from pkbench.cli.output import new_local_result, note, progress_bar
from pkbench.cli.states import print_states
from pkbench.machine import detect
from pkbench.run import by_pyperf
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS, once
from pkbench.run.schedule import Record, Step, available_memory, too_large


@click.command(cls=WithRest)
@patterns_argument
@points_option
@preset_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Result file; new.")
@click.option("--target", type=SHARE, help="Half a 95 % interval that is narrow enough: 1%.")
@click.option("--budget", type=TIME, help="Begin no round that ends later: 90s, 10m, 2h.")
@click.option("--seed", type=int, help="Of the order; drawn unless given.")
@click.option("--name", help="The machine's name in the result.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run of the same output.")
@click.option(
    "--orchestrator",
    type=click.Choice(["pkbench", "pyperf"]),
    default="pkbench",
    show_default=True,
    help="Who starts the workers; pyperf takes its own options after --, as in -- -p 10.",
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
    resume: bool,
    orchestrator: str,
    json_: bool,
) -> None:
    """Measure cases: all of the preset, or those that match a PATTERN."""
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
        chosen = once(chosen)
        pyperf_options = pyperf_options and (*pyperf_options, *by_pyperf.ONCE)
    path = output or new_local_result(preset)
    note(f"examining {machine.name}")
    request = Request(
        *(cases, chosen, machine, doctors.examine(machine), path, seed, resume, pyperf_options)
    )
    with progress_bar() as show:
        record = measure(request, lambda step: show(describe_step(step), step.done))
    print_record(cases, record, path, json_)


def refuse_schedule_options(given: Sequence[str]) -> None:
    """Refuse what steers pkbench's own schedule where pyperf has one of its own."""
    if given:
        raise click.UsageError(
            f"{given[0]} steers pkbench's own schedule; with --orchestrator pyperf give pyperf's "
            "options after --, such as -- --processes 10 --values 5"
        )


def refuse_too_large(cases: Sequence[Case], asked_for: bool) -> None:
    """Refuse what a user names and memory can't hold; what a preset brings along is skipped."""
    memory = available_memory()
    for case in cases:
        reason = too_large(case, memory)
        if asked_for and reason and not case.skipped():
            raise SelectionError(f"{case.name} can't run here: {reason}")


def describe_step(step: Step) -> str:
    """Return what the bar says beside itself."""
    what = "another pkbench has its turn" if step.waiting else step.case
    return f"{f'round {step.round}' if step.round else 'calibrating'}: {what}"


def print_record(cases: Sequence[Case], record: Record, path: Path, json_: bool) -> None:
    """Print what became of a run."""
    states = {case.name: record.state(case.name) for case in cases}
    print_states(states, path, json_)
    counts = Counter(state for state, _ in states.values())
    summary = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
    if not record.rounds:
        note(f"{summary}; by pyperf in {record.seconds:.0f} s")
    else:
        note(
            f"{summary}; {record.rounds} rounds in {record.seconds:.0f} s, stopped by "
            f"{record.stopped}; {record.timed_share:.0%} of the time in timed loops, without the "
            f"cases' own set-up and proofs"
        )
    if record.waited_seconds >= 1:
        note(f"{record.waited_seconds:.0f} s of these were the turns of others on this CPU")
    if record.missed_turns:
        note(f"turns begun beside another pkbench that did not end its own: {record.missed_turns}")
    note(f"result: {path}")
