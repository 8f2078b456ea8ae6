"""A guest that runs on the host's own files, where protection keys work, by virtme-ng."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import needs

from pkbench.kernels import available
from pkbench.kernels.available import Kernel
from pkbench.kernels.packages.names import begins, order

BIN = Path(sys.executable).parent
# Names in the guest: /tmp is the one folder that is writable there, in memory.
HOST = "/tmp/host"
OUTPUT = "/tmp/output"

# virtme-ng mounts the host's files without a cache, and Python, which looks for so many of them,
# takes minutes to start. So the command runs inside a second mount of the same files, with one.
SCRIPT = f"""set -e
tag=$(awk '$2 == "{HOST}" {{ print $1 }}' /proc/mounts)
umount {HOST}
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,access=any,cache=loose "$tag" {HOST}
for folder in proc sys dev run tmp; do mount --rbind /$folder {HOST}/$folder; done
exec chroot {HOST} """


def kernel(version: str = "") -> Kernel:
    """Return a kernel that can mount the host's files, with its modules where virtme-ng looks.

    It is the newest of a version such as 6.1, or of all.
    """
    needs.qemu()
    able = [
        found
        for found in available.available_kernels()
        if found.readable and _mounts_9p(found) and (not version or begins(found.version, version))
    ]
    if not able:
        needs.lacking(
            f"no kernel {version} with the modules for 9p at hand: "
            "`pkbench kernels get linux-image-amd64 --suite SUITE --modules` brings one"
        )
    return max(able, key=lambda found: order(found.version))


def _mounts_9p(found: Kernel) -> bool:
    root = found.path.parent if found.origin == "cache" else Path("/")
    modules = root / "lib" / "modules" / found.release / "kernel"
    return any(modules.glob("fs/9p/9p.ko*")) and any(modules.glob("net/9p/9pnet_virtio.ko*"))


def run(
    command: Sequence[str], folder: Path, seconds: float, booted: Kernel | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as root in a guest; what it writes to OUTPUT comes to `folder`."""
    image = (booted or kernel()).path
    for program in ("busybox", "modprobe", "depmod"):
        needs.program(program)
    script = folder / "script"
    script.write_text(SCRIPT + shlex.join(command) + "\n")
    # One CPU: with more, QEMU's clocks disagree, and the kernel takes the slowest of them.
    machine = ("--disable-kvm", "--cpus", "1", "--memory", "2G", "--append", "tsc=reliable")
    folders = (f"--rodir={HOST}=/", f"--rwdir={OUTPUT}={folder}")
    vng = (
        str(BIN / "vng"),
        "--run",
        str(image),
        *machine,
        "--user",
        "root",
        "--cwd",
        "/",
        *folders,
    )
    return _run([*vng, "--", f"sh {OUTPUT}/script"], seconds)


def _run(command: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; at the latest then, end it and the emulator that it started."""
    path = os.pathsep.join([str(BIN), os.environ["PATH"], "/usr/sbin", "/sbin"])
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "PATH": path},
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, said)
