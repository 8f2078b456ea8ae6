"""Fetch kernel packages of Debian and Ubuntu."""

import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from pkbench.kernels.packages.archive import SUITES, Archive, open_archive
from pkbench.kernels.packages.fetched import (
    GUEST_MODULES,
    Fetched,
    PackageError,
    Wanted,
    environment,
    run,
)
from pkbench.kernels.packages.names import begins, flavour_of, flavour_rank, order

PREFIX = "linux-image-"
# How many dependencies to follow: meta packages, and Debian's newest, contain no kernel but depend
# on the package that does.
DEPTH = 3
# The kinds of packages with a kernel and with its modules: Ubuntu and Debian's newest have two.
KERNEL, MODULES = "image|binary", "modules"


@dataclass(frozen=True)
class Package:
    """A kernel package that apt can fetch."""

    name: str
    version: str
    suite: str = ""
    options: tuple[str, ...] = ()  # of apt's commands, if the host's own sources don't have it

    @property
    def release(self) -> str:
        """The release of the kernel in it."""
        return self.name.removeprefix(PREFIX).removeprefix("unsigned-")


def fetch(wanted: Wanted, scratch: Path, state: Path, progress: Callable[[str], None]) -> Fetched:
    """Fetch a kernel's package and extract the image from it.

    If the host's own sources don't have it, search Debian's other suites; their lists are kept in
    the folder `state`. Raise PackageError where no source has it.
    """
    package = choose(wanted, state, progress)
    archives = []
    for _ in range(DEPTH):
        archives.append(_download(package, scratch, progress))
        image = _unpack(archives[-1], scratch, wanted.modules)
        if image:
            modules = _modules(package, archives, scratch, progress) if wanted.modules else None
            return Fetched(package.name, package.version, package.suite, image, modules)
        found = _dependency(archives[-1], package, KERNEL)
        if not found:
            break
        package = found
    raise PackageError(f"the package {package.name} contains no kernel and depends on none")


def choose(wanted: Wanted, state: Path, progress: Callable[[str], None]) -> Package:
    """Return the newest package of this name or of a version that begins like this."""
    own = [] if wanted.suite else list(_known())
    found = None if wanted.newest else _newest(own, wanted)
    if found:
        return found
    progress("searching Debian's suites")
    archive = open_archive(state, [wanted.suite] if wanted.suite else SUITES)
    for why in archive.missing.values():
        progress(f"skipped: {why}")
    found = _newest([*own, *_known(archive.options)], wanted)
    if not found:
        raise PackageError(_none(wanted, archive))
    return found


def _none(wanted: Wanted, archive: Archive) -> str:
    if wanted.suite in archive.missing:
        return archive.missing[wanted.suite]
    where = wanted.suite or "Debian's suites"
    left_out = f"; skipped: {', '.join(archive.missing)}" if archive.missing else ""
    return f"there is no kernel {wanted.name!r} in {where}{left_out}"


def _newest(known: Sequence[Package], wanted: Wanted) -> Package | None:
    named = [package for package in known if wanted.name in (package.name, package.release)]
    meant = named or [package for package in known if _is_meant(package, wanted)]
    return max(meant, key=_preference, default=None)


def _preference(package: Package) -> tuple[int, tuple[int, ...]]:
    return flavour_rank(package.release), order(package.version)


def _is_meant(package: Package, wanted: Wanted) -> bool:
    flavour = wanted.flavour
    fits = flavour_of(package.release) == flavour if flavour else flavour_rank(package.release)
    return bool(fits) and (
        wanted.newest
        or begins(package.release, wanted.name)
        or begins(package.version, wanted.name)
    )


def _known(options: tuple[str, ...] = ()) -> Iterator[Package]:
    """Yield the kernel packages in apt's lists."""
    names = run(["apt-cache", "pkgnames", PREFIX, *options]).stdout.split()
    wanted = [name for name in names if not name.endswith(("-dbg", "-unsigned", "-template"))]
    if not wanted:
        return
    for line in run(["apt-cache", "madison", *wanted, *options]).stdout.splitlines():
        name, version, source = (part.strip() for part in line.split("|"))
        if source.endswith("Packages"):
            yield Package(name, version, _suite(source), options)


def _suite(source: str) -> str:
    """Return the suite in "SITE SUITE/COMPONENT ARCHITECTURE Packages"."""
    parts = source.split()
    return parts[1].rpartition("/")[0] if len(parts) > 1 else ""


