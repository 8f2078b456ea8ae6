"""Where the claims were published.

"Secondary" marks a figure that was seen in notes on its source, not in the source itself.
"""

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
