"""Checks of the CPU's performance counters and perf's sample rate."""

import errno
from pathlib import Path

from pkbench.doctor.finding import Finding, rewrite, unread
from pkbench.machine import Machine, read, read_number
from pkbench.perf_event import CORE_CYCLES, count_briefly

PARANOID = "proc/sys/kernel/perf_event_paranoid"
SAMPLE_RATE = "proc/sys/kernel/perf_event_max_sample_rate"
THROTTLING = "proc/sys/kernel/perf_cpu_time_max_percent"
DEFAULT_RATE = 100_000  # kernel/events/core.c: DEFAULT_MAX_SAMPLE_RATE
PERF_RATE = 4000  # perf-record(1): the default of --freq

NO_COUNTERS = (
    "times come without counts of cycles, instructions and TLB events; perf can use only "
    "tracepoints and cpu-clock, and sees the kernel only if perf_event_paranoid allows it"
)
WITHOUT_DRIVER = (errno.ENOENT, errno.EOPNOTSUPP)
NO_DRIVER = "the kernel has no driver for this CPU's counters"
USER_ONLY = "cycles and instructions in the kernel, where mprotect spends most, can't be counted"


def pmu(machine: Machine, root: Path) -> Finding:
    """Try to count core cycles in user mode and kernel, then in user mode alone."""
    paranoid = read(root, PARANOID)
    try:
        return _counted(machine, count_cycles(user_only=False))
    except OSError as error:
        refused = error
    if refused.errno not in (errno.EACCES, errno.EPERM):
        name = errno.errorcode.get(refused.errno or 0, refused.strerror)
        why = NO_DRIVER if refused.errno in WITHOUT_DRIVER else refused.strerror
        evidence = f"perf_event_open failed with {name}: {why}"
        return Finding(
            "pmu", "warning", evidence, NO_COUNTERS, no_fix=_how_to_get_counters(machine)
        )
    evidence = (
        f"perf_event_open: {refused.strerror}; perf_event_paranoid is {paranoid or 'not known'}"
    )
    # Documentation/admin-guide/sysctl/kernel.rst: above 1 the kernel's events need CAP_PERFMON;
    # 3 and above, in some distributions, all events do.
    strict = paranoid is not None and int(paranoid) > 1
    if paranoid is not None and strict:
        change = rewrite({PARANOID: paranoid}, "1")
    else:
        evidence += "; something else forbids it, such as a container's filter"
        change = {"no_fix": "run outside the container, or let its filter allow perf_event_open"}
    try:
        count_cycles(user_only=True)
    except OSError as error:
        if error.errno in WITHOUT_DRIVER:
            evidence += f"; for user mode alone, {NO_DRIVER}"
        return Finding("pmu", "warning", evidence, NO_COUNTERS, **change)
    return Finding(
        "pmu", "warning", f"{evidence}; only user mode can be counted", USER_ONLY, **change
    )


def _counted(machine: Machine, cycles: int) -> Finding:
    if cycles == 0:
        dead = "perf_event_open works, but the counter stays at zero"
        return Finding("pmu", "warning", dead, NO_COUNTERS, no_fix=_how_to_get_counters(machine))
    return Finding("pmu", "ok", "perf_event_open counts core cycles in user mode and kernel")


def _how_to_get_counters(machine: Machine) -> str:
    if machine.virtualisation:
        return "only the hypervisor's host can pass counters on; or measure on bare metal"
    return "use a kernel that supports this CPU, or enable the counters in the firmware's setup"


def sample_rate(_machine: Machine, root: Path) -> Finding:
    """Check that perf may sample often enough for a profile."""
    check = "sample_rate"
    effect = (
        "a profile gets almost no samples, though times are not affected; `pyperf system tune` "
        "sets a rate of 1"
    )
    found = read_number(root, SAMPLE_RATE)
    if found is None:
        return unread(check, SAMPLE_RATE, effect)
    evidence = f"perf_event_max_sample_rate is {found}"
    if found >= PERF_RATE:
        return Finding(check, "ok", evidence)
    # kernel/events/core.c: the rate can't be written while throttling is off.
    if (percent := read_number(root, THROTTLING)) in (0, 100):
        no_fix = f"it can't be changed while perf_cpu_time_max_percent is {percent}"
        return Finding(check, "warning", evidence, effect, no_fix=no_fix)
    change = rewrite({SAMPLE_RATE: str(found)}, str(DEFAULT_RATE))
    return Finding(check, "warning", evidence, effect, **change)


def count_cycles(*, user_only: bool) -> int:
    """Count the core cycles of a little work; OSError where that isn't possible."""
    return count_briefly(*CORE_CYCLES, user_only=user_only)
