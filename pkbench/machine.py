"""Describes this machine: CPU, kernel, settings, and whether protection keys work."""

import functools
import importlib
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path

CPU = "sys/devices/system/cpu"

# Vendor names in CPUID.4000_0000H, from systemd-detect-virt (src/basic/virt.c), and QEMU's TCG.
HYPERVISORS = {
    "KVMKVMKVM": "KVM",
    "Linux KVM Hv": "KVM",
    "TCGTCGTCGTCG": "TCG",
    "VMwareVMware": "VMware",
    "Microsoft Hv": "Hyper-V",
    "XenVMMXenVMM": "Xen",
    "VBoxVBoxVBox": "VirtualBox",
    "bhyve bhyve": "bhyve",
    "ACRNACRNACRN": "ACRN",
    "QNXQVMBSQG": "QNX",
    "Apple VZ": "Apple Virtualization",
}


@dataclass(frozen=True)
class Probe:
    """What native code found, as in `struct pk_machine`, and that code's compiler and build."""

    architecture: str
    keys_missing: str  # why keys don't work here; "" where they do
    has_pkru: bool = False  # x86; elsewhere the CPUID fields below mean nothing
    cpu_pku: bool = False
    os_pke: bool = False
    hypervisor: bool = False
    hypervisor_vendor: str = ""
    initial_pkru: int = 0
    alloc_errno: int = -1  # of the trial pkey_alloc; -1: not tried
    keys: int = 0
    compiler: str | None = None
    build: str | None = None


@dataclass(frozen=True)
class Keys:
    """Whether protection keys work here, and the result of each step of their detection."""

    supported: bool
    reason: str  # why not; "" where they work
    count: int  # how many could be allocated at once
    initial_pkru: int | None  # None where there is no register to read
    cpu: bool | None  # CPUID.7.0:ECX.PKU; None on other architectures
    kernel: bool | None  # CPUID.7.0:ECX.OSPKE
    alloc_errno: int | None  # of the trial pkey_alloc; 0: it worked; None: not tried


@dataclass(frozen=True)
class Machine:
    """A host or a guest. A field is None where it could not be read."""

    name: str
    cpu_model: str | None
    cpu_version: str | None  # family, model, stepping: distinguishes CPUs that share a name
    architecture: str
    kernel: str | None
    cpus: int
    allowed_cpus: tuple[int, ...]
    memory_bytes: int | None
    page_size: int
    virtualisation: str | None  # "" on bare metal
    microcode: str | None
    clocksource: str | None
    governor: str | None
    thp: str | None
    smt: str | None
    mitigations: dict[str, str]
    tsc_hz: float | None
    libc: str | None
    compiler: str | None
    native_build: str | None
    keys: Keys

    @property
    def evidence(self) -> str:
        """Return the kind of evidence that a time taken here is: `silicon` or `function`."""
        return "function" if self.virtualisation == "TCG" else "silicon"

    def card(self) -> dict[str, object]:
        """Return the machine as a result file describes it, without host name and paths."""
        card = asdict(self)
        del card["allowed_cpus"]
        pkru = self.keys.initial_pkru
        card["keys"] = {
            "supported": self.keys.supported,
            "reason": self.keys.reason,
            "count": self.keys.count,
            "initial_pkru": None if pkru is None else f"0x{pkru:08x}",
        }
        return card


