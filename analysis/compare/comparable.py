"""Whether two results can be compared, and in which facts they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..reading.fields import text_of
from ..reading.result import Result


@dataclass(frozen=True)
class Difference:
    """A fact that is not the same for two results."""

    fact: str
    base: str
    new: str
    matters: bool  # whether it forbids a comparison; else it may be the subject of the study

    def __str__(self) -> str:
        """Return it as one line of text."""
        return f"{self.fact}: {self.base or 'not known'} and {self.new or 'not known'}"


def _of_machine(key: str) -> Callable[[Result], str]:
    return lambda result: text_of(result.machine.get(key))


def _keys(result: Result) -> str:
    keys = result.machine.get("keys")
    if not isinstance(keys, Mapping):
        return ""
    return "yes" if keys.get("supported") is True else f"no: {text_of(keys.get('reason'))}"


def _mitigations(result: Result) -> Mapping[str, str]:
    found = result.machine.get("mitigations")
    return {name: text_of(text) for name, text in found.items()} if isinstance(found, dict) else {}


# Comparisons are made to see a change of kernel, of its settings or of the compiler. With another
# processor or hypervisor the answer would be about the hardware.
MATTERS: Mapping[str, Callable[[Result], str]] = {
    "evidence": lambda result: result.evidence,
    "processor": _of_machine("cpu_model"),
    "processor's version": _of_machine("cpu_version"),
    "architecture": _of_machine("architecture"),
    "virtualisation": _of_machine("virtualisation"),
    "page size": _of_machine("page_size"),
}
WORTH_KNOWING: Mapping[str, Callable[[Result], str]] = {
    "kernel": _of_machine("kernel"),
    "kernel's command line": _of_machine("cmdline"),
    "emulator": _of_machine("emulator"),
    "microcode": _of_machine("microcode"),
    "CPUs": _of_machine("cpus"),
    "clock source": _of_machine("clocksource"),
    "frequency governor": _of_machine("governor"),
    "SMT": _of_machine("smt"),
    "transparent huge pages": _of_machine("thp"),
    "protection keys": _keys,
    "compiler": _of_machine("compiler"),
    "native build": _of_machine("native_build"),
    "version of pkbench": lambda result: result.version,
}


def differences_of(base: Sequence[Result], new: Sequence[Result]) -> list[Difference]:
    """Return the facts in which runs differ, of either side or of the two.

    Each once: first those of the first run of either side, with what forbids a comparison in front.
    """
    found = dict.fromkeys(differences(base[0], new[0]))
    for side, runs in (("base", base), ("new", new)):
        for other in runs[1:]:
            found |= {
                replace(each, fact=f"{each.fact} among the runs of {side}"): None
                for each in differences(runs[0], other)
            }
    return sorted(found, key=lambda each: not each.matters)


def differences(base: Result, new: Result) -> list[Difference]:
    """Return the facts in which two results differ: first those that forbid a comparison."""
    found = []
    for matters, facts in ((True, MATTERS), (False, WORTH_KNOWING)):
        for name, fact in facts.items():
            first, second = fact(base), fact(new)
            if first != second:
                found.append(Difference(name, first, second, matters))
    return [*found, *_of_mitigations(base, new)]


def _of_mitigations(base: Result, new: Result) -> list[Difference]:
    first, second = _mitigations(base), _mitigations(new)
    return [
        Difference(
            f"mitigation of {name}", first.get(name, ""), second.get(name, ""), matters=False
        )
        for name in sorted({*first, *second})
        if first.get(name) != second.get(name) and first and second
    ]
