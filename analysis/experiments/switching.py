"""Published experiments on the primitives and on switching between domains.

A claim leaves room for other machines: it is about a shape, never about a figure to the digit.
"""

from __future__ import annotations

from .experiment import Claim, Experiment
from .sources import (
    CUBICLES,
    DONKY,
    ERIM,
    ERIM_ABSTRACT,
    EXHAUSTED,
    FLEXOS,
    HANSEN,
    KERNEL,
    LIBMPK,
    NOJITSU,
)
from .verdict import costs_more, cycles_within, ratio_within, share_at

WRPKRU = "instruction/wrpkru-toggle"
RDPKRU = "instruction/rdpkru"
GETPPID = "syscall/getppid"
ONE_PAGE = "protect/mprotect-rw-ro/pages:1"
ONE_TAG = "protect/pkey-mprotect-0-k/pages:1"
SWITCH = "switch/wrpkru-raw/pages:1"
GATE = "switch/call-gate"
# What a PKRU that is not 0 adds to one context switch: the operation is two of them.
NOT_INITIAL = "(kernel/context-switch/pkru:equal - kernel/context-switch/pkru:zero) / 2"

EXPERIMENTS = (
    Experiment(
        name="libmpk-table1",
        what="the primitives: RDPKRU, WRPKRU, the three system calls, and mprotect of a page",
        cases=(
            *(RDPKRU, WRPKRU, "instruction/nop"),
            *("syscall/pkey-alloc-free", GETPPID, ONE_PAGE, ONE_TAG),
        ),
        points=(),
        figure="cycles",
        claims=(
            Claim("WRPKRU takes 11 to 260 cycles", ERIM, cycles_within(WRPKRU, 11, 260)),
            Claim("WRPKRU costs more than RDPKRU", KERNEL, costs_more(WRPKRU, RDPKRU, net=True)),
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
                costs_more(ONE_PAGE, "syscall/pkey-alloc-free"),
                counts=True,
            ),
        ),
    ),
    Experiment(
        name="erim-switch-table",
        what="a call with and without WRPKRU (inlined, direct and indirect), and a system call",
        cases=("instruction/empty-function", "instruction/wrpkru-function", GATE, GETPPID),
        points=(),
        figure="cycles",
        claims=(
            Claim("a gate adds 55 to 80 cycles to a call", ERIM, cycles_within(GATE, 55, 80)),
            Claim(
                "a system call costs more than a call by a gate", ERIM, costs_more(GETPPID, GATE)
            ),
        ),
    ),
    Experiment(
        name="erim-100k",
        what="a program that switches at a set rate, and the same without switches",
        cases=(
            *("switch/rate-work", "switch/rate-wrpkru", "switch/rate-mprotect"),
            *("switch/rate-work/work:5000", "switch/rate-wrpkru/work:5000"),
        ),
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
        cases=("instruction/empty-function", SWITCH, GATE, GETPPID),
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
                "a gate with a stack of its own costs about 1.7 times as much: 1.2 to 2.5 times",
                FLEXOS,
                ratio_within(GATE, SWITCH, 1.2, 2.5),
            ),
            Claim(
                "a system call takes 146 cycles, or 470 with page-table isolation: 73 to 940",
                FLEXOS,
                cycles_within(GETPPID, 73, 940, "cycles"),
            ),
            Claim(
                "a system call costs more than a gate with a stack of its own",
                FLEXOS,
                costs_more(GETPPID, GATE),
            ),
        ),
    ),
    Experiment(
        name="pkru-init-context-switch",
        what="a context switch between threads whose PKRU is 0, XSAVE's initial state, and is not",
        cases=("kernel/context-switch",),
        points=(),
        figure="kernel",
        claims=(
            Claim(
                "a context switch takes about 100 cycles more where PKRU is not 0: 50 to 200",
                HANSEN,
                cycles_within(NOT_INITIAL, 50, 200, "cycles"),
            ),
        ),
    ),
    Experiment(
        name="domain-switch",
        what="a switch by WRPKRU, a system call, a switch to another thread and to another process",
        cases=(SWITCH, "switch/futex-thread/pages:1", "switch/pipe-process/pages:1", GETPPID),
        points=(),
        figure="switch",
        claims=(
            Claim(
                "going to another process and back costs 16 to 116 times as much as a switch",
                DONKY,
                ratio_within("switch/pipe-process/pages:1", SWITCH, 16, 116),
            ),
        ),
    ),
    Experiment(
        name="wrpkru-elide",
        what="WRPKRU always, and WRPKRU only where RDPKRU reads another value",
        cases=("instruction/wrpkru-same", "instruction/wrpkru-elided", RDPKRU),
        points=(),
        figure="cycles",
        claims=(
            Claim(
                "omitting a WRPKRU that changes nothing costs less than executing it",
                NOJITSU,
                costs_more("instruction/wrpkru-same", "instruction/wrpkru-elided"),
            ),
        ),
    ),
    Experiment(
        name="key-exhaustion",
        what="more domains than keys, so that keys must be reassigned",
        cases=("domains/lru", "domains/mprotect"),
        points=("domains=8,15,16,17,64", "pages=1"),
        figure="domains",
        claims=(
            Claim(
                "with more domains than keys, entering a domain costs over ten times as much",
                EXHAUSTED,
                costs_more(
                    "domains/lru/domains:64/pages:1/pattern:round-robin",
                    "domains/lru/domains:8/pages:1/pattern:round-robin",
                    10,
                ),
                counts=True,
            ),
        ),
    ),
)
