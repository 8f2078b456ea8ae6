"""Whether two boots of a kernel count the same in every case.

python tests/benchmarks/two_boots.py 5.10 6.1 6.12 newest
"""

import sys

from pkbench import guest, kernels
from pkbench.counted import Count, Counted
from pkbench.kernels import Kernel
from pkbench.selection import select


def main() -> None:
    """Boot each kernel twice with all cases of the standard profile; say which differ."""
    for kernel in [kernels.resolve(name) for name in sys.argv[1:]]:
        compare(kernel, count(kernel), count(kernel))


def count(kernel: Kernel) -> Count:
    """Boot a kernel and say how long it took."""
    found = guest.count(kernel, select((), (), "standard"))
    measured = sum(each.state == "measured" for each in found.cases)
    print(f"{kernel.release}: {measured} cases in {found.seconds:.0f} s", flush=True)
    return found


def compare(kernel: Kernel, first: Count, second: Count) -> None:
    """Say in how many cases two boots differ, and in which."""
    differing = [
        pair
        for pair in zip(first.cases, second.cases, strict=True)
        if told(pair[0]) != told(pair[1])
    ]
    print(f"{kernel.release}: {len(differing)} of {len(first.cases)} cases differ", flush=True)
    for one, other in differing:
        print(f"  {one.case.name}: {told(one)} and {told(other)}")


def told(counted: Counted) -> tuple[object, ...]:
    """Return all that a result says of a case."""
    if counted.instructions is None:
        return counted.state, counted.reason
    return counted.state, counted.value, counted.user_value


if __name__ == "__main__":
    main()
