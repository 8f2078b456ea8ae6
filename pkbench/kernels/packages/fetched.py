"""Describe wanted and fetched kernels, and run package managers."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# Modules for a guest that uses the host's file tree: for the tree, a writable layer over it and a
# console.
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
    """A kernel could not be fetched; the message says why in one sentence."""


NEWEST = "newest"


@dataclass(frozen=True)
class Wanted:
    """The kernel that a user asks for."""

    name: str  # the beginning of a version, a release, a package's name, or NEWEST
    suite: str = ""  # of the distribution; "": any
    flavour: str = ""  # "": the best one for virtual machines
    modules: bool = False  # whether to extract GUEST_MODULES

    @property
    def newest(self) -> bool:
        """Whether the newest kernel of all is wanted."""
        return self.name == NEWEST


@dataclass(frozen=True)
class Fetched:
    """A kernel image, extracted from its package."""

    package: str
    version: str
    suite: str
    image: Path
    modules: Path | None = None  # contains modules/RELEASE


def environment() -> dict[str, str]:
    """Return the environment of commands: English messages, and root's programs for depmod."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return {**os.environ, "LC_ALL": "C.UTF-8", "PATH": path}


def run(command: Sequence[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, whatever its exit code, and return it with its output."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
