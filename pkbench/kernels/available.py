"""Find available kernel images: installed, fetched into the user's cache, or named by path."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from pkbench.kernels import image as kernel_image
from pkbench.kernels import packages
from pkbench.kernels.packages import NEWEST, Wanted, names

IMAGE = "vmlinuz"
NOTES = "kernel.json"
# Where distributions install kernels.
INSTALLED = (("boot", "vmlinuz-*"), ("lib/modules", "*/vmlinuz"))


class KernelError(Exception):
    """There is no such kernel; the message says why in one sentence."""


class NoKernelError(KernelError):
    """No available kernel has this name."""


@dataclass(frozen=True)
class Kernel:
    """A kernel image and where it came from."""

    release: str  # as `uname -r` prints it
    path: Path
    origin: str  # "cache", "installed" or "file"
    version: str  # the distribution's, or the release if it has none
    package: str = ""
    suite: str = ""  # of the distribution it was fetched from
    sha256: str = ""

    @property
    def readable(self) -> bool:
        """Whether this user may read the image: in some distributions only root may."""
        return os.access(self.path, os.R_OK)


def cache_directory() -> Path:
    """Return pkbench's folder in the user's cache."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "pkbench"


def available_kernels(root: Path = Path("/")) -> list[Kernel]:
    """Return the kernels in the cache, newest first, then the installed ones, newest first."""
    return [*_newest_first(_cached()), *_newest_first(_installed(root))]


def resolve(name: str, root: Path = Path("/")) -> Kernel:
    """Return the kernel of a path, a release, the beginning of a version, or `newest`.

    Raise NoKernelError where none is available, KernelError where the image can't be used.
    """
    if "/" in name or Path(name).is_file():
        return _from_file(Path(name))
    known = [kernel for kernel in available_kernels(root) if _is_meant(name, kernel)]
    exact = [kernel for kernel in known if kernel.release == name]
    chosen = next(iter(exact or sorted(known, key=_preference, reverse=True)), None)
    if chosen is None:
        raise NoKernelError(
            f"no kernel {name!r} is available: `pkbench kernels` lists the available ones, "
            f"`pkbench kernels get {name}` fetches one"
        )
    _check(chosen)
    return chosen


def get(wanted: Wanted, progress: Callable[[str], None] = lambda step: None) -> Kernel:
    """Fetch a kernel into the cache with the host's package manager, without installing it.

    Raise KernelError where that fails.
    """
    cache = cache_directory() / "kernels"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".new-") as scratch:
            state = cache_directory() / "apt"
            found = packages.fetch(wanted, Path(scratch), state, progress)
            return _keep(found, Path(scratch), cache)
    except packages.PackageError as error:
        raise KernelError(str(error)) from error
    except OSError as error:
        raise KernelError(f"{error.filename or cache}: {error.strerror or error}") from error


def sha256(path: Path) -> str:
    """Return a file's SHA-256 checksum in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(found: packages.Fetched, scratch: Path, cache: Path) -> Kernel:
    """Move what was fetched into the cache, complete or not at all."""
    try:
        image = kernel_image.read(found.image)
    except kernel_image.KernelImageError as error:
        raise KernelError(f"the package {found.package} contains no kernel for x86") from error
    place = cache / image.release
    kernel = Kernel(
        release=image.release,
        path=place / IMAGE,
        origin="cache",
        version=found.version,
        package=found.package,
        suite=found.suite,
        sha256=sha256(found.image),
    )
    made = scratch / "made"
    made.mkdir()
    found.image.rename(made / IMAGE)
    if found.modules:
        found.modules.rename(made / "lib")
    notes = {key: value for key, value in asdict(kernel).items() if key not in ("path", "origin")}
    (made / NOTES).write_text(json.dumps(notes, indent=2) + "\n")
    made.chmod(0o755)
    if place.exists():
        place.rename(scratch / "old")
    made.rename(place)
    return kernel


def _cached() -> Iterator[Kernel]:
    for notes in (cache_directory() / "kernels").glob(f"[!.]*/{NOTES}"):
        try:
            said = json.loads(notes.read_text())
            yield Kernel(path=notes.parent / IMAGE, origin="cache", **said)
        except (OSError, ValueError, TypeError):
            continue  # not made by `get`, or damaged: `get` replaces it


def _installed(root: Path) -> Iterator[Kernel]:
    seen: set[str] = set()
    for folder, pattern in INSTALLED:
        for path in sorted((root / folder).glob(pattern)):
            release = path.parent.name if path.name == IMAGE else path.name.removeprefix("vmlinuz-")
            if release not in seen:
                seen.add(release)
                yield _describe(path, "installed", release)


def _describe(path: Path, origin: str, release: str) -> Kernel:
    """Return the kernel of an image, with the version of its header if that is readable."""
    try:
        image = kernel_image.read(path)
    except kernel_image.KernelImageError:
        return Kernel(release, path, origin, version=release)
    return Kernel(image.release, path, origin, version=_version(image))


def _from_file(path: Path) -> Kernel:
    try:
        image = kernel_image.read(path)
    except kernel_image.KernelImageError as error:
        raise KernelError(str(error)) from error
    return Kernel(image.release, path, "file", _version(image), sha256=sha256(path))


def _version(image: kernel_image.KernelImage) -> str:
    """Return the distribution's version: Debian's releases are 6.1.0 for every 6.1."""
    found = re.search(r" Debian (\d\S+)", image.description)
    return found[1] if found else image.release


def _check(kernel: Kernel) -> None:
    if not kernel.readable:
        raise KernelError(
            f"this user can't read {kernel.path}: run pkbench as root, "
            f"or fetch a copy with `pkbench kernels get {kernel.release}`"
        )
    if kernel.sha256 and sha256(kernel.path) != kernel.sha256:
        raise KernelError(
            f"{kernel.path} has changed since it was fetched: "
            f"fetch it again with `pkbench kernels get {kernel.package}`"
        )


def _is_meant(name: str, kernel: Kernel) -> bool:
    return (
        name == NEWEST or names.begins(kernel.release, name) or names.begins(kernel.version, name)
    )


def _newest_first(kernels: Iterator[Kernel]) -> list[Kernel]:
    return sorted(kernels, key=lambda kernel: names.order(kernel.version), reverse=True)


def _preference(kernel: Kernel) -> tuple[bool, int, tuple[int, ...], bool]:
    flavour = names.flavour_rank(kernel.release)
    return kernel.readable, flavour, names.order(kernel.version), kernel.origin == "cache"
