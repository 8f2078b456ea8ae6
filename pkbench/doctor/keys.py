"""Checks of protection keys: each step of their detection, and whether the kernel keeps PKRU."""

import errno
import re
from pathlib import Path

from pkbench.doctor.finding import NOT_KNOWN, Finding, Status, rewrite
from pkbench.doctor.key_models import model_with_keys
from pkbench.machine import Machine, read

ALL_KEYS = 15  # 16 in the register, of which key 0 belongs to every page
INITIAL_PKRU = 0x55555554  # arch/x86/mm/pkeys.c: init_pkru_value
FILTERED = "seccomp filter"  # native/machine.c says so
INIT_PKRU = "sys/kernel/debug/x86/init_pkru"

# From Linux 5.2 on (0cecca9d03c9), a switch from a kernel thread may leave PKRU as it is instead of
# loading the next thread's. Fixed in 5.13, and in two stable series by "x86/fpu: Correct
# pkru/xstate inconsistency". V8 asks for the same versions: KernelHasPkruFix in
# src/libplatform/default-thread-isolated-allocator.cc.
PKRU_BROKEN, PKRU_FIXED = (5, 2), (5, 13)
PKRU_FIXED_STABLE = {(5, 4): 182, (5, 10): 103}

SKIPPED = (
    "cases that need keys are skipped, and this reason is reported; `pkbench count` counts their "
    "instructions without keys"
)


def keys(machine: Machine, root: Path) -> Finding:
    """Check that protection keys work, that all are free, and that initial rights are standard."""
    found = machine.keys
    steps = "; ".join(_steps(machine))
    if not found.supported:
        # A CPU without keys is in order. Keys that the kernel announces but nobody can use are not.
        status: Status = "problem" if found.kernel else "warning"
        return Finding("keys", status, steps, SKIPPED, no_fix=_why_no_keys(machine, root))
    if found.count < ALL_KEYS:
        return Finding(
            "keys",
            "warning",
            steps,
            f"something in this process holds {ALL_KEYS - found.count} of the {ALL_KEYS} keys "
            "(execute-only memory takes one), so cases that need all of them are skipped",
            no_fix="a preloaded library may hold the key; run without LD_PRELOAD",
        )
    if found.initial_pkru not in (None, INITIAL_PKRU):
        return Finding(
            "keys",
            "warning",
            steps,
            "init_pkru= changed the rights that a process starts with; signal delivery and exec "
            "write this value, so they are timed with another register state",
            **_restore_rights(root),
        )
    return Finding("keys", "ok", steps)


def pkru_switch(machine: Machine, root: Path) -> Finding:
    """Check that the kernel gives each thread its own PKRU; some versions do not."""
    effect = (
        "after a kernel thread, a thread may run with another thread's PKRU (Linux 5.2 to 5.12), "
        "so cases with keys may fail or be timed with other rights; V8 uses no keys here"
    )
    version = _kernel_version(machine, root)
    if not version:
        return Finding(
            "pkru_switch", "unknown", "the kernel's version is not known", effect, no_fix=NOT_KNOWN
        )
    number = ".".join(map(str, version))
    if not machine.keys.kernel:
        return Finding("pkru_switch", "ok", f"Linux {number}, which uses no keys here")
    series, patch = version[:2], version[2]
    fixed = patch >= PKRU_FIXED_STABLE.get(series, patch + 1)
    if series < PKRU_BROKEN or series >= PKRU_FIXED or fixed:
        return Finding("pkru_switch", "ok", f"Linux {number}")
    return Finding(
        "pkru_switch",
        "warning",
        f"Linux {number}",
        effect,
        no_fix="use Linux 5.13 or later, or 5.10.103 or 5.4.182 or later of these series",
    )


def _kernel_version(machine: Machine, root: Path) -> tuple[int, int, int] | None:
    """Return the version of Linux that the kernel was made from.

    The release of a distribution may not tell it: Debian's 5.10.0-46 was made from 5.10.262.
    """
    said = (
        ("proc/version", r"\bDebian (\d+)\.(\d+)\.(\d+)"),
        ("proc/version_signature", r"^Ubuntu \S+ (\d+)\.(\d+)\.(\d+)"),
    )
    found = [re.search(pattern, read(root, path) or "") for path, pattern in said]
    found.append(re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", machine.kernel or ""))
    first = next(filter(None, found), None)
    return (int(first[1]), int(first[2]), int(first[3] or 0)) if first else None


def _why_no_keys(machine: Machine, root: Path) -> str:
    """Return what would make keys available here."""
    found = machine.keys
    if found.cpu is None:
        return "protection keys need x86-64"
    if not found.cpu:
        model = model_with_keys(root)
        if model and machine.virtualisation:
            return (
                f"this CPU model has keys ({model}), and the hypervisor hides them: its operator "
                "would have to pass them on (QEMU: `-cpu host`, or `+pku`)"
            )
        if model:
            return (
                f"this CPU model has keys ({model}), but CPUID does not report them: look for a "
                "setting of the firmware"
            )
        if machine.virtualisation:
            return "the host's CPU may have keys; its hypervisor would have to pass them on"
        return "use a machine whose CPU has them"
    if not found.kernel:
        return (
            "at boot, leave out `nopku` and `clearcpuid=`; if neither is set, use another kernel "
            "or host"
        )
    if found.alloc_errno == errno.ENOSPC:
        return "a preloaded library may hold the keys; run without LD_PRELOAD"
    if FILTERED in found.reason:
        return (
            "allow pkey_alloc, pkey_mprotect and pkey_free in the filter of the container (docker "
            "run --security-opt seccomp=…) or the service (SystemCallFilter=), or run outside of it"
        )
    return "a container or the hypervisor may prevent it; try outside of it"


def _restore_rights(root: Path) -> dict[str, str]:
    """Return the fix that gives new programs the kernel's default rights; debugfs needs root."""
    present = read(root, INIT_PKRU)
    if present is None:
        return {"no_fix": "at boot, leave out init_pkru="}
    return rewrite({INIT_PKRU: present}, f"0x{INITIAL_PKRU:08x}")


def _steps(machine: Machine) -> list[str]:
    """Return what each step found; where keys don't work, the last one is the reason."""
    found = machine.keys
    steps = []
    if found.cpu:
        steps.append("CPUID.7.0:ECX.PKU is set")
    if found.kernel:
        steps.append("OSPKE is set")
    if found.initial_pkru is not None:
        steps.append(f"RDPKRU returned 0x{found.initial_pkru:08x}")
    if found.alloc_errno == 0:
        steps.append(
            f"pkey_alloc returned {found.count} keys" if found.count else "pkey_alloc works"
        )
    elif found.alloc_errno is not None:
        name = errno.errorcode.get(found.alloc_errno, f"error {found.alloc_errno}")
        steps.append(f"pkey_alloc failed with {name}")
    return [*steps, "a denied store faulted" if found.supported else found.reason]
