"""`pkbench experiment`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkbench import doctor as doctors
from pkbench.cases.selection import select
from pkbench.cli.options import TIME, PresetOption, as_json
from pkbench.cli.output import new_local_result, note, print_json, progress_bar
from pkbench.cli.run import describe_step
from pkbench.machine import detect
from pkbench.resultfile import OutputError
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS, once

if TYPE_CHECKING:
    from pkbench.analysis.experiments import Experiment, Finding
    from pkbench.analysis.figures.figure_files import Drawn


@click.command()
@click.argument("name", required=False)
@click.argument("results", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--preset",
    "--profile",
    "preset",
    cls=PresetOption,
    type=click.Choice(list(PRESETS)),
    default="quick",
    show_default=True,
)
@click.option("--budget", type=TIME, help="Begin no round that ends later: 90s, 10m, 2h.")
@click.option("--resume", is_flag=True, help="Continue an interrupted run of the same output.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Result file; new.")
@click.option(
    "--figures",
    "folder",
    type=click.Path(path_type=Path),
    help="Where the figure goes; a folder named after the result unless given.",
)
@as_json
def experiment(
    name: str | None,
    results: Sequence[Path],
    preset: str,
    budget: float | None,
    resume: bool,
    output: Path | None,
    folder: Path | None,
    json_: bool,
) -> None:
    """Do a published experiment again: measure it, draw it, say whether its shape is seen here.

    Without NAME, list them. With RESULTS, judge what was measured or counted before.
    """
    from pkbench.analysis import experiments, read, result_sets  # slow to import
    from pkbench.analysis.figures import figure_files

    if name is None:
        list_experiments(experiments.EXPERIMENTS, json_)
        return
    chosen = experiments.named(name)
    paths = list(results) or [measured(chosen, preset, budget, resume, output)]
    found = experiments.judge(chosen, result_sets([read(path) for path in paths]))
    target = folder or paths[0].with_suffix("")
    request = figure_files.Request([chosen.figure], published=True)
    try:
        drawn = figure_files.write(paths, target, request)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or target}: {error.strerror}") from None
    print_findings(chosen, found, drawn, paths, json_)


def measured(
    chosen: "Experiment", preset: str, budget: float | None, resume: bool, output: Path | None
) -> Path:
    """Measure an experiment's cases; return the result file."""
    cases = select(chosen.cases, chosen.points, preset)
    machine = detect()
    how = PRESETS[preset]
    if budget is not None:
        how = replace(how, budget=budget)
    if machine.evidence == "function":
        how = once(how)
    path = output or new_local_result(chosen.name)
    note(f"{chosen.name}: {chosen.what}; examining {machine.name}")
    request = Request(cases, how, machine, doctors.examine(machine), path, resume=resume)
    with progress_bar() as show:
        record = measure(request, lambda step: show(describe_step(step), step.done))
    note(f"{record.rounds} rounds in {record.seconds:.0f} s, stopped by {record.stopped}")
    return path


def list_experiments(known: "Sequence[Experiment]", json_: bool) -> None:
    """Print a line an experiment."""
    if json_:
        print_json(
            [
                {
                    "name": each.name,
                    "what": each.what,
                    "cases": list(each.cases),
                    "points": list(each.points),
                    "figure": each.figure,
                    "claims": [{"says": c.says, "source": c.source} for c in each.claims],
                }
                for each in known
            ]
        )
        return
    width = max(len(each.name) for each in known)
    for each in known:
        click.echo(f"{each.name:{width}}  {each.what}")


def print_findings(
    chosen: "Experiment",
    found: "Sequence[Finding]",
    drawn: "Drawn",
    paths: Sequence[Path],
    json_: bool,
) -> None:
    """Print what became of each claim, and where the figure is."""
    if json_:
        verdicts = [
            {
                "machine": each.machine,
                "evidence": each.evidence,
                "claim": each.claim.says,
                "source": each.claim.source,
                **asdict(each.verdict),
            }
            for each in found
        ]
        files = [str(path) for path in drawn.paths]
        results = [str(path) for path in paths]
        print_json(
            {"experiment": chosen.name, "results": results, "verdicts": verdicts, "files": files}
        )
        return
    for machine, evidence in dict.fromkeys((each.machine, each.evidence) for each in found):
        click.echo(f"{machine} ({evidence})")
        for each in found:
            if (each.machine, each.evidence) == (machine, evidence):
                click.echo(f"  {each.verdict.state}: {each.claim.says}")
                click.echo(f"    {each.verdict.words}")
                click.echo(f"    published: {each.claim.source}")
    for path in drawn.paths:
        click.echo(path)
    for missing in drawn.missing:
        note(f"{missing.name}: {missing.reason}")
    note(f"result: {', '.join(map(str, paths))}")
