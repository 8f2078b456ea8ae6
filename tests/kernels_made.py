"""Kernel images, packages and package managers, made up for tests."""

import os
import struct
import subprocess
from pathlib import Path

from pkbench.count.emulator import Emulator
from pkbench.kernels import image as kernel_image

CLOUD = "6.1.0-56-cloud-amd64"
OWN = "bookworm"  # the suite in the host's own sources
SAYS = "(builder@example.org) #1 SMP PREEMPT_DYNAMIC Debian {version} (2026-11-16)"


def image(release: str = CLOUD, version: str = "6.1.192-2") -> bytes:
    """Make the header of a kernel image, without the kernel."""
    header = bytearray(0x1000)
    header[kernel_image.BOOT_FLAG : kernel_image.BOOT_FLAG + 2] = b"\x55\xaa"
    header[kernel_image.MAGIC : kernel_image.MAGIC + 4] = b"HdrS"
    struct.pack_into("<H", header, kernel_image.VERSION_POINTER, 0x400)
    text = f"{release} {SAYS.format(version=version)}".encode()
    header[0x600 : 0x600 + len(text)] = text
    return bytes(header)


def emulator_that(folder: Path, does: str) -> Emulator:
    """Make an emulator that does something else; $console is where its guest's console goes."""
    script = folder / "emulator"
    script.write_text(
        f"""#!/bin/sh
        for argument; do case "$argument" in file:*) console=${{argument#file:}} ;; esac; done
        {does}
        """
    )
    script.chmod(0o755)
    return Emulator(str(script), "0", "max")


class Mirror:
    """An apt whose own sources have a few packages, and whose mirror has more, in a folder."""

    def __init__(self, folder: Path) -> None:
        """Begin with no package, and with a mirror of Debian and of its security updates."""
        self.folder = folder
        self.commands = folder / "bin"
        self.commands.mkdir(parents=True)
        self.versions = folder / "versions"
        self.updated = folder / "updated"
        self.versions.touch()
        self.mirrors = folder / "mirrors"
        self.mirrors.write_text("Debian http://made/debian\nDebian-Security http://made/security\n")
        self.says = folder / "says"
        self.says.touch()
        # With a configuration of its own, apt knows the suites that the sources in it name.
        self._command(
            "apt-cache",
            f"""for last; do :; done
            suites='{OWN}'
            if [ "$last" != "${{last%.conf}}" ]; then
                suites=$(sed 's/^deb [^ ]* [^ ]* \\([^ ]*\\) .*/\\1/' "${{last%/*}}/sources.list")
            fi
            of_suites() {{ for suite in $suites; do grep " $suite/main " {self.versions}; done; }}
            case "$1" in
            pkgnames) of_suites | cut -d ' ' -f 1 ;;
            madison) of_suites ;;
            show) of_suites | sed -n "s/^$3 | \\(.*\\) | .*/Version: \\1/p" ;;
            esac""",
        )
        self._command(
            "apt-get",
            f"""case "$1" in
            indextargets) cat {self.mirrors} ;;
            update) cp "$3" {self.updated}; cat {self.says} >&2; ! grep -q ^E: {self.says} ;;
            download) cp {folder}/debs/"$2".deb . ;;
            esac""",
        )

    def add(
        self,
        name: str,
        version: str,
        files: dict[str, bytes],
        depends: str = "",
        suite: str = OWN,
    ) -> None:
        """Add a package that holds these files."""
        tree = self.folder / "trees" / name
        for path, content in files.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_bytes(content)
        control = tree / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        control.write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nDescription: made\n"
            "Maintainer: Maker <maker@example.org>\n" + (f"Depends: {depends}\n" * bool(depends))
        )
        debs = self.folder / "debs"
        debs.mkdir(exist_ok=True)
        archive = debs / f"{name}={version}.deb"
        subprocess.run(
            ["dpkg-deb", "--build", "--root-owner-group", tree, archive],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with self.versions.open("a") as versions:
            versions.write(f"{name} | {version} | http://made/debian {suite}/main amd64 Packages\n")

    def add_kernel(self, release: str, version: str, suite: str = OWN) -> None:
        """Add a package with one kernel."""
        files = {f"boot/vmlinuz-{release}": image(release, version)}
        self.add(f"linux-image-{release}", version, files, suite=suite)

    def refuse(self, complaint: str) -> None:
        """Let every download fail."""
        refusal = f'echo "{complaint}" >&2; exit 100'
        self._command("apt-get", f'case "$1" in download) {refusal} ;; esac')

    @property
    def path(self) -> str:
        """What PATH must be for this apt to be found first."""
        return os.pathsep.join([str(self.commands), os.environ["PATH"]])

    def _command(self, name: str, script: str) -> None:
        command = self.commands / name
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
