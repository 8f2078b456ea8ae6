"""The experiments: what was published of keys and mprotect, each with its source.

A claim is a shape, with room for other machines: a published figure is never expected to the digit.
"Secondary" is a figure that was seen in notes on its source, not in the source itself.
"""

from __future__ import annotations

from .experiment import Claim, Experiment
from .verdict import (
    cycles_within,
    dearer,
    linear,
    more_cycles,
    ratio_within,
    seconds_a_page_within,
    seconds_within,
    share_at,
)

LIBMPK = "Park et al., libmpk, USENIX ATC 2019: the shape as it is quoted, its figures not seen"
ERIM = "Vahldiek-Oberwagner et al., ERIM, USENIX Security 2019 (secondary)"
ERIM_ABSTRACT = "Vahldiek-Oberwagner et al., ERIM, USENIX Security 2019, abstract"
CUBICLES = "Sartakov et al., CubicleOS, ASPLOS 2021 (secondary)"
FLEXOS = "Lefeuvre et al., FlexOS, ASPLOS 2022, figure 11, on a Xeon Silver 4114"
YANG = "L. Yang, linux-mm, 13 February 2026, on an AMD EPYC Milan with Linux 6.16"
EOSD = "EoSD libpkey notes, on a Xeon virtual machine with Linux 5.10"
READERS = "engineering note of 2026 on two EPYC 7Y83 with Linux 5.15"
DONKY = "Schrammel et al., Donky, USENIX Security 2020, abstract"
HANSEN = "D. Hansen, linux-mm, 29 July 2016"
KERNEL = "Linux commit 577ff465f5a6"
NOJITSU = "Park et al., NOJITSU, NDSS 2020, whose set_pkru does it, as Linux's write_pkru does"
EXHAUSTED = "Gu et al., EPK, USENIX ATC 2022: the motivation"

WRPKRU, RDPKRU = "instruction/wrpkru-toggle", "instruction/rdpkru"
GETPPID = "syscall/getppid"
ONE_PAGE, ONE_TAG = "protect/mprotect-rw-ro/pages:1", "protect/pkey-mprotect-0-k/pages:1"
SWITCH = "switch/wrpkru-raw/pages:1"
SIBLINGS = "threads/mprotect-siblings/siblings:{}/threads:2"
READ = "threads/mprotect-readers/pages:16384/threads:{}"

