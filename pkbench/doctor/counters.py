"""Whether the CPU's own counters can be had."""

import errno
from pathlib import Path

from pkbench.doctor.finding import Finding, rewrite, unread
from pkbench.machine import Machine, read, read_number
from pkbench.perf_event import CORE_CYCLES, count_briefly

PARANOID = "proc/sys/kernel/perf_event_paranoid"
SAMPLE_RATE = "proc/sys/kernel/perf_event_max_sample_rate"
THROTTLING = "proc/sys/kernel/perf_cpu_time_max_percent"
DEFAULT_RATE = 100_000  # kernel/events/core.c: DEFAULT_MAX_SAMPLE_RATE
PERF_RATE = 4000  # perf-record(1): what it asks for unless told otherwise

NO_COUNTERS = (
    "no counted cycles, instructions or TLB events beside the times; perf has tracepoints "
    "and cpu-clock only, and of the kernel only where perf_event_paranoid lets it see that"
)
NOTHING_DRIVES = (errno.ENOENT, errno.EOPNOTSUPP)
NO_DRIVER = "the kernel found no counters it can drive"
USER_ONLY = "cycles and instructions spent in the kernel, most of an mprotect, can't be counted"


def pmu(machine: Machine, root: Path) -> Finding:
    """Try to count core cycles, in user mode and kernel, then in user mode alone."""
    paranoid = read(root, PARANOID)
    try:
        return _counted(machine, count_cycles(user_only=False))
    except OSError as error:
        refused = error
    if refused.errno not in (errno.EACCES, errno.EPERM):
        name = errno.errorcode.get(refused.errno or 0, refused.strerror)
        why = NO_DRIVER if refused.errno in NOTHING_DRIVES else refused.strerror
        evidence = f"perf_event_open gave {name}: {why}"
        return Finding("pmu", "warning", evidence, NO_COUNTERS, no_fix=_who_has_counters(machine))
    evidence = (
        f"perf_event_open: {refused.strerror}, perf_event_paranoid is {paranoid or 'unknown'}"
    )
    # Documentation/admin-guide/sysctl/kernel.rst: above 1 the kernel's events need CAP_PERFMON;
    # 3 and above, in some distributions, all events do.
    strict = paranoid is not None and int(paranoid) > 1
    if paranoid is not None and strict:
        mend = rewrite({PARANOID: paranoid}, "1")
    else:
        evidence += ": something else refuses, as a container's filter would"
        mend = {"no_fix": "run it outside the container, or where perf_event_open is let through"}
    try:
        count_cycles(user_only=True)
    except OSError as error:
        if error.errno in NOTHING_DRIVES:
            evidence += f"; in user mode alone, {NO_DRIVER}"
        return Finding("pmu", "warning", evidence, NO_COUNTERS, **mend)
    return Finding(
        "pmu", "warning", f"{evidence}; user mode alone can be counted", USER_ONLY, **mend
    )


def _counted(machine: Machine, cycles: int) -> Finding:
    if cycles == 0:
        dead = "perf_event_open works, but its counter stays at zero"
        return Finding("pmu", "warning", dead, NO_COUNTERS, no_fix=_who_has_counters(machine))
    return Finding("pmu", "ok", "perf_event_open counts core cycles in user mode and kernel")


def _who_has_counters(machine: Machine) -> str:
    if machine.virtualisation:
        return "only the hypervisor's host can pass counters on; bare metal has them"
    return "the CPU's driver is missing: a kernel that knows this CPU, or the firmware's setup"


def sample_rate(_machine: Machine, root: Path) -> Finding:
    """Tell whether perf may sample often enough for a profile."""
    check = "sample_rate"
    effect = (
        "times stay as they are, but a profile of them has next to no samples: "
        "`pyperf system tune` leaves a rate of 1 behind"
    )
    found = read_number(root, SAMPLE_RATE)
    if found is None:
        return unread(check, SAMPLE_RATE, effect)
    evidence = f"perf_event_max_sample_rate is {found}"
    if found >= PERF_RATE:
        return Finding(check, "ok", evidence)
    # kernel/events/core.c: with its throttling off the kernel refuses to write the rate.
    if (percent := read_number(root, THROTTLING)) in (0, 100):
        no_fix = f"can't be written while perf_cpu_time_max_percent is {percent}"
        return Finding(check, "warning", evidence, effect, no_fix=no_fix)
    mend = rewrite({SAMPLE_RATE: str(found)}, str(DEFAULT_RATE))
    return Finding(check, "warning", evidence, effect, **mend)


def count_cycles(*, user_only: bool) -> int:
    """Count the core cycles of a little work; OSError where that isn't possible."""
    return count_briefly(*CORE_CYCLES, user_only=user_only)
