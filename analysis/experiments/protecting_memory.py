"""Published experiments on changing the protection of memory.

A claim leaves room for other machines: it is about a shape, never about a figure to the digit.
"""

from __future__ import annotations

from .experiment import Claim, Experiment
from .sources import EOSD, LIBMPK, READERS, YANG
from .verdict import costs_more, linear, ratio_within, seconds_a_page_within, seconds_within

WRPKRU = "instruction/wrpkru-toggle"
ONE_PAGE = "protect/mprotect-rw-ro/pages:1"
SIBLINGS = "threads/mprotect-siblings/siblings:{}/threads:2"
READ = "threads/mprotect-readers/pages:16384/threads:{}"
# Sources that change protection there and back give the mean of both directions.
TOGGLE = "(protect/mprotect-none-rw/pages:{0} + protect/mprotect-rw-none/pages:{0}) / 2"

EXPERIMENTS = (
    Experiment(
        name="libmpk-mprotect-pages",
        what="mprotect by the number of pages, in one region and in a region for each",
        cases=("protect/mprotect-rw-ro",),
        points=("pages=1,16,64,512,4096,16384",),
        figure="pages",
        claims=(
            Claim(
                "the cost is proportional to the pages: each further page costs the same, within "
                "a factor of 1.5",
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
                "16 regions of a page, a call for each, cost more than one region of 16 pages",
                LIBMPK,
                costs_more(f"16 {ONE_PAGE}", "protect/mprotect-rw-ro/pages:16"),
                counts=True,
            ),
        ),
    ),
    Experiment(
        name="libmpk-threads",
        what="revoking a right in all threads: by WRPKRU in each, or by one mprotect",
        cases=(
            *("switch/revoke-threads", "switch/revoke-signal", "switch/revoke-mprotect"),
            "threads/mprotect-siblings",
        ),
        points=("threads=1,2",),
        figure="revoke",
        claims=(
            Claim(
                "with two threads, a write of PKRU in each costs less than one mprotect",
                LIBMPK,
                costs_more("switch/revoke-mprotect/threads:2", "switch/revoke-threads/threads:2"),
            ),
            Claim(
                "mprotect costs more while another thread runs than while it sleeps",
                LIBMPK,
                costs_more(SIBLINGS.format("spinning"), SIBLINGS.format("sleeping")),
            ),
        ),
    ),
    Experiment(
        name="mprotect-size",
        what="mprotect between no access and full access, from a page to 40 MiB",
        cases=("protect/mprotect-none-rw", "protect/mprotect-rw-none"),
        points=("pages=1,10,100,1000,10000",),
        figure="pages",
        claims=(
            Claim(
                "a change of a page takes about 1.7 µs, the mean of both directions: half to twice "
                "that",
                YANG,
                seconds_within(TOGGLE.format(1), 0.85e-6, 3.4e-6),
            ),
            Claim(
                "in large ranges each further page takes about 17 ns: half to twice that",
                YANG,
                seconds_a_page_within(
                    TOGGLE.format(1000),
                    TOGGLE.format(10000),
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
        points=("pages=16384", "threads=1,2,9"),
        figure="readers",
        claims=(
            Claim(
                "it costs more with a reading thread than without",
                READERS,
                costs_more(READ.format(2), READ.format(1)),
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
        what="mprotect that changes nothing, and mprotect that changes rights",
        cases=(
            "syscall/mprotect-same",
            *("protect/mprotect-none-rw/pages:1", "protect/mprotect-rw-none/pages:1"),
        ),
        points=(),
        figure="cycles",
        claims=(
            Claim(
                "a change, the mean of both directions, costs about 2.7 times as much as none: 1.5 "
                "to 5 times",
                EOSD,
                ratio_within(TOGGLE.format(1), "syscall/mprotect-same", 1.5, 5),
                counts=True,
            ),
        ),
    ),
)