def _download(package: Package, scratch: Path, progress: Callable[[str], None]) -> Path:
    """Download a package; apt checks its signature."""
    progress(f"fetching {package.name} {package.version} ({package.suite})")
    folder = scratch / package.name
    folder.mkdir()
    done = run(
        ["apt-get", "download", f"{package.name}={package.version}", *package.options], folder
    )
    archives = list(folder.glob("*.deb"))
    if done.returncode or len(archives) != 1:
        raise PackageError(_why(package, done.stderr))
    progress(f"unpacking {package.name}")
    return archives[0]


def _why(package: Package, said: str) -> str:
    errors = [line.removeprefix("E: ") for line in said.splitlines() if line.startswith("E: ")]
    reason = errors[0] if errors else "it gave no reason"
    if "404" in reason:
        return f"the mirror no longer has {package.name}: run `sudo apt-get update` and try again"
    if re.search(r"resolv|[Cc]onnect|[Ff]ailed to fetch|unreachable", reason):
        return f"no network, or the mirror does not answer: {reason}"
    return f"apt-get could not download {package.name}: {reason}"


def _unpack(archive: Path, scratch: Path, modules: bool) -> Path | None:
    """Extract the kernel image from a package, with `modules` the modules too."""
    image = None
    unpacking = subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", archive],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
    )
    with unpacking, tarfile.open(fileobj=unpacking.stdout, mode="r|") as members:
        for member in members:
            target = _target(PurePosixPath(member.name), scratch, modules)
            if target and member.isfile():
                _write(members, member, target)
                image = target if target.parent == scratch else image
    if unpacking.returncode:
        raise PackageError(f"dpkg-deb could not unpack {archive.name}")
    return image


def _target(path: PurePosixPath, scratch: Path, modules: bool) -> Path | None:
    """Return where to put a package's file, or None to skip it."""
    parts = [part for part in path.parts if part not in (".", "usr")]
    if ".." in parts:
        return None
    is_image = len(parts) == 2 and parts[0] == "boot" and parts[1].startswith("vmlinuz-")
    if is_image or (len(parts) == 4 and parts[:2] == ["lib", "modules"] and parts[3] == "vmlinuz"):
        return scratch / "vmlinuz"
    inside = "/".join(parts[3:])
    if modules and parts[:2] == ["lib", "modules"] and inside.startswith(GUEST_MODULES):
        return scratch.joinpath(*parts)
    return None


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = members.extractfile(member)
    if content:
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("wb") as file:
            shutil.copyfileobj(content, file)


def _dependency(archive: Path, package: Package, kinds: str) -> Package | None:
    """Return the newest package of these kinds that a package depends on, None without one."""
    depends = run(["dpkg-deb", "--field", str(archive), "Depends"]).stdout
    names = re.findall(rf"\blinux-(?:{kinds})-\S*\d[^\s,|(]*", depends)
    if not names:
        return None
    newest = max(names, key=order)
    asked = ["apt-cache", "show", "--no-all-versions", newest, *package.options]
    found = re.search(r"^Version: (\S+)$", run(asked).stdout, re.MULTILINE)
    if not found:
        raise PackageError(f"apt does not have {newest}: run `sudo apt-get update` and try again")
    return replace(package, name=newest, version=found[1])


def _modules(
    package: Package, archives: Sequence[Path], scratch: Path, progress: Callable[[str], None]
) -> Path:
    """Return the folder with the modules of a kernel, indexed by name.

    The kernel came from `package`, the last of `archives`; if it holds no modules, fetch the
    package of modules that it, or one before it, depends on.
    """
    found = scratch / "lib"
    for archive in reversed(archives):
        if found.exists():
            break
        modules = _dependency(archive, package, MODULES)
        if modules:
            _unpack(_download(modules, scratch, progress), scratch, modules=True)
    if not found.exists():
        raise PackageError(
            f"the package {package.name} contains no modules and depends on none: fetch it without "
            "--modules"
        )
    _index(found)
    return found


def _index(found: Path) -> None:
    """Index modules by name, as Debian does when it installs a kernel."""
    depmod = shutil.which("depmod", path=environment()["PATH"])
    if not depmod:
        raise PackageError("depmod is missing: install kmod (Debian, Ubuntu and Fedora)")
    for folder in (found / "modules").iterdir():
        run([depmod, "-b", str(found.parent), folder.name])
