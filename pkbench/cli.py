"""The command line: the only module that prints or exits."""

import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from pkbench import counting, quantities
from pkbench import doctor as doctors
from pkbench import kernels as kernels_
from pkbench.analysis.document import ResultError
from pkbench.catalogue import Case
from pkbench.guest import GuestError
from pkbench.journal import JournalError
from pkbench.kernels import KernelError
from pkbench.machine import detect
from pkbench.measurement import CpusChanged, Interrupted, Request, ResumeError, measure
from pkbench.profiles import PROFILES, Profile, estimate_seconds, once
from pkbench.resultfile import OutputError, check_output
from pkbench.schedule import Record, Step, available_memory, too_large
from pkbench.selection import SelectionError, select

if TYPE_CHECKING:
    from pkbench.analysis.compare import Comparison

LOCAL_RESULTS = Path("results/local")

# One sentence each, and exit code 2: what was asked for can't be done.
EXPECTED = (
    SelectionError,
    OutputError,
    JournalError,
    ResumeError,
    CpusChanged,
    ResultError,
    KernelError,
    GuestError,
)


class Quantity(click.ParamType[float]):
    """A number with a unit, as the user writes it."""

    def __init__(self, name: str, parse: Callable[[str], float]) -> None:
        self.name = name
        self._parse = parse

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number in its base unit."""
        try:
            return self._parse(str(value))
        except quantities.QuantityError as error:
            self.fail(str(error), param, ctx)


SHARE = Quantity("share", quantities.share)
ALLOWED = Quantity("share", lambda text: quantities.share(text, least=0.0))
TIME = Quantity("time", quantities.seconds)

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON instead of text.")
patterns_argument = click.argument("patterns", nargs=-1, metavar="[PATTERN]...")
points_option = click.option(
    "-P",
    "--points",
    multiple=True,
    metavar="AXIS=POINTS",
    help="As in pages=1,7,100-120.",
)
profile_option = click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="standard",
    show_default=True,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pkbench")
def pkbench() -> None:
    """Measure what changing memory protection costs on Linux, by keys and by mprotect."""


@pkbench.command("list")
@patterns_argument
@points_option
@profile_option
@as_json
def list_(patterns: Sequence[str], points: Sequence[str], profile: str, json_: bool) -> None:
    """List cases: whether they run here, why not, and how long they take."""
    cases = select(patterns, points, profile)
    memory = available_memory()
    rows = [
        {
            "case": case.name,
            "runs": not (reason := case.skipped() or too_large(case, memory)),
            "reason": reason,
            "seconds": 0.0 if reason else round(expected_seconds(PROFILES[profile], case), 1),
            "memory_bytes": case.memory,
            "operation": case.benchmark.operation,
            "headline": case.benchmark.headline,
        }
        for case in cases
    ]
    if json_:
        print_json(rows)
        return
    seconds = sum(float(str(row["seconds"])) for row in rows)
    width = max(len(str(row["case"])) for row in rows)
    for row in rows:
        fate = f"about {row['seconds']} s" if row["runs"] else f"skipped: {row['reason']}"
        click.echo(f"{row['case']:{width}}  {fate}")
    budget = PROFILES[profile].budget
    longer = f", up to {quantities.roughly(budget)} if the target takes that long"
    note(f"{len(rows)} cases, about {quantities.roughly(seconds)}{longer * (seconds < budget)}")


@pkbench.command()
@click.option(
    "--fix-script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the commands there, to be read: `sh FILE` mends, `sh FILE undo` undoes.",
)
@as_json
@click.pass_context
def doctor(context: click.Context, fix_script: Path | None, json_: bool) -> None:
    """Say what spoils measurements here, and the command that mends it; change nothing.

    Exit code 0: all is well; 1: something may spoil a figure, or could not be read;
    2: something does.
    """
    machine = detect()
    findings = doctors.examine(machine)
    if fix_script is not None:
        write_new_file(fix_script, doctors.script(findings, machine.name))
    if json_:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.status:8} {finding.check:16} {finding.evidence}")
            for part in ("effect", "fix", "undo", "no_fix"):
                if text := getattr(finding, part):
                    click.echo(f"{'':25} {part.replace('_', ' ')}: {text}")
    if fix_script is not None:
        fixes = sum(bool(finding.fix) for finding in findings)
        note(f"fixes written to {fix_script}: {fixes}; read it, then run it as root")
    context.exit(doctors.exit_status(findings))


@pkbench.command()
@patterns_argument
@points_option
@profile_option
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
    profile: str,
    output: Path | None,
    target: float | None,
    budget: float | None,
    seed: int | None,
    name: str | None,
    resume: bool,
    json_: bool,
) -> None:
    """Measure cases: all of the profile, or those that match a PATTERN."""
    cases = select(patterns, points, profile)
    refuse_too_large(cases, asked_for=bool(points or patterns))
    machine = detect(name=name)
    chosen = PROFILES[profile]
    if target is not None:
        chosen = replace(chosen, target=target)
    if budget is not None:
        chosen = replace(chosen, budget=budget)
    if machine.evidence == "function":
        chosen = once(chosen)
    path = output or new_local_result(profile)
    note(f"examining {machine.name}")
    request = Request(cases, chosen, machine, doctors.examine(machine), path, seed, resume)
    with progress_bar() as show:
        record = measure(request, lambda step: show(describe_step(step), step.done))
    print_record(cases, record, path, json_)


@pkbench.command()
@click.argument("results", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("report"),
    show_default=True,
)
@as_json
def report(results: Sequence[Path], output: Path, json_: bool) -> None:
    """Write results as one HTML page, with its figures and tables beside it."""
    from pkbench.analysis import report as reports  # slow to import

    try:
        page = reports.write(results, output)
    except OSError as error:
        raise OutputError(f"can't write {error.filename or output}: {error.strerror}") from None
    if json_:
        print_json({"report": str(page)})
    else:
        click.echo(page)


@pkbench.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--margin", type=SHARE, default="1%", show_default=True, help="Called the same.")
@click.option("--markdown", is_flag=True, help="Print Markdown instead of text.")
@as_json
def compare(base: Path, new: Sequence[Path], margin: float, markdown: bool, json_: bool) -> None:
    """Compare results with a first one, case by case: faster, slower, the same, can't tell."""
    from pkbench.analysis import compare as comparing  # slow to import
    from pkbench.analysis import verdicts
    from pkbench.analysis.result import read

    first = read(base)
    found = [comparing.compare(first, read(path), margin) for path in new]
    if json_:
        print_json([verdicts.plain(each) for each in found])
        return
    for each in found:
        print_comparison(each, markdown)


