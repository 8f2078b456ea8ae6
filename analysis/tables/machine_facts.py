"""Build the tables of the machines: their facts, and the noise sources that doctor found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import formatting
from ..estimate.result_set import ResultSet
from ..reading.fields import number_of, text_of
from ..reading.result import Finding, Result
from .table import Table

NOT_KNOWN = "not known"
NONE_FOUND = "none"
FLAGS = "emulated CPU"
MOST_FINDINGS = 60  # of a machine; doctor has about half as many checks
TITLES = {
    "silicon": "What was measured on",
    "path length": "What instructions were counted on",
    "function": "What the cases were tried on",
}


@dataclass(frozen=True)
class Findings:
    """The findings of doctor on one machine: those that are not ok, and the names of the rest."""

    machine: str
    notable: Sequence[Finding]
    fine: Sequence[str]

    @property
    def problems(self) -> Sequence[Finding]:
        """The noise sources that disturb measurements."""
        return [finding for finding in self.notable if finding.status == "problem"]

    @property
    def others(self) -> Sequence[Finding]:
        """The findings that may disturb measurements."""
        return [finding for finding in self.notable if finding.status != "problem"]

    def summary(self, whole: bool) -> str:
        """Say how many findings there are of each status: of all, or without the problems."""
        kinds = Counter(found.status for found in (self.notable if whole else self.others))
        found = [
            formatting.count(n, k, k if k == "unknown" else "") for k, n in sorted(kinds.items())
        ]
        return formatting.listed(found)


def card(result_set: ResultSet) -> Table:
    """Return a row for each fact and a column for each machine."""
    rows = []
    for label, fact in FACTS.items():
        found = [fact(result) for _, result in result_set.machines]
        if any(found):
            rows.append([label, *(text or NOT_KNOWN for text in found)])
    headings = ["", *result_set.names]
    data = pd.DataFrame(rows, columns=["fact", *headings[1:]])
    return Table(
        name="machine",
        title=TITLES[result_set.evidence],
        headings=headings,
        rows=rows,
        data=data,
        note=f"Shaded: the {result_set.noun}s differ." if len(result_set.names) > 1 else "",
        text_columns=len(headings),
    )


@dataclass(frozen=True)
class Facts:
    """The facts of a result set's machines: those that differ, and those that are the same."""

    machines: Sequence[str]
    differ: Sequence[tuple[str, Sequence[str]]]  # a fact, and a text per machine
    same: Sequence[tuple[str, str]]


def facts(result_set: ResultSet) -> Facts:
    """Return the facts of `card`, those that differ separate from those that are the same."""
    rows = [_beyond(label, texts) for label, *texts in card(result_set).rows]
    return Facts(
        machines=result_set.names,
        differ=[(label, texts) for label, texts in rows if len(set(texts)) > 1],
        same=[(label, texts[0]) for label, texts in rows if len(set(texts)) == 1],
    )


def _beyond(label: str, texts: Sequence[str]) -> tuple[str, Sequence[str]]:
    """Reduce the flags of different CPUs to those that not all of them have."""
    if label != FLAGS or len(set(texts)) == 1:
        return label, texts
    common = set.intersection(*(set(text.split()) for text in texts))
    own = (" ".join(flag for flag in text.split() if flag not in common) for text in texts)
    return f"{label}, not the same on all", [text or NONE_FOUND for text in own]


def findings(result_set: ResultSet) -> list[Findings]:
    """Return the findings on each machine that doctor checked."""
    return [
        Findings(
            machine=name,
            notable=[f for f in result.findings if f.status != "ok"][:MOST_FINDINGS],
            fine=[f.check for f in result.findings if f.status == "ok"],
        )
        for name, result in result_set.machines
        if result.findings
    ]


def short(result: Result) -> str:
    """Return the facts of a machine that go into the caption of a figure."""
    machine = result.machine
    parts = [
        _processor(result),
        _lead("microcode", machine.get("microcode")) if not _guest(result) else "",
        _lead("Linux", machine.get("kernel")),
        _lead("under", machine.get("virtualisation")),
        _lead("governor", machine.get("governor")),
        text_of(machine.get("compiler")),
        result.date[:10],
        _lead("pkbench", result.version),
        _lead("seed", result.seed),
    ]
    return ", ".join(part for part in parts if part)


def _lead(word: str, value: object) -> str:
    text = text_of(value)
    return f"{word} {text}" if text else ""


def _plain(key: str) -> Callable[[Result], str]:
    return lambda result: text_of(result.machine.get(key))


def _processor(result: Result) -> str:
    """Return the CPU's model, with its version where the file has one."""
    parts = (text_of(result.machine.get(key)) for key in ("cpu_model", "cpu_version"))
    return ", ".join(part for part in parts if part)


def _memory(result: Result) -> str:
    size = number_of(result.machine.get("memory_bytes"))
    return formatting.memory(size) if size is not None and size >= 0 else ""


def _frequency(result: Result) -> str:
    rate = number_of(result.machine.get("tsc_hz"))
    return f"{formatting.figures(rate / 1e9, 4)} GHz" if rate is not None and rate > 0 else ""


def _keys(result: Result) -> str:
    keys = result.machine.get("keys")
    if not isinstance(keys, Mapping) or "supported" not in keys:
        return ""
    if not keys["supported"]:
        return f"no: {text_of(keys.get('reason')) or 'reason not known'}"
    number = text_of(keys.get("count"))
    return f"yes{f', {number} to allocate' if number else ''}"


def _mitigations(result: Result) -> str:
    found: Any = result.machine.get("mitigations")
    if not isinstance(found, Mapping):
        return text_of(found)
    active = [
        f"{name}: {text_of(text)}"
        for name, text in sorted(found.items())
        if text_of(text) != "Not affected"
    ]
    return "; ".join(active) or ("none needed" if found else "")


def _guest(result: Result) -> bool:
    return bool(text_of(result.machine.get("virtualisation")))


def _microcode(result: Result) -> str:
    """Return the microcode's version; a guest gets it from its hypervisor, and KVM invents one."""
    version = text_of(result.machine.get("microcode"))
    return f"{version}, as the hypervisor says" if version and _guest(result) else version


def _virtual(result: Result) -> str:
    value = result.machine.get("virtualisation")
    return NONE_FOUND if value == "" else text_of(value)


FACTS: Mapping[str, Callable[[Result], str]] = {
    "processor": _processor,
    "architecture": _plain("architecture"),
    "protection keys": _keys,
    "kernel": _plain("kernel"),
    "virtualisation": _virtual,
    "emulator": _plain("emulator"),
    FLAGS: _plain("cpu_flags"),
    "CPUs": _plain("cpus"),
    "memory": _memory,
    "page size (bytes)": _plain("page_size"),
    "microcode": _microcode,
    "clock source": _plain("clocksource"),
    "TSC": _frequency,
    "frequency governor": _plain("governor"),
    "SMT": _plain("smt"),
    "transparent huge pages": _plain("thp"),
    "mitigations": _mitigations,
    "C library": _plain("libc"),
    "compiler": _plain("compiler"),
    "native build": _plain("native_build"),
    "begun": lambda result: result.date.replace("T", " ").replace("+00:00", " UTC"),
    "pkbench": lambda result: result.version,
    "preset": lambda result: result.preset,
    "seed": lambda result: text_of(result.seed),
    "to repeat": lambda result: result.command,
    "file": lambda result: result.file,
}
