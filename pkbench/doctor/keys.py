"""Whether protection keys work: each step of the detection, up to the first that says no."""

import errno
from pathlib import Path

from pkbench.doctor.finding import Finding
from pkbench.machine import Machine

ALL_KEYS = 15  # 16 in the register, of which key 0 belongs to every page
INITIAL_PKRU = 0x55555554  # arch/x86/mm/pkeys.c: init_pkru_value

SKIPPED = "key cases are skipped with this reason; `pkbench count` gives their path lengths"


def keys(machine: Machine, _root: Path) -> Finding:
    """Tell how far the detection came."""
    found = machine.keys
    steps = "; ".join(_steps(machine))
    if not found.supported:
        # A CPU without keys is sound; keys that the kernel announces and nobody can use are not.
        return Finding("keys", "problem" if found.kernel else "warning", steps, SKIPPED)
    if found.count < ALL_KEYS:
        return Finding(
            "keys",
            "warning",
            steps,
            f"something in this process holds {ALL_KEYS - found.count} of the {ALL_KEYS} keys "
            "(execute-only memory takes one): cases that need all of them are skipped",
        )
    if found.initial_pkru not in (None, INITIAL_PKRU):
        return Finding(
            "keys",
            "warning",
            steps,
            "the kernel was told other rights to begin with (init_pkru=): signal delivery and exec "
            "write this value, so their cost is that of another register state",
        )
    return Finding("keys", "ok", steps)


def _steps(machine: Machine) -> list[str]:
    """Say what each step found; where keys are missing the last one is the reason."""
    found = machine.keys
    steps = []
    if found.cpu:
        steps.append("CPUID.7.0:ECX.PKU is set")
    if found.kernel:
        steps.append("OSPKE is set")
    if found.initial_pkru is not None:
        steps.append(f"RDPKRU gave 0x{found.initial_pkru:08x}")
    if found.alloc_errno == 0:
        steps.append(f"pkey_alloc gave {found.count} keys" if found.count else "pkey_alloc works")
    elif found.alloc_errno is not None:
        name = errno.errorcode.get(found.alloc_errno, f"error {found.alloc_errno}")
        steps.append(f"pkey_alloc gave {name}")
    return [*steps, "a denied store faulted" if found.supported else found.reason]