@pkbench.command()
@click.argument("base", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--max-regress", type=ALLOWED, default="3%", show_default=True, help="Allowed growth."
)
@click.option("--markdown", is_flag=True, help="Print Markdown instead of text.")
@click.option("--junit", type=click.Path(path_type=Path), help="Also write JUnit's XML there.")
@as_json
@click.pass_context
def gate(
    context: click.Context,
    base: Path,
    new: Path,
    max_regress: float,
    markdown: bool,
    junit: Path | None,
    json_: bool,
) -> None:
    """Refuse a result that is dearer than another by more than is allowed.

    Exit code 0: pass; 1: regression; 3: inconclusive; 4: the machines are not comparable;
    5: cases are missing.
    """
    from pkbench.analysis import compare as comparing  # slow to import
    from pkbench.analysis import gate as gates
    from pkbench.analysis import verdicts
    from pkbench.analysis.result import read

    comparison = comparing.compare(read(base), read(new), max_regress)
    found = gates.judge(comparison, max_regress)
    if junit is not None:
        write_file(junit, verdicts.junit(found))
    outcome = verdicts.OUTCOMES[found.code]
    if json_:
        states = dict(zip(comparison.cases["case"], found.states, strict=True))
        print_json({"outcome": outcome, "states": states, **verdicts.plain(comparison)})
    else:
        print_comparison(comparison, markdown)
        note(f"{outcome}: {', '.join(verdicts.weighed(found))}")
    context.exit(found.code)


@pkbench.command()
@patterns_argument
@points_option
@profile_option
@click.option(
    "--kernel",
    "names",
    multiple=True,
    required=True,
    metavar="KERNEL",
    help="A path, or a version as `pkbench kernels` lists it; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Result file; new. With several kernels, one each, named after it.",
)
@as_json
def count(
    patterns: Sequence[str],
    points: Sequence[str],
    profile: str,
    names: Sequence[str],
    output: Path | None,
    json_: bool,
) -> None:
    """Count the instructions of one operation in a kernel: exactly, in an emulated machine."""
    cases = select(patterns, points, profile)
    chosen = [kernels_.resolve(name) for name in names]
    stem = output or new_local_result("count")
    paths = [counting.output_for(stem, kernel, len(chosen) > 1) for kernel in chosen]
    for path in paths:
        check_output(path)
    for kernel, path in zip(chosen, paths, strict=True):
        with progress_bar() as show:
            found = counting.count(
                kernel, cases, profile, path, lambda step: show(step.doing, step.done / step.total)
            )
        print_states(
            {each.case.name: (each.state, each.reason) for each in found.cases}, path, json_
        )
        note(f"{kernel.release}: {found.seconds:.0f} s; result: {path}")


