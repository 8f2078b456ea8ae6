"""One `pkbench count`, from a kernel and cases to the result file."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pkbench.cases.catalogue import Case
from pkbench.count import guest, path_length
from pkbench.count.emulator import Options
from pkbench.count.guest_protocol import Progress
from pkbench.count.result import Count
from pkbench.kernels.available import Kernel
from pkbench.resultfile import check_output, write_result
from pkbench.run.measurement import command_line, describe, result_metadata


def count(
    kernel: Kernel,
    cases: Sequence[Case],
    preset: str,
    output: Path,
    progress: Callable[[Progress], None],
    options: Options = guest.DEFAULTS,
) -> Count:
    """Boot the kernel once, count all cases and write the result to `output`.

    Raise OutputError where the result can't be written, GuestError where nothing can be counted.
    """
    check_output(output)
    counted = guest.count(kernel, cases, progress, options)
    metadata = result_metadata(
        evidence="path length",
        preset=preset,
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
    """Return the file of a kernel's counts; for `several` kernels its name has the release."""
    return output.with_stem(f"{output.stem}-{kernel.release}") if several else output
