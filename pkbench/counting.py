"""One `pkbench count`, from a kernel and cases to the result file."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pkbench import guest, path_length
from pkbench.answers import Progress
from pkbench.catalogue import Case
from pkbench.counted import Count
from pkbench.emulator import Options
from pkbench.kernels import Kernel
from pkbench.measurement import command_line, describe, result_metadata
from pkbench.resultfile import check_output, write_result


def count(
    kernel: Kernel,
    cases: Sequence[Case],
    profile: str,
    output: Path,
    progress: Callable[[Progress], None],
    options: Options = guest.DEFAULTS,
) -> Count:
    """Boot the kernel once, count all cases, write the result."""
    check_output(output)
    counted = guest.count(kernel, cases, progress, options)
    metadata = result_metadata(
        evidence="path length",
        profile=profile,
        command=command_line(sys.argv[1:]),
        date=counted.began.isoformat(timespec="seconds"),
        machine=counted.card(),
        cases=[describe(each.case, each.state, each.reason) for each in counted.cases],
    )
    runs = path_length.runs([counted])
    for run in (run for each in runs.values() for run in each):
        run["metadata"]["hostname"] = counted.machine.name
    write_result(output, metadata, runs)
    return counted


def output_for(output: Path, kernel: Kernel, several: bool) -> Path:
    """Return where a kernel's counts go: a file named after it where there are several."""
    return output.with_stem(f"{output.stem}-{kernel.release}") if several else output
