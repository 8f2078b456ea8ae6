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
    as_json,
    patterns_argument,
    points_option,
    preset_option,
)
from pkbench.cli.output import new_local_result, note, progress_bar
from pkbench.cli.states import print_states
from pkbench.machine import detect
from pkbench.run.measurement import Request, measure
from pkbench.run.memory import available_memory, too_large
from pkbench.run.presets import PRESETS, single_run
from pkbench.run.record import Record
from pkbench.run.schedule import Step


@click.command()
@patterns_argument
@points_option
@preset_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Result file; new.")
@click.option("--target", type=SHARE, help="Half a 95 % interval that is narrow enough: 1%.")
@click.option("--budget", type=TIME, help="Begin no round that ends later: 90s, 10m, 2h.")
@click.option("--seed", type=int, help="Of the order; drawn unless given.")
@click.option("--name", help="The machine's name in the result.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run of the same output.")
@as_json
def run(
    patterns: Sequence[str],
    points: Sequence[str],
    preset: str,
    output: Path | None,
    target: float | None,
    budget: float | None,
    seed: int | None,
    name: str | None,
    resume: bool,
    json_: bool,
) -> None:
    """Measure cases: all of the preset, or those that match a PATTERN."""
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
    path = output or new_local_result(preset)
    note(f"examining {machine.name}")
    request = Request(cases, chosen, machine, doctors.examine(machine), path, seed, resume)
    with progress_bar() as show:
        record = measure(request, lambda step: show(describe_step(step), step.done))
    print_record(cases, record, path, json_)


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
    note(
        f"{summary}; {record.rounds} rounds in {record.seconds:.0f} s, stopped by "
        f"{record.stopped}; {record.timed_share:.0%} of the time in timed loops, the cases' own "
        f"set-up and proofs apart"
    )
    if record.waited_seconds >= 1:
        note(f"{record.waited_seconds:.0f} s of these were the turns of others on this CPU")
    if record.missed_turns:
        note(f"turns begun beside another pkbench that did not end its own: {record.missed_turns}")
    note(f"result: {path}")
