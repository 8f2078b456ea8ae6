"""What the doctor says of keys where a seccomp filter refuses one of their system calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from pkbench.machine import detect

# BPF: load the number of the call, return EPERM for one number and allow the rest (seccomp(2)).
REFUSE = """
import ctypes, os, struct, sys
number, *command = sys.argv[1:]
code = [(0x20, 0, 0, 0), (0x15, 0, 1, int(number)), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7FFF0000)]
packed = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in code))
program = struct.pack("@HP", len(code), ctypes.addressof(packed))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS"
assert libc.prctl(22, 2, program, 0, 0) == 0, "PR_SET_SECCOMP"
os.execv(command[0], command)
"""
CALLS = {"pkey_mprotect": 329, "pkey_alloc": 330, "pkey_free": 331}


@pytest.mark.parametrize("call", CALLS)
def test_a_refused_call_is_named_with_its_errno_and_the_filter(call: str) -> None:
    if not detect().keys.supported:
        pytest.skip("no keys work here, so no call of theirs can be refused")
    pkbench = Path(sys.executable).parent / "pkbench"
    command = [sys.executable, "-c", REFUSE, str(CALLS[call]), str(pkbench), "doctor"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    finding = said[said.index(" keys  ") :].partition("\nwarning")[0]

    assert f"{call} fails: Operation not permitted (errno 1); this process has a seccomp" in finding
    assert "LD_PRELOAD" not in finding
