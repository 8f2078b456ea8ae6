"""Fetch and unpack kernel packages: a wanted version in, a kernel image out, nothing installed."""

import shutil
from collections.abc import Callable
from pathlib import Path

from pkbench.kernels.packages import apt, dnf
from pkbench.kernels.packages.fetched import NEWEST, Fetched, PackageError, Wanted

__all__ = ["NEWEST", "Fetched", "PackageError", "Wanted", "fetch"]


def fetch(wanted: Wanted, scratch: Path, state: Path, progress: Callable[[str], None]) -> Fetched:
    """Fetch a kernel's package into the folder `scratch` and extract the image from it.

    A package manager keeps its lists in the folder `state`. Call `progress` with each step. Raise
    PackageError where the package can't be fetched.
    """
    if shutil.which("apt-get"):
        return apt.fetch(wanted, scratch, state, progress)
    if shutil.which("dnf"):
        return dnf.fetch(wanted, scratch, progress)
    raise PackageError(
        "fetching a kernel needs apt-get or dnf: name a kernel image by its path instead"
    )
