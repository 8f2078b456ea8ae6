"""The kernel images at hand: installed, fetched into the user's cache, or named by path."""

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
# Where distributions put kernels, and the part of the path that is the release.
INSTALLED = (("boot", "vmlinuz-*"), ("lib/modules", "*/vmlinuz"))


class KernelError(Exception):
    """Says in one sentence why there is no such kernel."""


class NoKernelError(KernelError):
    """Says that no kernel at hand is meant."""


@dataclass(frozen=True)
class Kernel:
    """A kernel image and where it came from."""

    release: str  # as `uname -r` says it
    path: Path
    origin: str  # "cache", "installed" or "file"
    version: str  # the distribution's, or the release where it has none
    package: str = ""
    suite: str = ""  # of the distribution, that it was fetched from
    sha256: str = ""

    @property
    def readable(self) -> bool:
        """Whether this user may boot it: some distributions keep images for root."""
        return os.access(self.path, os.R_OK)


def cache_directory() -> Path:
    """Return the folder of the user's cache that is ours."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "pkbench"


def at_hand(root: Path = Path("/")) -> list[Kernel]:
    """List the kernels in the cache, newest first, then those that are installed."""
    return [*_newest_first(_cached()), *_newest_first(_installed(root))]


def resolve(name: str, root: Path = Path("/")) -> Kernel:
    """Find the kernel meant by a path, a release, the beginning of a version, or `newest`."""
    if "/" in name or Path(name).is_file():
        return _from_file(Path(name))
    known = [kernel for kernel in at_hand(root) if _is_meant(name, kernel)]
    exact = [kernel for kernel in known if kernel.release == name]
    chosen = next(iter(exact or sorted(known, key=_preference, reverse=True)), None)
    if chosen is None:
        raise NoKernelError(
            f"no kernel {name!r} at hand: `pkbench kernels` lists those that are, "
            f"`pkbench kernels get {name}` brings one"
        )
    _check(chosen)
    return chosen


def get(wanted: Wanted, progress: Callable[[str], None] = lambda step: None) -> Kernel:
    """Bring a kernel into the cache through the host's package manager; installs nothing."""
    shelf = cache_directory() / "kernels"
    try:
        shelf.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=shelf, prefix=".new-") as scratch:
            state = cache_directory() / "apt"
            found = packages.fetch(wanted, Path(scratch), state, progress)
            return _keep(found, Path(scratch), shelf)
    except packages.PackageError as error:
        raise KernelError(str(error)) from error
    except OSError as error:
        raise KernelError(f"{error.filename or shelf}: {error.strerror or error}") from error


def sha256(path: Path) -> str:
    """Return a file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(found: packages.Fetched, scratch: Path, shelf: Path) -> Kernel:
    """Move what was fetched to its place, whole or not at all."""
    try:
        image = kernel_image.read(found.image)
    except kernel_image.KernelImageError as error:
        raise KernelError(f"the package {found.package} holds no kernel for x86") from error
    place = shelf / image.release
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
            continue  # not ours, or damaged: `get` replaces it


def _installed(root: Path) -> Iterator[Kernel]:
    seen: set[str] = set()
    for folder, pattern in INSTALLED:
        for path in sorted((root / folder).glob(pattern)):
            release = path.parent.name if path.name == IMAGE else path.name.removeprefix("vmlinuz-")
            if release not in seen:
                seen.add(release)
                yield _describe(path, "installed", release)


def _describe(path: Path, origin: str, release: str) -> Kernel:
    """Describe an image by its header, as far as it can be read."""
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
    """Return the distribution's version of an image: Debian's releases say 6.1.0 of each 6.1."""
    found = re.search(r" Debian (\d\S+)", image.description)
    return found[1] if found else image.release


def _check(kernel: Kernel) -> None:
    if not kernel.readable:
        raise KernelError(
            f"{kernel.path} can't be read by this user: run as root, "
            f"or bring a copy by `pkbench kernels get {kernel.release}`"
        )
    if kernel.sha256 and sha256(kernel.path) != kernel.sha256:
        raise KernelError(
            f"{kernel.path} has changed since it was fetched: "
            f"`pkbench kernels get {kernel.package}` brings it again"
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
