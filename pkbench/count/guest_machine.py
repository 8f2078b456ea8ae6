"""Describe a guest as a machine, from the files and facts that it reports."""

import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from pkbench import machine
from pkbench.machine import Machine, Probe


@dataclass
class GuestFacts:
    """What a guest reports: files of /proc and /sys, and what native code found out."""

    files: dict[str, str] = field(default_factory=dict)
    # Lines by their first word: "probe", "compiler" or "build".
    reports: dict[str, str] = field(default_factory=dict)

    def machine(self) -> Machine:
        """Return the guest as a machine, detected in the same way as a host."""
        with tempfile.TemporaryDirectory(prefix="pkbench-guest-files-") as folder:
            for path, text in self.files.items():
                copy = Path(folder, path.lstrip("/"))
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(text)
            found = machine.detect(Path(folder), self._probe())
        return replace(found, libc=None)  # detected on the host; the guest's program is static

    def cpu_flags(self) -> str:
        """Return the CPU's features, as the guest's kernel lists them."""
        cpuinfo = self.files.get("/proc/cpuinfo", "")
        found = re.search(r"^flags\s*: (.*)$", cpuinfo, re.MULTILINE)
        return found[1] if found else ""

    def command_line(self) -> str:
        """Return the command line of the guest's kernel."""
        return self.files.get("/proc/cmdline", "").strip()

    def _probe(self) -> Probe:
        """Parse the line "NAME=NUMBER … reason=TEXT"."""
        numbers, _, reason = self.reports.get("probe", "").partition("reason=")
        found = {name: int(number) for name, number in re.findall(r"(\w+)=(-?\d+)", numbers)}
        return Probe(
            architecture="x86_64",
            keys_missing=reason,
            has_pkru=bool(found.get("has_pkru")),
            cpu_pku=bool(found.get("cpu_pku")),
            os_pke=bool(found.get("os_pke")),
            hypervisor=bool(found.get("hypervisor")),
            hypervisor_vendor="TCGTCGTCGTCG",
            initial_pkru=found.get("initial_pkru", 0),
            alloc_errno=found.get("alloc_errno", -1),
            keys=found.get("keys", 0),
            compiler=self.reports.get("compiler"),
            build=self.reports.get("build"),
        )
