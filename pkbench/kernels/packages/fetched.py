"""What comes out of a kernel's package."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# What a guest needs to run on the host's file tree: the tree itself, a writable layer over it, and
# a console.
GUEST_MODULES = (
    "kernel/drivers/char/virtio_console",
    "kernel/drivers/virtio/",
    "kernel/fs/9p/",
    "kernel/fs/fscache/",
    "kernel/fs/fuse/",
    "kernel/fs/netfs/",
    "kernel/fs/overlayfs/",
    "kernel/net/9p/",
    "modules.",
)


class PackageError(Exception):
    """Says in one sentence why a kernel could not be fetched."""


NEWEST = "newest"


@dataclass(frozen=True)
class Wanted:
    """Which kernel a user asks for."""

    name: str  # the beginning of a version, a release, a package's name, or NEWEST
    suite: str = ""  # of the distribution; "": any
    flavour: str = ""  # "": the one for virtual machines
    modules: bool = False  # also those that a guest on the host's file tree needs

    @property
    def newest(self) -> bool:
        """Whether the newest is asked for, whatever it is."""
        return self.name == NEWEST


@dataclass(frozen=True)
class Fetched:
    """A kernel image taken out of its package."""

    package: str
    version: str
    suite: str
    image: Path
    modules: Path | None = None  # holds modules/RELEASE


def environment() -> dict[str, str]:
    """Return what commands run in: untranslated, and root's commands in the path for depmod."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": path}


def run(command: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever that is, and keep what it says."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
