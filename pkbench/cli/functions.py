"""`pkbench count --functions`."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pkbench.cases.catalogue import Case, parse_case
from pkbench.cases.points import PointError
from pkbench.cases.selection import SelectionError, select
from pkbench.cli.output import LOCAL_RESULTS, note, print_json, progress_bar, write_file
from pkbench.count.emulator import Options
from pkbench.kernels.available import Kernel
from pkbench.resultfile import OutputError
from pkbench.tracing.attribution import Attribution
from pkbench.tracing.guest import trace

if TYPE_CHECKING:
    from pkbench.analysis.flame.folded import Stacks
    from pkbench.analysis.tables.table import Table

UNIT = "instructions"
EXACT = "instructions, exact, counted under software emulation."


def count_functions(
    name: str, kernels: Sequence[Kernel], folder: Path | None, options: Options, json_: bool
) -> None:
    """Print which functions one operation executes in each kernel, and what changed."""
    case = _case(name)
    _check_different(kernels)
    target = _new_folder(folder or _local_folder(case))
    found, written = [], []
    for kernel in kernels:
        found.append(_trace(case, kernel, options))
        written.append(_write_one(found[-1], target, json_))
    changed = [_write_difference(found[0], each, target, json_) for each in found[1:]]
    if json_:
        document = {
            "case": case.name,
            "folder": str(target),
            "kernels": written,
            "changes": changed,
        }
        print_json(document)
    note(f"tables, folded stacks and flame graphs: {target}")


def _case(name: str) -> Case:
    try:
        return parse_case(name)
    except PointError as error:
        raise SelectionError(str(error)) from None
    except LookupError:
        likely = select([name], [], "standard", floors=False)[
            0
        ].name  # raises where no case is similar
        raise SelectionError(
            f"{name!r} is not the full name of one case; type one such as {likely}"
        ) from None


def _check_different(kernels: Sequence[Kernel]) -> None:
    """Raise SelectionError for two kernels whose files would have the same name."""
    releases = [kernel.release for kernel in kernels]
    twice = next((release for release in releases if releases.count(release) > 1), None)
    if twice:
        raise SelectionError(f"--kernel means {twice} twice; name each kernel once")


def _local_folder(case: Case) -> Path:
    date = f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}"
    return LOCAL_RESULTS / f"functions-{_file_name(case.name)}-{date}"


def _new_folder(folder: Path) -> Path:
    """Create the folder, before anything is counted; raise OutputError where that fails."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OutputError(f"the folder {folder} is not empty; give another name with -o")
    except OSError as error:
        raise OutputError(f"can't create the folder {folder}: {error.strerror}") from None
    return folder


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", text, flags=re.ASCII).strip("-.")


def _trace(case: Case, kernel: Kernel, options: Options) -> Attribution:
    with progress_bar() as show:
        return trace(kernel, case, lambda step: show(step.doing, step.done / step.total), options)


def _write_one(found: Attribution, target: Path, json_: bool) -> dict[str, Any]:
    """Write a kernel's files and print its table."""
    from pkbench.analysis.flame import folded, functions, graph, speedscope  # slow to import
    from pkbench.analysis.flame.caption import Caption

    caption = Caption(_title(found), f"{found.machine}: {EXACT}", UNIT, found.operations)
    table = functions.table(found.stacks, found.calls, caption)
    stem = _file_name(found.kernel.release)
    _write_table(table, target / stem)
    write_file(target / f"{stem}.folded", folded.text(found.stacks).encode())
    write_file(target / f"{stem}.svg", graph.svg(found.stacks, caption).encode())
    write_file(
        target / f"{stem}.speedscope.json", speedscope.document(found.stacks, caption).encode()
    )
    if not json_:
        _print_table(table)
    return {
        "kernel": found.kernel.release,
        "version": found.kernel.version,
        "path_length": found.path_length,
        "operations_in_folded": found.operations,
        "functions": table.data.to_dict("records"),
    }


def _write_difference(
    baseline: Attribution, new: Attribution, target: Path, json_: bool
) -> dict[str, Any]:
    """Write what changed from one kernel to another, and print its table."""
    from pkbench.analysis.flame import difference, functions  # slow to import
    from pkbench.analysis.flame.caption import Caption

    operations = lcm(baseline.operations, new.operations)
    before, after = (
        functions.Profile(
            _scaled(each.stacks, each, operations), _scaled(each.calls, each, operations)
        )
        for each in (baseline, new)
    )
    subtitle = f"{baseline.machine} → {new.machine}: {EXACT}"
    caption = Caption(_title(new), subtitle, UNIT, operations)
    table = functions.changes(before, after, caption)
    stem = _file_name(f"{baseline.kernel.release}--{new.kernel.release}")
    _write_table(table, target / stem)
    write_file(
        target / f"{stem}.svg", difference.svg(before.stacks, after.stacks, caption).encode()
    )
    if not json_:
        _print_table(table)
    return {
        "baseline": baseline.kernel.release,
        "new": new.kernel.release,
        "functions": table.data.to_dict("records"),
    }


def _title(found: Attribution) -> str:
    return f"{found.counted.case.name}: one operation, by function"


def _scaled(counts: "Stacks", found: Attribution, operations: int) -> "Stacks":
    """Return counts of this many operations."""
    times = operations // found.operations
    return {stack: number * times for stack, number in counts.items()}


def _write_table(table: "Table", stem: Path) -> None:
    write_file(stem.with_name(f"{stem.name}.csv"), table.csv().encode())
    write_file(stem.with_name(f"{stem.name}.md"), table.markdown().encode())


def _print_table(table: "Table") -> None:
    """Print a table below its note."""
    from pkbench.analysis.tables.columns import aligned  # slow to import

    click.echo(table.note)
    for line in aligned([table.headings, *table.rows], table.text_columns):
        click.echo(line)
    click.echo()
