"""The doctor's checks of the clocks and the kernel."""

import pytest
from doctor_made import CEILING, CLOCKSOURCE, DISTURBED, FLAGS, QUIET, look
from machines_made import ARM64, CPU, plant


def test_a_clock_that_needs_the_kernel_is_changed_for_one_that_does_not(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["clocksource"]

    path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    assert f"echo tsc | tee {path} >/dev/null" == found.fix
    assert f"echo hpet | tee {path} >/dev/null" == found.undo


def test_a_slow_clock_without_a_better_one_has_no_fix(tmp_path):
    plant(tmp_path, DISTURBED | {f"{CLOCKSOURCE}/available_clocksource": "hpet acpi_pm\n"})

    found = look(tmp_path)["clocksource"]

    assert ("warning", "") == (found.status, found.fix)


def test_a_slow_clock_whose_alternatives_are_not_known_has_no_fix(tmp_path):
    found = look(plant(tmp_path, {f"{CLOCKSOURCE}/current_clocksource": "hpet"}))["clocksource"]

    assert ("hpet; available: not known", "") == (found.evidence, found.fix)


@pytest.mark.parametrize(
    ("meltdown", "status"),
    [
        ("Mitigation: PTI", "warning"),
        ("Not affected", "ok"),
        ("Vulnerable", "ok"),
        ("Unknown (XEN PV detected, hypervisor mitigation required)", "unknown"),
    ],
)
def test_page_table_isolation_is_read_from_what_meltdown_says(tmp_path, meltdown, status):
    plant(tmp_path, {f"{CPU}/vulnerabilities/meltdown": meltdown})

    assert status == look(tmp_path)["kpti"].status


def test_mitigations_turned_off_are_a_warning_even_where_none_is_needed(tmp_path):
    plant(tmp_path, QUIET | {"proc/cmdline": "quiet mitigations=off"})

    found = look(tmp_path)["mitigations"]

    assert ("warning", "mitigations=off") == (found.status, found.evidence)


def test_active_mitigations_are_ok_and_named(tmp_path):
    plant(tmp_path, QUIET | {f"{CPU}/vulnerabilities/mds": "Mitigation: Clear CPU buffers\n"})

    found = look(tmp_path)["mitigations"]

    assert ("ok", "mitigated: mds") == (found.status, found.evidence)


@pytest.mark.parametrize(("pages", "status"), [("33", "ok"), ("1", "warning"), ("", "unknown")])
def test_only_the_default_flush_ceiling_is_ok(tmp_path, pages, status):
    assert status == look(plant(tmp_path, {CEILING: pages}))["flush_ceiling"].status


def test_a_flush_ceiling_that_cannot_be_read_names_the_case_that_shows_it(tmp_path):
    assert "protect/mprotect-rw-ro at pages=33,34" in look(tmp_path)["flush_ceiling"].no_fix


def test_what_only_x86_has_is_not_missed_elsewhere(tmp_path):
    found = look(plant(tmp_path, DISTURBED), ARM64)

    assert ("ok", "ok") == (found["flush_ceiling"].status, found["tsc"].status)


@pytest.mark.parametrize(
    ("flags", "status", "evidence"),
    [
        ("constant_tsc nonstop_tsc", "ok", "constant_tsc, nonstop_tsc"),
        ("nonstop_tsc", "warning", "/proc/cpuinfo lacks constant_tsc"),
        ("tsc", "warning", "/proc/cpuinfo lacks constant_tsc and nonstop_tsc"),
    ],
)
def test_the_tsc_is_sound_if_it_is_constant_and_never_stops(tmp_path, flags, status, evidence):
    found = look(plant(tmp_path, {"proc/cpuinfo": FLAGS.format(flags)}))["tsc"]

    assert (status, evidence) == (found.status, found.evidence)


def test_boot_parameters_are_a_reason_and_no_command(tmp_path):
    found = look(plant(tmp_path, DISTURBED))

    at_boot = [name for name, each in found.items() if "at boot" in each.no_fix]
    assert ["isolation", "mitigations", "kpti"] == at_boot
    assert [] == [name for name in at_boot if found[name].fix]
