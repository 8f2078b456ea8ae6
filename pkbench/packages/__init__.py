"""Kernel packages, brought by the host's own package manager, unpacked, installed nowhere."""

import shutil
from collections.abc import Callable
from pathlib import Path

from pkbench.packages import apt, dnf
from pkbench.packages.fetched import Fetched, PackageError

__all__ = ["Fetched", "PackageError", "fetch"]


def fetch(
    name: str,
    scratch: Path,
    progress: Callable[[str], None],
    flavour: str = "",
    modules: bool = False,
) -> Fetched:
    """Fetch a kernel's package into the folder `scratch` and take the image out of it."""
    if shutil.which("apt-get"):
        return apt.fetch(name, scratch, progress, flavour, modules)
    if shutil.which("dnf"):
        return dnf.fetch(name, scratch, progress, modules)
    raise PackageError(
        "neither apt-get nor dnf is here to fetch a kernel: name a kernel image by its path instead"
    )
