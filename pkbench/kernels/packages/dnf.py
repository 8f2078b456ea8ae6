"""Fetch kernel packages of Fedora and its relatives. Written from manuals, not tested on Fedora."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from pkbench.kernels.packages.fetched import Fetched, PackageError, Wanted, environment, run
from pkbench.kernels.packages.names import begins, order

PACKAGE = "kernel-core"


def fetch(wanted: Wanted, scratch: Path, progress: Callable[[str], None]) -> Fetched:
    """Fetch a kernel's package and extract the image from it; raise PackageError on failure."""
    if wanted.modules or wanted.suite:
        what = "with modules" if wanted.modules else "of a suite"
        raise PackageError(f"kernels {what} can be fetched on Debian and Ubuntu only")
    version = choose(PACKAGE if wanted.newest else wanted.name)
    progress(f"fetching {PACKAGE} {version}")
    done = run(["dnf", "download", "--destdir", str(scratch), f"{PACKAGE}-{version}"])
    archives = list(scratch.glob("*.rpm"))
    if done.returncode or len(archives) != 1:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise PackageError(f"dnf could not download {PACKAGE}-{version}: {said[-1]}")
    progress(f"unpacking {PACKAGE}")
    return Fetched(PACKAGE, version, "", _unpack(archives[0], scratch))


def choose(name: str) -> str:
    """Return the newest version of this package name, or one that begins like this."""
    asked = ["dnf", "repoquery", "--available", "--queryformat", "%{version}-%{release}\n", PACKAGE]
    known = run(asked).stdout.split()
    if not known:
        raise PackageError("dnf found no kernel package: check the network")
    meant = [
        version
        for version in known
        if name == PACKAGE or begins(version, name.removeprefix(f"{PACKAGE}-"))
    ]
    if not meant:
        raise PackageError(
            f"dnf has no kernel {name!r}: `dnf list --available {PACKAGE}` lists the available ones"
        )
    return max(meant, key=order)


def _unpack(archive: Path, scratch: Path) -> Path:
    with subprocess.Popen(
        ["rpm2cpio", archive], stdout=subprocess.PIPE, env=environment()
    ) as unpacking:
        subprocess.run(
            ["cpio", "-idm", "--quiet", "./lib/modules/*/vmlinuz"],
            stdin=unpacking.stdout,
            cwd=scratch,
            env=environment(),
            check=False,
        )
    images = list(scratch.glob("lib/modules/*/vmlinuz"))
    if len(images) != 1:
        raise PackageError(f"{archive.name} contains no kernel")
    return images[0]