def detect(root: Path = Path("/"), native: Probe | None = None, name: str | None = None) -> Machine:
    """Return a description of this machine.

    `root` is where /proc and /sys are, `native` replaces the probe by native code, and `name` the
    default name, which is made from CPU model and kernel.
    """
    probe = native or probe_native()
    cpuinfo = _cpuinfo(root)
    cpu_model = _cpu_model(cpuinfo)
    kernel = read(root, "proc/sys/kernel/osrelease")
    allowed = tuple(sorted(os.sched_getaffinity(0)))
    online = read(root, f"{CPU}/online")
    return Machine(
        name=name or _default_name(cpu_model or probe.architecture, kernel),
        cpu_model=cpu_model,
        cpu_version=_cpu_version(cpuinfo),
        architecture=probe.architecture,
        kernel=kernel,
        cpus=len(cpu_list(online)) if online else len(allowed),
        allowed_cpus=allowed,
        memory_bytes=_memory_bytes(root),
        page_size=os.sysconf("SC_PAGE_SIZE"),
        virtualisation=_virtualisation(probe, cpu_model or ""),
        microcode=cpuinfo.get("microcode"),
        clocksource=read(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
        governor=_governor(root),
        thp=selected(read(root, "sys/kernel/mm/transparent_hugepage/enabled")),
        smt=read(root, f"{CPU}/smt/control"),
        mitigations=_mitigations(root),
        tsc_hz=_tsc_hz(root),
        libc=_libc(root),
        compiler=probe.compiler,
        native_build=probe.build,
        keys=_keys(probe),
    )


@functools.cache
def probe_native() -> Probe:
    """Return what native code finds by instructions and system calls."""
    native = importlib.import_module("pkbench._native")
    found = native.lib.pk_machine_probe()

    def text(pointer: object) -> str:
        return str(native.ffi.string(pointer).decode(errors="replace")) if pointer else ""

    return Probe(
        architecture=text(found.architecture),
        has_pkru=bool(found.has_pkru),
        cpu_pku=bool(found.cpu_pku),
        os_pke=bool(found.os_pke),
        hypervisor=bool(found.hypervisor),
        hypervisor_vendor=text(found.hypervisor_vendor),
        initial_pkru=int(found.initial_pkru),
        alloc_errno=int(found.alloc_errno),
        keys=int(found.keys),
        keys_missing=text(found.keys_missing),
        compiler=f"{text(found.compiler)} {text(found.flags).strip()}".strip(),
        build=text(found.build),
    )


def read(root: Path, path: str) -> str | None:
    """Return a small text file's content, stripped; None where it can't be read or is empty."""
    try:
        return (root / path).read_text(errors="replace").strip() or None
    except OSError:
        return None


def read_number(root: Path, path: str) -> int | None:
    """Return the integer that a file holds; None where it can't be read or holds anything else."""
    text = read(root, path) or ""
    return int(text) if re.fullmatch(r"-?[0-9]+", text) else None


def cpu_list(ranges: str) -> set[int]:
    """Return the CPUs in a list such as `0-3,8`; an empty set for any other text, as `(null)`."""
    if not re.fullmatch(r"[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*", ranges):
        return set()
    bounds = (part.partition("-") for part in ranges.split(","))
    return {cpu for first, _, last in bounds for cpu in range(int(first), int(last or first) + 1)}


def selected(choices: str | None) -> str | None:
    """Return the choice in brackets, as in `always [madvise] never`."""
    found = re.search(r"\[(.+?)\]", choices or "")
    return found[1] if found else None


def _keys(probe: Probe) -> Keys:
    return Keys(
        supported=not probe.keys_missing,
        reason=probe.keys_missing,
        count=probe.keys,
        initial_pkru=probe.initial_pkru if probe.os_pke else None,
        cpu=probe.cpu_pku if probe.has_pkru else None,
        kernel=probe.os_pke if probe.has_pkru else None,
        alloc_errno=None if probe.alloc_errno == -1 else probe.alloc_errno,
    )


def _virtualisation(probe: Probe, cpu_model: str) -> str | None:
    vendor = probe.hypervisor_vendor.strip("\0 ")
    # tcg-cpuid=off hides the vendor of QEMU's emulator, but not the name of its CPU.
    if cpu_model.startswith("QEMU TCG CPU"):
        return "TCG"
    if probe.hypervisor:
        return HYPERVISORS.get(vendor, vendor or "unknown hypervisor")
    # Only x86 has a CPUID that reports a hypervisor.
    return "" if probe.has_pkru else None


def _cpuinfo(root: Path) -> dict[str, str]:
    """Return the first CPU's fields in /proc/cpuinfo."""
    first, _, _ = (read(root, "proc/cpuinfo") or "").partition("\n\n")
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs if value.strip()}


def _cpu_model(cpuinfo: dict[str, str]) -> str | None:
    if model := cpuinfo.get("model name") or cpuinfo.get("cpu"):
        return model
    if part := cpuinfo.get("CPU part"):  # arm64 has only numbers
        return f"implementer {cpuinfo.get('CPU implementer', '?')} part {part}"
    return None


def _cpu_version(cpuinfo: dict[str, str]) -> str | None:
    """Return the fields of CPUID.1:EAX, or of arm64's MIDR_EL1, that the kernel lists, as text."""
    keys = ("cpu family", "model", "stepping", "CPU variant", "CPU revision")
    found = [f"{key.rpartition(' ')[2]} {cpuinfo[key]}" for key in keys if key in cpuinfo]
    return ", ".join(found) or None


def _default_name(cpu_model: str, kernel: str | None) -> str:
    plain = re.sub(r"\((?:R|TM)\)|@.*|\b(?:CPU|Processor)\b(?! version)", "", cpu_model)
    return f"{' '.join(plain.split())}, Linux {kernel or '(version not known)'}"


def _memory_bytes(root: Path) -> int | None:
    found = re.search(r"^MemTotal:\s*(\d+) kB", read(root, "proc/meminfo") or "", re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _governor(root: Path) -> str | None:
    return ", ".join(sorted(set(governors(root).values()))) or None


def governors(root: Path) -> dict[str, str]:
    """Return each frequency policy's governor, by the file that holds it."""
    return read_each(root, f"{CPU}/cpufreq", "policy*/scaling_governor")


def read_each(root: Path, folder: str, pattern: str) -> dict[str, str]:
    """Return the contents of the readable files in a folder, in order of their paths under root."""
    try:
        paths = sorted(str(path.relative_to(root)) for path in (root / folder).glob(pattern))
    except PermissionError:
        return {}
    return {path: text for path in paths if (text := read(root, path)) is not None}


def _mitigations(root: Path) -> dict[str, str]:
    found = read_each(root, f"{CPU}/vulnerabilities", "*")
    return {path.rpartition("/")[2]: text for path, text in found.items()}


def _tsc_hz(root: Path) -> float | None:
    """Return the TSC's frequency in Hz where the kernel reports it; few kernels do."""
    khz = read(root, f"{CPU}/cpu0/tsc_freq_khz")
    return float(khz) * 1000 if khz else None


def _libc(root: Path) -> str | None:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION")
    except (ValueError, OSError):  # C libraries other than glibc lack the name
        return "musl" if any((root / "lib").glob("ld-musl-*")) else None
