"""Whether two counts in a kernel are the same in every case, and the same as on an earlier day.

    python tests/benchmarks/two_boots.py [--keep FOLDER] [--earlier RESULT]… 5.10 6.1 6.12 newest

The first count's result is kept in FOLDER as path-length-linux-VERSION.json, beside those of other
kernels. An earlier result, of `pkbench count` or kept so, is compared where its kernel is
the same.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from commands import run

from pkbench.analysis.reading.result import Result, read
from pkbench.kernels import available
from pkbench.kernels.available import Kernel

Told = tuple[object, ...]


def main() -> None:
    """Count all cases of the standard preset in each kernel twice; say which differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--earlier", type=Path, action="append", default=[], metavar="RESULT")
    parser.add_argument("kernels", nargs="+", metavar="KERNEL")
    arguments = parser.parse_args()
    earlier = [read(path) for path in arguments.earlier]
    chosen = [available.resolve(name) for name in arguments.kernels]
    for kernel in chosen:
        if arguments.keep and place(kernel, arguments.keep).exists():
            parser.error(f"{place(kernel, arguments.keep)} exists")
    for kernel in chosen:
        with tempfile.TemporaryDirectory() as scratch:
            first = count(kernel, arguments.keep or Path(scratch))
            second = count(kernel, Path(scratch) / "second")
        compare(kernel, "two boots", first, second)
        for result in earlier:
            if result.machine["kernel"] == first.machine["kernel"]:
                compare(kernel, f"this boot and that of {result.date}", first, result)


def count(kernel: Kernel, folder: Path) -> Result:
    """Count in a kernel, keep the result in a folder, and say how long it took."""
    output, began = place(kernel, folder), time.monotonic()
    pkbench = (sys.executable, "-P", "-m", "pkbench.cli")
    run(*pkbench, "count", "--kernel", kernel.release, "-o", output.name, folder=folder)
    result = read(output)
    measured = sum(case.state == "measured" for case in result.cases)
    seconds = time.monotonic() - began
    print(f"{kernel.release}: {measured} cases in {seconds:.0f} s", flush=True)
    return result


def place(kernel: Kernel, folder: Path) -> Path:
    """Return where a kernel's result goes."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"path-length-linux-{kernel.version.partition('-')[0]}.json"


def compare(kernel: Kernel, what: str, first: Result, second: Result) -> None:
    """Say in how many of the cases that both have two boots differ, and in which."""
    one, other = told(first), told(second)
    both = [case for case in one if case in other]
    differing = [case for case in both if one[case] != other[case]]
    print(f"{kernel.release}, {what}: {len(differing)} of {len(both)} cases differ", flush=True)
    for case in differing:
        print(f"  {case}: {one[case]} and {other[case]}")


def told(result: Result) -> dict[str, Told]:
    """Return a case's state, its instructions, and those of them in user mode."""
    found: dict[str, Told] = {case.name: (case.state,) for case in result.cases}
    for process in result.processes:
        user = process.per_value.get("user_instructions", ())
        found[process.case] += (tuple(process.values), tuple(user))
    return found


if __name__ == "__main__":
    main()
