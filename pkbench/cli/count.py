"""`pkbench count`."""

from collections.abc import Sequence
from pathlib import Path

import click

from pkbench.cases.selection import SelectionError, select
from pkbench.cli.functions import count_functions
from pkbench.cli.options import as_json, patterns_argument, points_option, preset_option
from pkbench.cli.output import new_local_result, note, progress_bar
from pkbench.cli.states import print_states
from pkbench.count import counting
from pkbench.count.emulator import Options
from pkbench.kernels import available as kernels_
from pkbench.kernels.available import Kernel, NoKernelError
from pkbench.kernels.packages import Wanted
from pkbench.resultfile import check_output


@click.command()
@patterns_argument
@points_option
@preset_option
@click.option(
    "--kernel",
    "names",
    multiple=True,
    required=True,
    metavar="KERNEL",
    help="A path, or a version as `pkbench kernels` lists it; may be repeated.",
)
@click.option(
    "--functions",
    is_flag=True,
    help="Of one case, named in full: which functions its operation executes, and what changed "
    "from the first kernel to the others.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Result file; new. With several kernels, one each, named after it. With --functions, a "
    "folder.",
)
@click.option("--get", is_flag=True, help="Bring kernels that are not at hand.")
@click.option(
    "--append",
    default="",
    metavar="TEXT",
    help="Onto the kernel's command line: pti=on, nopku, mitigations=off.",
)
@click.option(
    "--cpu",
    default="",
    metavar="FEATURES",
    help="Of the emulated CPU, as QEMU names them: --cpu=-la57,vendor=GenuineIntel.",
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
    """Count the instructions of one operation in a kernel: exactly, in an emulated machine."""
    if functions and (len(patterns) != 1 or points):
        raise SelectionError("--functions takes one case, as protect/mprotect-rw-ro/pages:1")
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
            note(f"{kernel.release} has no protection keys: {keys.reason}")
        print_states(
            {each.case.name: (each.state, each.reason) for each in found.cases}, path, json_
        )
        note(f"{kernel.release}: {found.seconds:.0f} s; result: {path}")


def find_kernel(name: str, get: bool) -> Kernel:
    """Find a kernel at hand; where there is none and `get` allows it, bring it."""
    try:
        return kernels_.resolve(name)
    except NoKernelError:
        if not get:
            raise
    return kernels_.get(Wanted(name), note)
