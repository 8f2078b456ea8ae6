"""Make a system call that Python has no function for."""

import ctypes
import errno
import os
from collections.abc import Mapping


def call(numbers: Mapping[str, int], *arguments: int | bytes) -> int:
    """Make a system call and return its result.

    `numbers` gives the call's number on each architecture, as `os.uname().machine` names it.
    Raise OSError with the kernel's error, or with ENOSYS on an architecture without a number.
    """
    number = numbers.get(os.uname().machine)
    if number is None:
        raise OSError(errno.ENOSYS, "the system call's number is not known on this architecture")
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    words = (ctypes.c_long(word) if isinstance(word, int) else word for word in arguments)
    result = int(libc.syscall(ctypes.c_long(number), *words))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
