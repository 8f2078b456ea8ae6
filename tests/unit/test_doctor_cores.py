"""The doctor's checks of frequency, SMT and isolation."""

import os

from doctor_made import AVAILABLE, DISTURBED, GOVERNOR, QUIET, look
from machines_made import CPU, guest, plant


def test_the_governor_s_undo_restores_each_policy_s_own(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["governor"]

    policy = "/sys/devices/system/cpu/cpufreq/policy{}/scaling_governor"
    assert "powersave, schedutil on 2 of 3 frequency policies" == found.evidence
    assert f"echo performance | tee {policy.format(0)} {policy.format(1)} >/dev/null" == found.fix
    assert (
        f"echo schedutil | tee {policy.format(0)} >/dev/null && "
        f"echo powersave | tee {policy.format(1)} >/dev/null"
    ) == found.undo


def test_a_governor_that_cannot_be_had_is_not_a_fix(tmp_path):
    found = look(plant(tmp_path, DISTURBED | {AVAILABLE.format(1): "powersave schedutil\n"}))

    assert ("warning", "") == (found["governor"].status, found["governor"].fix)


def test_a_governor_whose_choices_are_not_known_is_not_changed(tmp_path):
    found = look(plant(tmp_path, {GOVERNOR.format(0): "powersave\n"}))

    assert ("warning", "") == (found["governor"].status, found["governor"].fix)


def test_a_missing_governor_is_the_hypervisor_s_doing_only_under_a_hypervisor(tmp_path):
    assert "hypervisor" in look(tmp_path, guest("KVMKVMKVM"))["governor"].evidence
    assert "hypervisor" not in look(tmp_path)["governor"].evidence


def test_a_guest_s_single_threads_may_share_a_core_all_the_same(tmp_path):
    root = plant(tmp_path, QUIET)

    assert "ok" == look(root)["smt"].status
    assert "unknown" == look(root, guest("KVMKVMKVM"))["smt"].status


def test_siblings_that_the_kernel_cannot_switch_have_no_fix(tmp_path):
    plant(tmp_path, DISTURBED | {f"{CPU}/smt/control": "notimplemented\n"})

    found = look(tmp_path)["smt"]

    assert ("warning", "") == (found.status, found.fix)


def test_isolated_cpus_that_the_run_may_not_use_are_named_with_the_way_to_them(tmp_path):
    found = look(plant(tmp_path, QUIET | {f"{CPU}/isolated": "1020-1023\n"}))["isolation"]

    assert "warning" == found.status
    assert "`taskset -c 1020-1023 pkbench run`" in found.no_fix


def test_the_kernel_s_null_is_no_cpu(tmp_path):
    found = look(plant(tmp_path, QUIET | {f"{CPU}/nohz_full": "(null)\n"}))["isolation"]

    assert "isolated: 0-1023; nohz_full: no CPU" == found.evidence


def test_the_cores_that_are_shared_are_named(tmp_path):
    topology = f"{CPU}/cpu{{}}/topology/thread_siblings_list"
    siblings = {topology.format(cpu): "0-1023" for cpu in os.sched_getaffinity(0)}

    found = look(plant(tmp_path, DISTURBED | siblings))["smt"]

    assert found.evidence.endswith("these CPUs share a core: 0-1023")
