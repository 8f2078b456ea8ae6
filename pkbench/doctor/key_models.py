"""CPU models that have protection keys, whatever CPUID says in a virtual machine."""

import re
from pathlib import Path

from pkbench.machine import read

# Which have keys: Linux, Documentation/core-api/protection-keys.rst. Their numbers:
# Linux, arch/x86/include/asm/intel-family.h.
INTEL_FAMILY = 6
INTEL_MODELS = {
    **dict.fromkeys((85,), "Intel Skylake, Cascade Lake or Cooper Lake server"),
    **dict.fromkeys((106, 108), "Intel Ice Lake server"),
    **dict.fromkeys((143,), "Intel Sapphire Rapids"),
    **dict.fromkeys((207,), "Intel Emerald Rapids"),
    **dict.fromkeys((173, 174), "Intel Granite Rapids"),
    **dict.fromkeys((175,), "Intel Sierra Forest"),
    **dict.fromkeys((140, 141), "Intel Tiger Lake"),
    **dict.fromkeys((151, 154), "Intel Alder Lake"),
    **dict.fromkeys((183, 186, 191), "Intel Raptor Lake"),
    **dict.fromkeys((170, 172), "Intel Meteor Lake"),
    **dict.fromkeys((181, 197, 198), "Intel Arrow Lake"),
    **dict.fromkeys((189,), "Intel Lunar Lake"),
}
# Zen 3 and Zen 4 are family 25, Zen 5 is family 26 (GCC's manual, x86 options, znver3 to znver5).
FIRST_AMD_FAMILY = 25


def model_with_keys(root: Path) -> str:
    """Return the name and numbers of this CPU's model where that model has keys, else ""."""
    text = read(root, "proc/cpuinfo") or ""
    vendor = re.search(r"^vendor_id\s*: (\w+)", text, re.MULTILINE)
    family, model = (
        re.search(rf"^{name}\s*: (\d+)$", text, re.MULTILINE) for name in ("cpu family", "model")
    )
    if not vendor or not family or not model:
        return ""
    numbers = f"family {family[1]}, model {model[1]}"
    if vendor[1] == "AuthenticAMD" and int(family[1]) >= FIRST_AMD_FAMILY:
        return f"AMD Zen 3 or later, {numbers}"
    name = INTEL_MODELS.get(int(model[1]))
    known = vendor[1] == "GenuineIntel" and int(family[1]) == INTEL_FAMILY and name
    return f"{name}, {numbers}" if known else ""
