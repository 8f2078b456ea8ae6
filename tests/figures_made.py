"""Cases for every figure, made from numbers."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from results_made import Made, suite, write

from pkbench.analysis import read
from pkbench.analysis.estimate.result_set import ResultSet, result_sets
from pkbench.analysis.figures import Chart
from pkbench.analysis.figures.drawing.style import svg
from pkbench.analysis.reading.assumption import Assumption

LOOP = "instruction/empty-loop"

PAGES = (1, 16, 32, 33, 34, 64)

OF_TIME = {"breakeven", "affordable", "cycles"}  # what instruction counts can't tell

OF_KERNELS = {"kernels"}  # what takes counts of three kernels; see test_history

ASSUMED = Assumption.parse("wrpkru=11-260cycles")


def around(value: float) -> list[list[float]]:
    return [[value * (1 + share / 100)] for share in range(7)]


def catalogue(scale: float = 1e-9) -> list[Made]:
    """Every figure's cases."""
    cases = [Made(LOOP, around(0.5 * scale))]
    for pages in PAGES:
        ways = (("wrpkru-raw", 30), ("pkey-mprotect", 1600), ("mprotect", 1500))
        for way, cost in ways:
            case = f"switch/{way}/pages:{pages}"
            cases.append(Made(case, around((cost + pages) * scale), floor=LOOP))
        for change in ("mprotect-rw-ro", "pkey-mprotect-0-k", "touch-steady"):
            flush = 100 * pages if pages <= 33 else 300
            case = f"protect/{change}/pages:{pages}"
            cases.append(Made(case, around((600 + flush) * scale)))
    for threads in (1, 2):
        for siblings in ("sleeping", "spinning"):
            case = f"threads/mprotect-siblings/siblings:{siblings}/threads:{threads}"
            cases.append(Made(case, around(900 * threads * scale)))
    others = {
        **{f"application/phoronix-example/phase:{phase}": 100 for phase in ("alloc", "tag")},
        **{f"switch/rate-work/work:{work}": work for work in (50, 1000)},
        **{f"switch/rate-mprotect/work:{work}": work + 1500 for work in (50, 1000)},
        **{f"switch/rotate/keys:{keys}/bytes:4Ki": 60 for keys in (1, 15)},
        **{f"switch/revoke-mprotect/threads:{threads}": 900 * threads for threads in (1, 2)},
        **{f"protect/mprotect-kind-rw-ro/kind:{kind}/mib:32": 5000 for kind in ("4k", "thp")},
        "protect/mprotect-backing/backing:memfd/pages:512": 30000,
        **{
            f"protect/{way}-rw-ro/backing:memfd/pages:{pages}": 700 + 60 * pages
            for way in ("mprotect-shared", "shared-touch-after-mprotect")
            for pages in (1, 33)
        },
        "protect/mprotect-density/percent:50": 9000,
        **{
            f"threads/mprotect-siblings-pages/siblings:none/pages:{pages}": 900 + pages
            for pages in (1, 512)
        },
        **{f"threads/mprotect-readers/pages:1/threads:{threads}": 900 for threads in (1, 2)},
        **{
            f"threads/slot-{way}/threads:{threads}/pages:16": 9000 * threads
            for way in ("mmap", "key")
            for threads in (1, 2)
        },
        **{
            f"domains/{way}/domains:{domains}/pages:1/pattern:zipf": 90 * domains
            for way in ("lru", "mprotect")
            for domains in (8, 64)
        },
        "fault/mprotect-repair": 4000,
        **{f"fault/track-mprotect/pages:{pages}": 4000 * pages for pages in (1, 16)},
        "kernel/signal-plain": 2000,
        "kernel/signal/pkru:zero": 2100,
        "application/table-unprotected/operation:get": 100,
        "application/table-key/operation:get": 160,
        "instruction/alu/operations:16": 5,
        "instruction/wrpkru-after-alu/operations:16": 30,
    }
    cases += [Made(case, around(cost * scale)) for case, cost in others.items()]
    return [replace(case, cycle=scale / 3 if scale < 1 else None) for case in cases]


def result_set(folder: Path, *cases: Made, **options: Any) -> ResultSet:
    (found,) = result_sets([read(write(folder / "result.json", suite(cases, **options)))])
    return found


def texts(chart: Chart) -> list[str]:
    tree = ElementTree.fromstring(svg(chart.figure))
    return ["".join(text.itertext()) for text in tree.iter("{http://www.w3.org/2000/svg}text")]
