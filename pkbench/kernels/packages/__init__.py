"""Kernel packages, brought by the host's own package manager, unpacked, installed nowhere."""

import shutil
from collections.abc import Callable
from pathlib import Path

from pkbench.kernels.packages import apt, dnf
from pkbench.kernels.packages.fetched import NEWEST, Fetched, PackageError, Wanted

__all__ = ["NEWEST", "Fetched", "PackageError", "Wanted", "fetch"]


def fetch(wanted: Wanted, scratch: Path, state: Path, progress: Callable[[str], None]) -> Fetched:
    """Fetch a kernel's package into the folder `scratch` and take the image out of it.

    What a package manager has to remember for that goes into the folder `state`.
    """
    if shutil.which("apt-get"):
        return apt.fetch(wanted, scratch, state, progress)
    if shutil.which("dnf"):
        return dnf.fetch(wanted, scratch, progress)
    raise PackageError(
        "neither apt-get nor dnf is here to fetch a kernel: name a kernel image by its path instead"
    )
