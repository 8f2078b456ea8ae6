"""Compare what `pkbench profile` counts of an operation with what strace and /proc say.

Each case is counted by tracepoints in its timed loops; strace counts its system calls over two
numbers of loops, whose difference has no set-up in it, but where a case of one direction goes back
untimed, that call as well: two instead of one; the rows TLB and CAL of /proc/interrupts
are those of the whole machine, while the case ran and in a pause as long. As root:

    python tests/benchmarks/profile_counts.py [CASE…]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from pkbench.profiler import counting
from pkbench.profiler.conversation import Conversation, NoAnswer
from pkbench.profiler.counting import Known

DIRECTIONS = ("rw-ro", "ro-rw", "rw-none", "none-rw")
PAGES = (1, 33, 34, 1024)
CASES = (
    *(f"protect/mprotect-{way}/pages:{pages}" for way in DIRECTIONS for pages in PAGES),
    *(f"switch/mprotect/pages:{pages}" for pages in PAGES),
    *(f"threads/mprotect-siblings/siblings:{do}/threads:2" for do in ("sleeping", "spinning")),
)
LOOPS = 5000
TRACED = (320, 1920)  # whole batches; strace makes a call ten times as long
REPEATS = 5  # of a case with threads: whether another CPU runs just then is chance
MEASURE = """
import sys
from pkbench.cases.catalogue import parse_case
from pkbench.worker.session import Session
with Session(parse_case(sys.argv[1])) as session:
    session.measure(int(sys.argv[2]))
"""
WIDTH = 54


def by_strace(case: str) -> float:
    """Return the calls that change protection which strace sees, per loop."""
    few, many = (_changes(case, loops) for loops in TRACED)
    return (many - few) / (TRACED[1] - TRACED[0])


def _changes(case: str, loops: int) -> int:
    with tempfile.NamedTemporaryFile() as file:
        what = "trace=mprotect,pkey_mprotect"
        command = ["strace", "-f", "-c", "-e", what, "-o", file.name]
        subprocess.run(
            [*command, sys.executable, "-P", "-c", MEASURE, case, str(loops)], check=True
        )
        rows = [line.split() for line in Path(file.name).read_text().splitlines()]
    # % time, seconds, µs a call, calls, perhaps errors, the call's name
    changes = [row for row in rows if row and row[-1] in {"mprotect", "pkey_mprotect"}]
    return sum(int(row[3]) for row in changes)


def by_profile(case: str, known: Known) -> dict[str, float]:
    """Return what the profiler counts, per operation."""
    with Conversation(case, known.events, 120) as talk:
        counted = talk.ask("count", loops=LOOPS)
    found = counting.quantities(counted, LOOPS, 1, known.events)
    return {each.quantity: each.per_operation for each in found if each.per_operation is not None}


def row(case: str, known: Known, strace: str) -> dict[str, float]:
    """Print one count of a case, and return it."""
    found = by_profile(case, known)
    columns = ("system_calls", "tlb_flushes_local_mm", "calls_to_other_cpus")
    rows = ("tlb_shootdown_interrupts", "tlb_shootdown_interrupts_in_pause", "call_interrupts_all")
    numbers = [f"{found.get(name, float('nan')):10.4f}" for name in (*columns, *rows)]
    print(f"{case:{WIDTH}}{numbers[0]}{strace:>10}{''.join(numbers[1:])}", flush=True)
    return found


def main() -> None:
    """Print a line a case, and the mean of both directions to and from no access."""
    known = counting.known(())
    headings = ("calls", "strace", "flushes", "to CPUs", "TLB row", "in pause", "CAL row")
    print(f"{'per operation':{WIDTH}}{''.join(f'{each:>10}' for each in headings)}")
    flushes: dict[str, float] = {}
    for case in sys.argv[1:] or CASES:
        try:
            strace = f"{by_strace(case):.4f}"
            for _ in range(REPEATS if case.startswith("threads/") else 1):
                flushes[case] = row(case, known, strace)["tlb_flushes_local_mm"]
        except NoAnswer as none:
            print(f"{case:{WIDTH}}{none.state}: {none.reason}")
    for pages in PAGES:
        both = [f"protect/mprotect-{way}/pages:{pages}" for way in ("rw-none", "none-rw")]
        if set(both) <= flushes.keys():
            mean = sum(flushes[case] for case in both) / 2
            print(f"rw→none→rw, pages:{pages}: {mean:.4f} flushes a call")


if __name__ == "__main__":
    main()
