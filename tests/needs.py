"""What a test needs of the machine that it runs on."""

import os
import shutil
import subprocess
from typing import NoReturn

import pytest

from pkbench.count import emulator
from pkbench.count.emulator import Emulator, EmulatorError
from pkbench.kernels import available
from pkbench.kernels.available import Kernel


def lacking(reason: str) -> NoReturn:
    """Skip the test; fail it where CI promises that nothing is lacking."""
    if os.environ.get("CI"):
        pytest.fail(f"CI promises what is lacking here: {reason}")
    pytest.skip(reason)


def program(name: str) -> str:
    """Return a program's path."""
    found = shutil.which(name)
    if found is None:
        lacking(f"{name} is not installed")
    return found


def one_of(*names: str) -> str:
    """Return the path of the first of these programs that is installed."""
    for name in names:
        if found := shutil.which(name):
            return found
    lacking(f"none of {', '.join(names)} is installed")


def compiler(name: str, *flags: str) -> str:
    """Return the path of a compiler that can link a program."""
    found = program(name)
    command = [found, *flags, "-x", "c", "-", "-o", os.devnull]
    source = "int main(void) { return 0; }"
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
    if done.returncode:
        lacking(f"{' '.join([name, *flags])} can't link a program: {done.stderr.splitlines()[-1]}")
    return found


def qemu() -> Emulator:
    """Return the emulator of whole machines."""
    try:
        return emulator.find()
    except EmulatorError as error:
        lacking(str(error))


def kernel(version: str = "") -> Kernel:
    """Return a kernel that a guest can boot, of a version such as 6.12 where it matters."""
    for found in available.available_kernels():
        if found.readable and f"{found.version}.".startswith(f"{version}." if version else ""):
            return found
    lacking(f"no kernel {version} at hand: `pkbench kernels get {version}` brings one")