@pkbench.group(invoke_without_command=True)
@as_json
@click.pass_context
def kernels(context: click.Context, json_: bool) -> None:
    """List the kernel images at hand."""
    if context.invoked_subcommand:
        return
    found = kernels_.at_hand()
    if json_:
        print_json([{**asdict(kernel), "path": str(kernel.path)} for kernel in found])
        return
    for kernel in found:
        unreadable = "" if kernel.readable else "  (only root can read it)"
        click.echo(
            f"{kernel.release:32} {kernel.version:24} {kernel.origin:10} {kernel.path}{unreadable}"
        )
    if not found:
        note("no kernel at hand; `pkbench kernels get 6.12` brings one")


@kernels.command()
@click.argument("name")
@click.option("--modules", is_flag=True, help="Also those that a guest on the host's files needs.")
@as_json
def get(name: str, modules: bool, json_: bool) -> None:
    """Bring a kernel, by version or by package name, into the cache; install nothing."""
    kernel = kernels_.get(name, note, modules=modules)
    if json_:
        print_json({**asdict(kernel), "path": str(kernel.path)})
    else:
        click.echo(f"{kernel.release}  {kernel.path}")


def expected_seconds(profile: Profile, case: Case) -> float:
    """Return roughly how long a case takes in the least number of rounds."""
    return estimate_seconds(profile, case.memory, case.wait_seconds, case.prepares)


def refuse_too_large(cases: Sequence[Case], asked_for: bool) -> None:
    """Refuse what a user names and memory can't hold; what a profile brings along is skipped."""
    memory = available_memory()
    for case in cases:
        reason = too_large(case, memory)
        if asked_for and reason and not case.skipped():
            raise SelectionError(f"{case.name} can't run here: {reason}")


def new_local_result(stem: str) -> Path:
    """Return a file of its own for each run, in the folder that git ignores."""
    return LOCAL_RESULTS / f"{stem}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"


def describe_step(step: Step) -> str:
    """Return what the bar says beside itself."""
    return f"{f'round {step.round}' if step.round else 'calibrating'}: {step.case}"


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
    note(f"result: {path}")


def print_states(states: dict[str, tuple[str, str]], path: Path, json_: bool) -> None:
    """Print a line a case: its cost, or why there is none."""
    if json_:
        told = {
            name: {"state": state, "reason": reason} for name, (state, reason) in states.items()
        }
        print_json({"result": str(path), "cases": told})
        return
    costs = costs_by_case(path)
    width = max(map(len, states))
    for case, (state, reason) in states.items():
        told_cost = costs.get(case, state) if state == "measured" else f"{state}: {reason}"
        click.echo(f"{case:{width}}  {told_cost}")


def costs_by_case(path: Path) -> dict[str, str]:
    """Return each measured case's cost and interval in words; none for evidence `function`."""
    from pkbench import analysis  # slow to import, and the other verbs don't need it
    from pkbench.analysis import frame, words

    counts = {case.name: words.counts(case.counts) for case in analysis.read(path).cases}
    found = {}
    for row in frame.records(analysis.estimates(analysis.load([path]))):
        cost, bounds = words.own_cost(row)
        told = (f"{cost:>10}", f"[{bounds}]" if bounds else "", counts[str(row["case"])])
        found[str(row["case"])] = "  ".join(filter(None, told))
    return found


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar with the time left on standard error."""
    bar = Progress(
        BarColumn(20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, done: bar.update(task, description=text, completed=done)


def print_comparison(comparison: "Comparison", markdown: bool) -> None:
    """Print a comparison: the table, and what should be known beside it."""
    from pkbench.analysis import verdicts  # slow to import

    table = verdicts.table(comparison)
    if markdown:
        click.echo(table.markdown())
    else:
        for line in verdicts.text([table.headings, *table.rows]):
            click.echo(line)
    for line in verdicts.what_differs(comparison):
        note(line)
    note(verdicts.summary(comparison))


def write_file(path: Path, content: bytes) -> None:
    """Write a file that was asked for."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def write_new_file(path: Path, text: str) -> None:
    """Write a file that was asked for where there is none yet."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path} exists already; give another name") from None
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def print_json(value: Any) -> None:
    """Print a document on standard output."""
    click.echo(json.dumps(value, indent=2))


def note(text: str) -> None:
    """Tell the user something that isn't the answer."""
    click.echo(text, err=True)


def main() -> None:
    """Run the command line; what was foreseen ends in one sentence."""
    # Ended like this, too, it keeps what was measured and leaves no worker and no guest behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = pkbench.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Interrupted as stop:
        note(f"\ninterrupted; {stop.runs} finished runs are kept: repeat the command with --resume")
        sys.exit(130)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except EXPECTED as error:
        note(f"pkbench: {error}")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does: what is buffered must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
