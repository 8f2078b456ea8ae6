"""Checks of the cores: frequency, SMT, isolation."""

from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, exists, rewrite, unread
from pkbench.machine import CPU, Machine, cpu_list, governors, read, read_each

DRIFT = (
    "the core's frequency changes between runs, and repeating does not average that out; on a "
    "guest whose hypervisor sets the frequency, figures moved by 7 to 12 % (4.0 to 3.7 GHz)"
)


def governor(machine: Machine, root: Path) -> Finding:
    """Check that the frequency governor keeps the frequency fixed."""
    check, found = "governor", governors(root)
    if not found:
        who = "the hypervisor sets the frequency" if machine.virtualisation else "no cpufreq driver"
        why = HOST_ONLY if machine.virtualisation else NOT_KNOWN
        return Finding(
            check, "unknown", f"no frequency policy in /{CPU}/cpufreq: {who}", DRIFT, no_fix=why
        )
    others = {path: text for path, text in found.items() if text != "performance"}
    if not others:
        return Finding(check, "ok", f"performance on all {len(found)} frequency policies")
    names = ", ".join(sorted(set(others.values())))
    evidence = f"{names} on {len(others)} of {len(found)} frequency policies"
    offered = [
        (read(root, path.replace("governor", "available_governors")) or "").split()
        for path in others
    ]
    change = {"no_fix": "not every frequency policy offers `performance`"}
    if all("performance" in choices for choices in offered):
        change = rewrite(others, "performance")
    return Finding(check, "warning", evidence, DRIFT, **change)


def turbo(machine: Machine, root: Path) -> Finding:
    """Check that the cores don't exceed the frequency that they can sustain."""
    no_turbo = read_each(root, f"{CPU}/intel_pstate", "no_turbo")
    boost = read_each(root, f"{CPU}/cpufreq", "boost") or read_each(
        root, f"{CPU}/cpufreq", "policy*/boost"
    )
    for found, on, off in ((no_turbo, "0", "1"), (boost, "1", "0")):
        if found:
            evidence = f"/{next(iter(found))} is {next(iter(found.values()))}"
            above = {path: text for path, text in found.items() if text == on}
            if not above:
                return Finding("turbo", "ok", evidence)
            return Finding("turbo", "warning", evidence, DRIFT, **rewrite(above, off))
    evidence = f"/{CPU} has neither intel_pstate/no_turbo nor cpufreq/boost"
    no_fix = (
        HOST_ONLY
        if machine.virtualisation
        else "turn turbo off in the firmware's setup, if it has a switch"
    )
    return Finding("turbo", "unknown", evidence, DRIFT, no_fix=no_fix)


def smt(machine: Machine, root: Path) -> Finding:
    """Check that no core runs two hardware threads at once."""
    effect = (
        "SMT contention: the hardware threads of a core share its execution units (Intel SDM "
        "vol. 3A, Hyper-Threading), so a busy sibling slows what is timed"
    )
    active = read(root, f"{CPU}/smt/active")
    if active is None:
        return unread("smt", f"{CPU}/smt/active", effect)
    evidence = f"active is {active}, control is {machine.smt or 'not known'}"
    if active == "1":
        if siblings := _siblings(machine, root):
            evidence += f"; these CPUs share a core: {siblings}"
        change = {"no_fix": "the kernel can't turn SMT off here; try the firmware's setup"}
        if machine.smt == "on":
            change = rewrite({f"{CPU}/smt/control": machine.smt}, "off")
        return Finding("smt", "warning", evidence, effect, **change)
    if machine.virtualisation:
        hidden = f"{evidence}; but {machine.virtualisation} may run two of these CPUs on one core"
        return Finding("smt", "unknown", hidden, effect, no_fix=HOST_ONLY)
    return Finding("smt", "ok", evidence)


def isolation(machine: Machine, root: Path) -> Finding:
    """Check that the kernel keeps other tasks off the CPUs that pkbench may use."""
    effect = (
        "other tasks and the scheduler's tick may interrupt what is timed "
        "(Documentation/timers/no_hz.rst); counted under emulation, kernel threads added up to "
        "three times the instructions to operations of over a million"
    )
    path = f"{CPU}/isolated"
    if not exists(root, path):
        return unread("isolation", path, effect)
    listed = read(root, path)
    isolated, allowed = cpu_list(listed or ""), set(machine.allowed_cpus)
    full = read(root, f"{CPU}/nohz_full") or ""
    tickless = full if cpu_list(full) else "no CPU"  # the kernel writes "(null)" for none
    evidence = f"isolated: {listed or 'no CPU'}; nohz_full: {tickless}"
    if allowed <= isolated:
        return Finding("isolation", "ok", evidence)
    run = f"`taskset -c {listed or 'LIST'} pkbench run`"
    no_fix = f"tasks run on isolated CPUs only if placed there: start {run}"
    if not isolated:
        no_fix = f"at boot, add isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST; then start {run}"
    return Finding("isolation", "warning", evidence, effect, no_fix=no_fix)


def _siblings(machine: Machine, root: Path) -> str:
    """Return the allowed CPUs' groups of siblings, as the kernel writes them: "0,4 and 1,5"."""
    topology = (f"{CPU}/cpu{cpu}/topology/thread_siblings_list" for cpu in machine.allowed_cpus)
    lists = dict.fromkeys(text for path in topology if (text := read(root, path)))
    return " and ".join(text for text in lists if len(cpu_list(text)) > 1)
