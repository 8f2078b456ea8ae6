"""`pkbench experiment`."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkbench import doctor as doctors
from pkbench.cases.selection import select
from pkbench.cli.options import BUDGET, HOW_MUCH, PATH, TIME, as_json, check_resume, preset_option
from pkbench.cli.output import (
    new_local_result,
    note,
    print_columns,
    print_json,
    progress_bar,
)
from pkbench.cli.run import describe_step, how_it_ended
from pkbench.machine import detect
from pkbench.resultfile import OutputError, check_output
from pkbench.run.measurement import Request, measure
from pkbench.run.presets import PRESETS, single_run

if TYPE_CHECKING:
    from pkbench.analysis.experiments import Experiment, Finding
    from pkbench.analysis.figures.figure_files import Drawn


@click.command()
@click.argument("name", required=False)
@click.argument("results", nargs=-1, type=PATH)
@preset_option(HOW_MUCH, default="quick")
@click.option("--budget", type=TIME, help=BUDGET)
@click.option("--resume", is_flag=True, help="Continue the interrupted experiment of -o FILE.")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=PATH,
    help="Result file; it must not exist yet.  [default: results/local/NAME-TIME.json]",
)
@click.option(
    "--figures",
    "folder",
    metavar="FOLDER",
    type=PATH,
    help="Folder for the figure.  [default: named after the result file]",
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
    """Repeat a published experiment and check its claims here.

    Measures the experiment's cases, draws its figure, and reports whether each published claim
    holds on this machine. Without NAME, lists the experiments. With RESULTS, result files of
    `pkbench run` or `pkbench count`, checks the claims there instead of measuring.
    """
    check_resume(resume, output)
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
    """Measure an experiment's cases; return the result file's path."""
    cases = select(chosen.cases, chosen.points, preset)
    machine = detect()
    how = PRESETS[preset]
    if budget is not None:
        how = replace(how, budget=budget)
    if machine.evidence == "function":
        how = single_run(how)
    path = output or new_local_result(chosen.name)
    if not resume:
        check_output(path)
    note(f"{chosen.name}: {chosen.what}")
    note(f"checking {machine.name} for noise sources")
    request = Request(cases, how, machine, doctors.examine(machine), path, resume=resume)
    with progress_bar() as show:
        record = measure(request, lambda step: show(describe_step(step), step.done))
    note(how_it_ended(record))
    return path


def list_experiments(known: "Sequence[Experiment]", json_: bool) -> None:
    """Print each experiment on a line."""
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
    print_columns([(each.name, each.what) for each in known])


def print_findings(
    chosen: "Experiment",
    found: "Sequence[Finding]",
    drawn: "Drawn",
    paths: Sequence[Path],
    json_: bool,
) -> None:
    """Print the verdict on each claim, and where the figure is."""
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
