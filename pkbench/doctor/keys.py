"""Whether protection keys work: each step of the detection, up to the first that says no."""

import errno
from pathlib import Path

from pkbench.doctor.finding import Finding, Status, rewrite
from pkbench.machine import Machine, read

ALL_KEYS = 15  # 16 in the register, of which key 0 belongs to every page
INITIAL_PKRU = 0x55555554  # arch/x86/mm/pkeys.c: init_pkru_value
INIT_PKRU = "sys/kernel/debug/x86/init_pkru"

SKIPPED = "key cases are skipped with this reason; `pkbench count` gives their path lengths"


def keys(machine: Machine, root: Path) -> Finding:
    """Tell how far the detection came."""
    found = machine.keys
    steps = "; ".join(_steps(machine))
    if not found.supported:
        # A CPU without keys is sound; keys that the kernel announces and nobody can use are not.
        status: Status = "problem" if found.kernel else "warning"
        return Finding("keys", status, steps, SKIPPED, no_fix=_why_no_keys(machine))
    if found.count < ALL_KEYS:
        return Finding(
            "keys",
            "warning",
            steps,
            f"something in this process holds {ALL_KEYS - found.count} of the {ALL_KEYS} keys "
            "(execute-only memory takes one): cases that need all of them are skipped",
            no_fix="a preloaded library may hold it: run without LD_PRELOAD",
        )
    if found.initial_pkru not in (None, INITIAL_PKRU):
        return Finding(
            "keys",
            "warning",
            steps,
            "the kernel was told other rights to begin with (init_pkru=): signal delivery and exec "
            "write this value, so their cost is that of another register state",
            **_mend_rights(root),
        )
    return Finding("keys", "ok", steps)


def _why_no_keys(machine: Machine) -> str:
    """Say who could bring keys here."""
    found = machine.keys
    if found.cpu is None:
        return "nothing here can bring keys: they need x86-64"
    if not found.cpu:
        nothing = "nothing brings keys to a CPU without them"
        return "the host may have keys and hide them" if machine.virtualisation else nothing
    if not found.kernel:
        return "at boot: leave out `nopku` and `clearcpuid=`; else another kernel, or host"
    if found.alloc_errno == errno.ENOSPC:
        return "a preloaded library may hold the keys: run without LD_PRELOAD"
    return "a container's filter or the hypervisor is in the way: try outside of it"


def _mend_rights(root: Path) -> dict[str, str]:
    """Return how the next program gets the kernel's own rights: debugfs has them, root reads it."""
    told = read(root, INIT_PKRU)
    if told is None:
        return {"no_fix": "at boot: leave out init_pkru="}
    return rewrite({INIT_PKRU: told}, f"0x{INITIAL_PKRU:08x}")


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
