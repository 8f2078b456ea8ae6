"""`pkbench profile`."""

import sys
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkbench.cases.catalogue import Case
from pkbench.cases.selection import SelectionError, select
from pkbench.cli.options import (
    PATH,
    PATTERNS,
    TIME,
    WHICH_POINTS,
    as_json,
    check_resume,
    patterns_argument,
    points_option,
    preset_option,
)
from pkbench.cli.output import LOCAL_RESULTS, note, print_json, progress_bar
from pkbench.machine import detect
from pkbench.profiler.run import Request, begin
from pkbench.profiler.run import profile as run
from pkbench.resultfile import OutputError
from pkbench.run.journal import Interrupted
from pkbench.run.measurement import command_line

if TYPE_CHECKING:
    from pkbench.analysis.profiles.profile import CaseProfile, Profile

IN_FULL = 6  # up to this many cases get tables of their own; more get a line each


@click.command(epilog=PATTERNS)
@patterns_argument
@points_option
@preset_option(WHICH_POINTS)
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=PATH,
    help="Folder for the profile.  [default: results/local/profile-TIME]",
)
@click.option(
    "--against",
    metavar="CASE|PROFILE",
    help="Also draw the difference from another case, or from the same case in another profile's "
    "folder.",
)
@click.option(
    "--budget",
    type=TIME,
    default="3m",
    show_default=True,
    help="Start no further case after this time: 90s, 10m, 2h.",
)
@click.option("--resume", is_flag=True, help="Continue the interrupted profile in -o FOLDER.")
@as_json
def profile(
    patterns: Sequence[str],
    points: Sequence[str],
    preset: str,
    output: Path | None,
    against: str | None,
    budget: float,
    resume: bool,
    json_: bool,
) -> None:
    """Profile cases with perf: what they spend their time on.

    Profiles the headline cases, or those that match a PATTERN. Counts events and
    samples stacks in a separate run, so times in results are not affected. The folder gets
    profile.json, which `pkbench report` reads, flame graphs, stacks and tables. Finished cases are
    kept if the profile is interrupted.
    """
    from pkbench.analysis.profiles import read

    check_resume(resume, output)
    cases = select(patterns, points, preset, headline=True, floors=False)
    base = read.read(against) if against and Path(against).exists() else None
    other = _only_case(against, preset) if against and base is None else None
    request = Request(
        cases=list(dict.fromkeys([*([other] if other else []), *cases])),
        machine=detect(),
        folder=output or LOCAL_RESULTS / f"profile-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}",
        budget=budget,
        command=command_line(sys.argv[1:]),
        resume=resume,
    )
    begun = begin(request)
    note(f"profiling {request.machine.name} into {request.folder}")
    with progress_bar() as show:
        path = run(request, begun, show)
    found = read.read(path)
    try:
        _draw(found, base, other.name if other else None)
    except KeyboardInterrupt:
        raise Interrupted("all cases", request.folder) from None
    request.journal.unlink()
    if json_:
        print_json({"profile": str(path), "cases": {c.case: _plain(c) for c in found.cases}})
    else:
        _print(found)
    drawn = "flame graphs, stacks and " if any(case.samples for case in found.cases) else ""
    note(f"profile: {path}; {drawn}tables are in the same folder")


def _only_case(name: str, preset: str) -> Case:
    found = select([name], (), preset, floors=False)
    if len(found) != 1:
        raise SelectionError(
            f"--against {name} matches {len(found)} cases; name one case, or a profile's folder"
        )
    return found[0]


def _draw(found: "Profile", base: "Profile | None", other: str | None) -> None:
    from pkbench.analysis.profiles import files

    with _writing():
        files.write(found.path.parent, files.shared(found))
        for case in found.cases:
            files.write(found.path.parent, files.of_case(found, case))
            against = base.of(case.case) if base else found.of(other) if other else None
            if against and (base or case.case != other):
                drawn = files.compared(found, case, base or found, against)
                files.write(found.path.parent, drawn)
            elif base:
                note(f"{case.case} is not in {base.path}, so no difference was drawn")


@contextmanager
def _writing():  # type: ignore[no-untyped-def]
    try:
        yield
    except OSError as error:
        raise OutputError(f"can't write {error.filename}: {error.strerror}") from None


def _print(found: "Profile") -> None:
    from pkbench.analysis.profiles import tables

    measured = [case for case in found.cases if case.state == "measured"]
    if len(measured) > IN_FULL:
        _print_table(tables.by_case(measured))
        _print_table(tables.slow_down(measured))
    else:
        for case in measured:
            _print_table(tables.quantities(case))
            if case.samples:
                if case.samples.sees_kernel:
                    _print_table(tables.causes(case))
                _print_table(tables.hottest(case))
            if case.instructions:
                _print_table(tables.instructions(case))
        _print_table(tables.slow_down(measured))
    for case in found.cases:
        if case.state != "measured":
            click.echo(f"{case.case}  {case.state}: {case.reason}")
    for reason in _reasons(found):
        note(reason)


def _reasons(found: "Profile") -> list[str]:
    """Return what could not be obtained, each reason once."""
    cases: dict[tuple[str, str], list[str]] = {}
    for case in found.cases:
        for part, why in case.missing.items():
            cases.setdefault((part, why), []).append(case.case)
    return [
        f"no {part}: {why} ({names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''})"
        for (part, why), names in cases.items()
    ]


def _print_table(table: Any) -> None:
    from pkbench.analysis.tables.columns import aligned

    click.echo(f"{table.title}")
    for line in aligned([table.headings, *table.rows]):
        click.echo(f"  {line}")
    click.echo(f"  {table.note}\n")


def _plain(case: "CaseProfile") -> dict[str, Any]:
    from pkbench.analysis.profiles import shares

    return {
        "state": case.state,
        "reason": case.reason,
        "operations": case.operations,
        "quantities": {each.quantity: vars(each) for each in case.quantities},
        "seconds": dict(case.seconds),
        "shares": [vars(each) for each in shares.of_case(case)],
        "missing": dict(case.missing),
    }