EXPERIMENTS = (
    Experiment(
        name="libmpk-table1",
        what="the primitives: RDPKRU, WRPKRU, the three system calls and mprotect of a page",
        cases=(
            *(RDPKRU, WRPKRU, "instruction/nop"),
            *("syscall/pkey-alloc-free", GETPPID, ONE_PAGE, ONE_TAG),
        ),
        points=(),
        figure="cycles",
        claims=(
            Claim("WRPKRU takes 11 to 260 cycles", ERIM, cycles_within(WRPKRU, 11, 260)),
            Claim("WRPKRU costs more than RDPKRU", KERNEL, dearer(WRPKRU, RDPKRU, net=True)),
            Claim(
                "pkey_mprotect of a page costs within a tenth of what mprotect does",
                LIBMPK,
                ratio_within(ONE_TAG, ONE_PAGE, 0.9, 1.1),
                counts=True,
            ),
            Claim(
                "pkey_mprotect of a page takes about 1,100 cycles: half to twice that",
                CUBICLES,
                cycles_within(ONE_TAG, 550, 2200, "cycles"),
            ),
            Claim(
                "a pkey_alloc and a pkey_free cost less than an mprotect of a page",
                LIBMPK,
                dearer(ONE_PAGE, "syscall/pkey-alloc-free"),
                counts=True,
            ),
        ),
    ),
    Experiment(
        name="libmpk-mprotect-pages",
        what="mprotect by the number of pages, beside each other and far apart",
        cases=("protect/mprotect-rw-ro", "protect/mprotect-sparse"),
        points=("pages=1,16,64,512,4096,16384",),
        figure="pages",
        claims=(
            Claim(
                "the cost grows in proportion to the pages: a page more costs the same, within "
                "half as much again",
                LIBMPK,
                linear(
                    "protect/mprotect-rw-ro/pages:512",
                    "protect/mprotect-rw-ro/pages:4096",
                    "protect/mprotect-rw-ro/pages:16384",
                    (512, 4096, 16384),
                    1.5,
                ),
                counts=True,
            ),
            Claim(
                "pages far apart cost more than as many beside each other",
                LIBMPK,
                dearer("protect/mprotect-sparse/every:2m", "protect/mprotect-rw-ro/pages:16"),
                counts=True,
            ),
        ),
    ),
    Experiment(
        name="libmpk-threads",
        what="taking a right from all threads: by WRPKRU in each, or by one mprotect",
        cases=("switch/revoke-threads", "switch/revoke-mprotect", "threads/mprotect-siblings"),
        points=("threads=1,2",),
        figure="revoke",
        claims=(
            Claim(
                "with two threads, having each write its PKRU costs less than one mprotect",
                LIBMPK,
                dearer("switch/revoke-mprotect/threads:2", "switch/revoke-threads/threads:2"),
            ),
            Claim(
                "mprotect costs more while another thread runs than while it sleeps",
                LIBMPK,
                dearer(SIBLINGS.format("spinning"), SIBLINGS.format("sleeping")),
            ),
        ),
    ),
    Experiment(
        name="erim-switch-table",
        what="a call with and without WRPKRU, inlined, direct and indirect, beside a system call",
        cases=("instruction/empty-function", "instruction/wrpkru-function", SWITCH, GETPPID),
        points=(),
        figure="cycles",
        claims=(
            Claim("a switch adds 55 to 80 cycles", ERIM, cycles_within(SWITCH, 55, 80)),
            Claim("a system call costs more than a switch", ERIM, dearer(GETPPID, SWITCH)),
        ),
    ),
    Experiment(
        name="erim-100k",
        what="a program that switches at a set rate, beside the same without",
        cases=("switch/rate-work", "switch/rate-wrpkru", "switch/rate-mprotect"),
        points=(),
        figure="rate",
        claims=(
            Claim(
                "100,000 switches a second cost less than 1 % of a CPU",
                ERIM_ABSTRACT,
                share_at("switch/rate-wrpkru/work:5000", 100_000, 0.01),
            ),
        ),
    ),
    Experiment(
        name="flexos-gates",
        what="the ladder of gates: a call, a gate, a gate with a stack of its own, a system call",
        cases=("instruction/empty-function", SWITCH, "switch/call-gate", GETPPID),
        points=(),
        figure="cycles",
        claims=(
            Claim(
                "a call takes about 2 cycles: 1 to 5",
                FLEXOS,
                cycles_within("instruction/empty-function/call:direct", 1, 5),
            ),
            Claim(
                "a gate takes about 62 cycles: half to twice that",
                FLEXOS,
                cycles_within(SWITCH, 31, 124),
            ),
            Claim(
                "a stack of its own makes a gate about 1.7 times as dear: 1.2 to 2.5 times",
                FLEXOS,
                ratio_within("switch/call-gate", SWITCH, 1.2, 2.5),
            ),
            Claim(
                "a system call takes 146 cycles, or 470 with page-table isolation: 73 to 940",
                FLEXOS,
                cycles_within(GETPPID, 73, 940, "cycles"),
            ),
            Claim(
                "a system call costs more than a gate with a stack of its own",
                FLEXOS,
                dearer(GETPPID, "switch/call-gate"),
            ),
        ),
    ),
    Experiment(
        name="mprotect-size",
        what="mprotect between no access and all, from a page to 40 MiB",
        cases=("protect/mprotect-none-rw", "protect/mprotect-rw-none"),
        points=("pages=1,10,100,1000,10000",),
        figure="pages",
        claims=(
            Claim(
                "a page takes about 1.7 µs: half to twice that",
                YANG,
                seconds_within("protect/mprotect-none-rw/pages:1", 0.85e-6, 3.4e-6),
            ),
            Claim(
                "at size each page more takes about 17 ns: half to twice that",
                YANG,
                seconds_a_page_within(
                    "protect/mprotect-none-rw/pages:1000",
                    "protect/mprotect-none-rw/pages:10000",
                    9000,
                    8.5e-9,
                    34e-9,
                ),
            ),
        ),
    ),
    Experiment(
        name="mprotect-readers",
        what="mprotect of 64 MiB while other threads read it",
        cases=("threads/mprotect-readers",),
        points=("pages=16384",),
        figure="readers",
        claims=(
            Claim(
                "it costs more with a thread that reads than alone",
                READERS,
                dearer(READ.format(2), READ.format(1)),
            ),
            Claim(
                "eight readers cost about 2.6 times as much as one: 1.3 to 5 times",
                READERS,
                ratio_within(READ.format(9), READ.format(2), 1.3, 5),
            ),
        ),
    ),
    Experiment(
        name="mprotect-noop",
        what="mprotect that changes nothing beside one that does",
        cases=("syscall/mprotect-same", "protect/mprotect-none-rw/pages:1", ONE_PAGE),
        points=(),
        figure="cycles",
        claims=(
            Claim(
                "a change costs about 2.7 times what no change does: 1.5 to 5 times",
                EOSD,
                ratio_within("protect/mprotect-none-rw/pages:1", "syscall/mprotect-same", 1.5, 5),
                counts=True,
            ),
        ),
    ),
    Experiment(
        name="pkru-init-context-switch",
        what="a context switch between threads whose PKRU is not in its initial state",
        cases=("kernel/context-switch-plain", "kernel/context-switch"),
        points=(),
        figure="kernel",
        claims=(
            Claim(
                "it takes about 100 cycles more: 50 to 200",
                HANSEN,
                more_cycles(
                    "kernel/context-switch/pkru:different",
                    "kernel/context-switch-plain",
                    50,
                    200,
                ),
            ),
        ),
    ),
    Experiment(
        name="domain-switch",
        what="a switch by WRPKRU beside a system call, another thread and another process",
        cases=(SWITCH, "switch/futex-thread/pages:1", "switch/pipe-process/pages:1", GETPPID),
        points=(),
        figure="switch",
        claims=(
            Claim(
                "going to another process and back costs 16 to 116 times a switch",
                DONKY,
                ratio_within("switch/pipe-process/pages:1", SWITCH, 16, 116),
            ),
        ),
    ),
    Experiment(
        name="wrpkru-elide",
        what="always WRPKRU beside WRPKRU only where RDPKRU reads another value",
        cases=("instruction/wrpkru-same", "instruction/wrpkru-elided", RDPKRU),
        points=(),
        figure="cycles",
        claims=(
            Claim(
                "leaving out a WRPKRU that changes nothing is cheaper than doing it",
                NOJITSU,
                dearer("instruction/wrpkru-same", "instruction/wrpkru-elided"),
            ),
        ),
    ),
    Experiment(
        name="key-exhaustion",
        what="more domains than there are keys, which then have to be moved",
        cases=("domains/lru", "domains/mprotect"),
        points=("domains=8,15,16,17,64", "pages=1"),
        figure="domains",
        claims=(
            Claim(
                "beyond the keys there are, entering a domain costs more than ten times as much",
                EXHAUSTED,
                dearer(
                    "domains/lru/domains:64/pages:1/pattern:round-robin",
                    "domains/lru/domains:8/pages:1/pattern:round-robin",
                    10,
                ),
                counts=True,
            ),
        ),
    ),
)
