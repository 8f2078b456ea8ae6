"""How fast the cores run, and who shares them."""

from pathlib import Path

from pkbench.doctor.finding import HOST_ONLY, NOT_KNOWN, Finding, exists, rewrite, unread
from pkbench.machine import CPU, Machine, cpu_list, governors, read, read_each

DRIFT = (
    "the core's frequency moves while it is measured: by 7 to 12 % from one run to the next on a "
    "guest whose hypervisor sets it (4.0 down to 3.7 GHz), and no repeating averages that out"
)


def governor(machine: Machine, root: Path) -> Finding:
    """Tell whether the frequency governor holds the frequency."""
    check, found = "governor", governors(root)
    if not found:
        who = "the hypervisor sets the frequency" if machine.virtualisation else "no cpufreq driver"
        why = HOST_ONLY if machine.virtualisation else NOT_KNOWN
        return Finding(check, "unknown", f"no policy in /{CPU}/cpufreq: {who}", DRIFT, no_fix=why)
    others = {path: text for path, text in found.items() if text != "performance"}
    if not others:
        return Finding(check, "ok", f"performance, on all of {len(found)} frequency policies")
    names = ", ".join(sorted(set(others.values())))
    evidence = f"{names}, on {len(others)} of {len(found)} frequency policies"
    offered = [
        (read(root, path.replace("governor", "available_governors")) or "").split()
        for path in others
    ]
    mend = {"no_fix": "not every policy offers `performance`"}
    if all("performance" in o for o in offered):
        mend = rewrite(others, "performance")
    return Finding(check, "warning", evidence, DRIFT, **mend)


def turbo(machine: Machine, root: Path) -> Finding:
    """Tell whether the cores may exceed the frequency they can hold."""
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
    evidence = "neither intel_pstate/no_turbo nor cpufreq/boost in /" + CPU
    no_fix = HOST_ONLY if machine.virtualisation else "the firmware's setup may have a switch"
    return Finding("turbo", "unknown", evidence, DRIFT, no_fix=no_fix)


def smt(machine: Machine, root: Path) -> Finding:
    """Tell whether cores run two threads at once."""
    effect = (
        "threads of a core share its execution units (Intel SDM vol. 3A, Hyper-Threading), "
        "and a busy sibling slows what is timed"
    )
    active = read(root, f"{CPU}/smt/active")
    if active is None:
        return unread("smt", f"{CPU}/smt/active", effect)
    evidence = f"active is {active}, control is {machine.smt or 'not known'}"
    if active == "1":
        if siblings := _siblings(machine, root):
            evidence += f", these share a core: {siblings}"
        mend = {"no_fix": "the kernel can't switch it; the firmware's setup may"}
        if machine.smt == "on":
            mend = rewrite({f"{CPU}/smt/control": machine.smt}, "off")
        return Finding("smt", "warning", evidence, effect, **mend)
    if machine.virtualisation:
        hidden = f"{evidence}, but {machine.virtualisation} may put two of these CPUs on one core"
        return Finding("smt", "unknown", hidden, effect, no_fix=HOST_ONLY)
    return Finding("smt", "ok", evidence)


def isolation(machine: Machine, root: Path) -> Finding:
    """Tell whether other tasks are kept away from the CPUs that may be used."""
    effect = (
        "the scheduler may put other tasks on the CPU that is timed, and its tick interrupts "
        "(Documentation/timers/no_hz.rst): counted under emulation, kernel threads added up to 3 × "
        "to operations of over a million instructions"
    )
    path = f"{CPU}/isolated"
    if not exists(root, path):
        return unread("isolation", path, effect)
    listed = read(root, path)
    isolated, allowed = cpu_list(listed or ""), set(machine.allowed_cpus)
    full = read(root, f"{CPU}/nohz_full") or ""
    tickless = full if cpu_list(full) else "no CPU"  # the kernel writes none as (null)
    evidence = f"isolated: {listed or 'no CPU'}; nohz_full: {tickless}"
    if allowed <= isolated:
        return Finding("isolation", "ok", evidence)
    run = f"`taskset -c {listed or 'LIST'} pkbench run`"
    no_fix = f"what runs there must be put there: start {run}"
    if not isolated:
        no_fix = f"at boot: isolcpus=LIST nohz_full=LIST rcu_nocbs=LIST; then start {run}"
    return Finding("isolation", "warning", evidence, effect, no_fix=no_fix)


def _siblings(machine: Machine, root: Path) -> str:
    """Return which of the CPUs that may be used have siblings, as the kernel writes them."""
    topology = (f"{CPU}/cpu{cpu}/topology/thread_siblings_list" for cpu in machine.allowed_cpus)
    lists = dict.fromkeys(text for path in topology if (text := read(root, path)))
    return " and ".join(text for text in lists if len(cpu_list(text)) > 1)
