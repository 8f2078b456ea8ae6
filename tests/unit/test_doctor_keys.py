"""The doctor's check of protection keys."""

import errno
from dataclasses import replace

import pytest
from doctor_made import KEYS_BROKEN, look
from machines_made import ARM64, NO_KEYS, WITH_KEYS, plant

HIDDEN = replace(NO_KEYS, hypervisor=True, hypervisor_vendor="KVMKVMKVM")
CPUINFO = "processor\t: 0\nvendor_id\t: {}\ncpu family\t: {}\nmodel\t\t: {}\nmodel name\t: a CPU\n"

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


@pytest.mark.parametrize(
    ("vendor", "family", "model", "named"),
    [
        ("AuthenticAMD", 25, 1, "AMD Zen 3 or later, family 25, model 1"),
        ("AuthenticAMD", 26, 2, "AMD Zen 3 or later, family 26, model 2"),
        ("GenuineIntel", 6, 85, "Cooper Lake server, family 6, model 85"),
        ("GenuineIntel", 6, 207, "Intel Emerald Rapids, family 6, model 207"),
        ("GenuineIntel", 6, 151, "Intel Alder Lake, family 6, model 151"),
    ],
)
def test_keys_that_the_hypervisor_hides_are_told_from_keys_that_a_cpu_lacks(
    tmp_path, vendor, family, model, named
):
    plant(tmp_path, {"proc/cpuinfo": CPUINFO.format(vendor, family, model)})

    in_a_guest = look(tmp_path, HIDDEN)["keys"].no_fix
    assert in_a_guest.startswith("this CPU model has keys (")
    assert f"{named}), and the hypervisor hides them" in in_a_guest
    assert f"{named}), but CPUID does not report them" in look(tmp_path, NO_KEYS)["keys"].no_fix


@pytest.mark.parametrize(
    ("vendor", "family", "model"),
    [
        ("AuthenticAMD", 23, 49),  # Zen 2
        ("HygonGenuine", 24, 1),
        ("GenuineIntel", 6, 158),  # Coffee Lake
        ("GenuineIntel", 6, 79),  # Broadwell server
        ("GenuineIntel", 15, 85),
        ("CentaurHauls", 6, 85),
    ],
)
def test_a_cpu_that_may_lack_keys_is_not_said_to_have_them(tmp_path, vendor, family, model):
    plant(tmp_path, {"proc/cpuinfo": CPUINFO.format(vendor, family, model)})

    assert "may have keys" in look(tmp_path, HIDDEN)["keys"].no_fix


@pytest.mark.parametrize(
    ("release", "more", "status"),
    [
        ("4.19.0", {}, "ok"),
        ("5.1.21", {}, "ok"),
        ("5.2.0", {}, "warning"),
        ("5.4.181", {}, "warning"),
        ("5.4.182", {}, "ok"),
        ("5.10.102", {}, "warning"),
        ("5.10.103", {}, "ok"),
        ("5.12.19", {}, "warning"),
        ("5.13.0-rc1", {}, "ok"),
        ("5.13", {}, "ok"),
        ("6.12.117-amd64", {}, "ok"),
        ("5.10.0-46-amd64", {}, "warning"),
        ("5.10.0-46-amd64", {"proc/version": "#1 SMP Debian 5.10.262-1 (2026-11-16)"}, "ok"),
        ("5.10.0-8-amd64", {"proc/version": "#1 SMP Debian 5.10.46-4 (2021-08-03)"}, "warning"),
        ("5.4.0-1-generic", {"proc/version_signature": "Ubuntu 5.4.0-1.2-generic 5.4.233"}, "ok"),
        ("a kernel", {}, "unknown"),
    ],
)
def test_a_kernel_that_may_mix_up_the_pkru_of_threads_is_a_warning(tmp_path, release, more, status):
    plant(tmp_path, {"proc/sys/kernel/osrelease": release, **more})

    assert status == look(tmp_path, WITH_KEYS)["pkru_switch"].status


def test_a_kernel_that_may_mix_up_pkru_does_no_harm_where_it_uses_no_keys(tmp_path):
    plant(tmp_path, {"proc/sys/kernel/osrelease": "5.10.1"})

    found = look(tmp_path, NO_KEYS)["pkru_switch"]
    assert ("ok", "Linux 5.10.1, which uses no keys here") == (found.status, found.evidence)
