"""Whether two results may be compared, and in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .fields import text_of
from .result import Result


@dataclass(frozen=True)
class Difference:
    """A fact that is not the same for two results."""

    fact: str
    base: str
    new: str
    matters: bool  # the figures can't be compared; else it may be the very thing that is studied

    def __str__(self) -> str:
        """Return it as a sentence has it."""
        return f"{self.fact}: {self.base or 'not known'} and {self.new or 'not known'}"


def _of_machine(key: str) -> Callable[[Result], str]:
    return lambda result: text_of(result.machine.get(key))


# A change of kernel, of its settings or of the compiler is what a comparison is made for; another
# processor or another hypervisor answers another question.
MATTERS: Mapping[str, Callable[[Result], str]] = {
    "evidence": lambda result: result.evidence,
    "processor": _of_machine("cpu_model"),
    "architecture": _of_machine("architecture"),
    "virtualisation": _of_machine("virtualisation"),
    "page size": _of_machine("page_size"),
}
WORTH_KNOWING: Mapping[str, Callable[[Result], str]] = {
    "kernel": _of_machine("kernel"),
    "kernel's command line": _of_machine("cmdline"),
    "microcode": _of_machine("microcode"),
    "CPUs": _of_machine("cpus"),
    "clock source": _of_machine("clocksource"),
    "frequency governor": _of_machine("governor"),
    "SMT": _of_machine("smt"),
    "transparent huge pages": _of_machine("thp"),
    "mitigations": _of_machine("mitigations"),
    "compiler": _of_machine("compiler"),
    "native build": _of_machine("native_build"),
    "pkbench": lambda result: result.version,
}


def differences(base: Result, new: Result) -> list[Difference]:
    """Return the facts in which two results differ, those that matter first."""
    found = []
    for matters, facts in ((True, MATTERS), (False, WORTH_KNOWING)):
        for name, fact in facts.items():
            first, second = fact(base), fact(new)
            if first != second:
                found.append(Difference(name, first, second, matters))
    return found
