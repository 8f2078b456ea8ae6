"""What a test needs of the machine that it runs on."""

import os
import shutil
from typing import NoReturn

import pytest

from pkbench import emulator, kernels
from pkbench.emulator import Emulator, EmulatorError
from pkbench.kernels import Kernel


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


def qemu() -> Emulator:
    """Return the emulator of whole machines."""
    try:
        return emulator.find()
    except EmulatorError as error:
        lacking(str(error))


def kernel() -> Kernel:
    """Return a kernel that a guest can boot."""
    for found in kernels.at_hand():
        if found.readable:
            return found
    lacking("no kernel at hand: `pkbench kernels get` brings one")
