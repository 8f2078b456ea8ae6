"""The doctor's check of protection keys."""

import errno
from dataclasses import replace

import pytest
from doctor_made import KEYS_BROKEN, look
from machines_made import ARM64, NO_KEYS, WITH_KEYS

FILTERED = (
    "pkey_free fails: Operation not permitted (errno 1); this process has a seccomp filter, which "
    "may refuse the call"
)


@pytest.mark.parametrize(
    ("probe", "status", "evidence"),
    [
        (NO_KEYS, "warning", NO_KEYS.keys_missing),
        (
            replace(NO_KEYS, cpu_pku=True, keys_missing="the kernel has them turned off"),
            "warning",
            "CPUID.7.0:ECX.PKU is set; the kernel has them turned off",
        ),
        (
            replace(KEYS_BROKEN, alloc_errno=errno.ENOSPC, keys_missing="pkey_alloc fails"),
            "problem",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU returned 0x55555554; "
                "pkey_alloc failed with ENOSPC; pkey_alloc fails"
            ),
        ),
        (
            KEYS_BROKEN,
            "problem",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU returned 0x55555554; "
                "pkey_alloc works; protection keys do not protect here"
            ),
        ),
        (
            WITH_KEYS,
            "ok",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU returned 0x55555554; "
                "pkey_alloc returned 15 keys; a denied store faulted"
            ),
        ),
        (ARM64, "warning", ARM64.keys_missing),
    ],
)
def test_each_step_is_reported_up_to_the_first_that_fails(tmp_path, probe, status, evidence):
    found = look(tmp_path, probe)["keys"]

    assert (status, evidence) == (found.status, found.evidence)


@pytest.mark.parametrize(
    ("probe", "remedy"),
    [
        (NO_KEYS, "use a machine whose CPU has them"),
        (
            replace(NO_KEYS, hypervisor=True, hypervisor_vendor="KVMKVMKVM"),
            "the host's CPU may have keys",
        ),
        (replace(NO_KEYS, cpu_pku=True), "at boot, leave out `nopku`"),
        (replace(KEYS_BROKEN, alloc_errno=errno.ENOSPC), "run without LD_PRELOAD"),
        (replace(KEYS_BROKEN, alloc_errno=errno.ENOSYS), "a container or the hypervisor"),
        (
            replace(KEYS_BROKEN, keys_missing=FILTERED),
            "allow pkey_alloc, pkey_mprotect and pkey_free",
        ),
        (ARM64, "protection keys need x86-64"),
    ],
)
def test_missing_keys_are_reported_with_what_would_make_them_available(tmp_path, probe, remedy):
    assert remedy in look(tmp_path, probe)["keys"].no_fix


def test_keys_that_something_else_holds_are_counted(tmp_path):
    found = look(tmp_path, replace(WITH_KEYS, keys=13))["keys"]

    assert "warning" == found.status
    assert "holds 2 of the 15 keys" in found.effect


def test_other_initial_rights_are_a_warning(tmp_path):
    found = look(tmp_path, replace(WITH_KEYS, initial_pkru=0))["keys"]

    assert ("warning", True) == (found.status, "0x00000000" in found.evidence)
