"""`pkbench count`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cases.selection import SelectionError, select
from pkbench.cli.functions import count_functions
from pkbench.cli.options import (
    PATH,
    PATTERNS,
    WHICH_CASES,
    as_json,
    patterns_argument,
    points_option,
    preset_option,
)
from pkbench.cli.output import new_local_result, note, print_json, progress_bar
from pkbench.cli.states import print_states, states_document
from pkbench.count import counting
from pkbench.count.emulator import Options
from pkbench.kernels import available as kernels_
from pkbench.kernels.available import Kernel, NoKernelError
from pkbench.kernels.packages import Wanted
from pkbench.resultfile import check_output


@click.command(epilog=PATTERNS)
@patterns_argument
@points_option
@preset_option(WHICH_CASES)
@click.option(
    "--kernel",
    "names",
    multiple=True,
    required=True,
    metavar="KERNEL",
    help="Kernel to boot: a path, `newest`, or the beginning of a version that `pkbench kernels` "
    "lists: 6.12. May be repeated.",
)
@click.option(
    "--functions",
    is_flag=True,
    help="List the functions that one case's operation executes, and what changed from the first "
    "kernel to the others. Takes one case, named in full: protect/mprotect-rw-ro/pages:1.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=PATH,
    help="Result file; it must not exist yet. With several kernels, each gets a file, with the "
    "kernel's release added to the name. With --functions, a folder.  [default: "
    "results/local/count-TIME.json]",
)
@click.option(
    "--get", is_flag=True, help="Download kernels that are not available yet; install nothing."
)
@click.option(
    "--append",
    default="",
    metavar="TEXT",
    help="Add this to the kernel's command line: pti=on, nopku, mitigations=off.",
)
@click.option(
    "--cpu",
    default="",
    metavar="FEATURES",
    help="Change the emulated CPU's features, as QEMU names them: --cpu=-la57,vendor=GenuineIntel.",
)
@as_json
def count(
    patterns: Sequence[str],
    points: Sequence[str],
    preset: str,
    names: Sequence[str],
    functions: bool,
    output: Path | None,
    get: bool,
    append: str,
    cpu: str,
    json_: bool,
) -> None:
    """Count the instructions of cases in a kernel, exactly.

    Boots each kernel in an emulated machine (QEMU) and counts the instructions that one operation
    of each case executes. Needs neither protection keys nor root. Counts all cases of the preset,
    or those that match a PATTERN.
    """
    if functions and (len(patterns) != 1 or points):
        raise SelectionError(
            "--functions takes exactly one case and no -P; type protect/mprotect-rw-ro/pages:1"
        )
    cases = select(patterns, points, preset)
    chosen = [find_kernel(name, get) for name in names]
    if functions:
        count_functions(patterns[0], chosen, output, Options(append, cpu), json_)
        return
    stem = output or new_local_result("count")
    paths = [counting.output_for(stem, kernel, len(chosen) > 1) for kernel in chosen]
    for path in paths:
        check_output(path)
    for kernel, path in zip(chosen, paths, strict=True):
        with progress_bar() as show:
            found = counting.count(
                kernel,
                cases,
                preset,
                path,
                lambda step: show(step.doing, step.done / step.total),
                Options(append, cpu),
            )
        keys = found.machine.keys
        if not keys.supported:
            note(f"{kernel.release}: protection keys don't work: {keys.reason}")
        states = {each.case.name: (each.state, each.reason) for each in found.cases}
        if json_:
            print_json(states_document(states, path))
        else:
            print_states(states, path)
        note(f"{kernel.release}: counted in {found.seconds:.0f} s; result: {path}")


def find_kernel(name: str, get: bool) -> Kernel:
    """Return the available kernel of that name; if there is none and `get` is set, download it."""
    try:
        return kernels_.resolve(name)
    except NoKernelError:
        if not get:
            raise
    return kernels_.get(Wanted(name), note)
