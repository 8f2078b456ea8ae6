"""The doctor's checks of the performance counters."""

import errno

import pytest
from doctor_made import DISTURBED, PARANOID, count_cycles_as, look, refusing
from machines_made import plant

from pkbench import perf_event
from pkbench.doctor import counters


@pytest.mark.parametrize("percent", ["0", "100"])
def test_a_sample_rate_that_the_kernel_would_not_let_be_written_has_no_fix(tmp_path, percent):
    plant(tmp_path, DISTURBED | {"proc/sys/kernel/perf_cpu_time_max_percent": percent})

    found = look(tmp_path)["sample_rate"]

    assert ("warning", "") == (found.status, found.fix)


def test_counters_that_nothing_drives_are_a_warning_without_a_fix(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, refusing(errno.ENOENT))

    found = look(plant(tmp_path, DISTURBED))["pmu"]

    assert ("warning", "") == (found.status, found.fix)
    assert found.evidence.startswith("perf_event_open failed with ENOENT: ")


def test_a_counter_that_stays_at_zero_is_not_taken_for_a_working_one(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, lambda *, user_only: 0)

    assert "warning" == look(tmp_path)["pmu"].status


def test_counting_user_mode_alone_is_distinguished_from_not_counting(tmp_path, monkeypatch):
    root = plant(tmp_path, DISTURBED)
    count_cycles_as(monkeypatch, refusing(errno.EACCES, to_user_mode=False))
    user_mode = look(root)["pmu"]
    count_cycles_as(monkeypatch, refusing(errno.EACCES))

    assert counters.USER_ONLY == user_mode.effect
    assert counters.NO_COUNTERS == look(root)["pmu"].effect


def test_a_paranoid_kernel_without_counters_differs_from_one_with_them(tmp_path, monkeypatch):
    def count(*, user_only: bool) -> int:
        raise OSError(errno.ENOENT if user_only else errno.EACCES, "refused")

    count_cycles_as(monkeypatch, count)

    found = look(plant(tmp_path, DISTURBED))["pmu"]

    assert counters.NO_COUNTERS == found.effect
    assert found.evidence.endswith(
        "for user mode alone, the kernel has no driver for this CPU's counters"
    )


def test_a_paranoid_kernel_is_eased_and_put_back_as_it_was(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, refusing(errno.EACCES))

    found = look(plant(tmp_path, DISTURBED))["pmu"]

    assert "echo 1 | tee /proc/sys/kernel/perf_event_paranoid >/dev/null" == found.fix
    assert "echo 3 | tee /proc/sys/kernel/perf_event_paranoid >/dev/null" == found.undo


@pytest.mark.parametrize("paranoid", [{}, {PARANOID: "-1\n"}, {PARANOID: "1\n"}])
def test_a_refusal_that_the_kernel_s_setting_does_not_explain_has_no_fix(
    tmp_path, monkeypatch, paranoid
):
    count_cycles_as(monkeypatch, refusing(errno.EPERM))

    found = look(plant(tmp_path, paranoid))["pmu"]

    assert ("warning", "") == (found.status, found.fix)
    assert found.evidence.endswith("something else forbids it, such as a container's filter")


def test_the_way_to_the_counters_is_right_as_a_counter_without_hardware_shows():
    task_clock = (1, 1)  # PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, in nanoseconds
    try:
        counted = perf_event.count_briefly(*task_clock, user_only=True)
    except PermissionError as error:
        pytest.skip(f"perf_event_open: {error.strerror}")

    assert 1_000 < counted < 1_000_000_000


def test_an_event_that_does_not_exist_is_the_kernel_s_own_error():
    with pytest.raises(OSError, match=r"\S") as raised:
        perf_event.count_briefly(1, 1_000_000, user_only=True)

    assert raised.value.errno in errno.errorcode


def test_cycles_are_not_counted_where_the_system_call_s_number_is_not_known(monkeypatch):
    monkeypatch.setattr(perf_event, "NUMBERS", {})

    with pytest.raises(OSError, match="not known on this architecture"):
        counters.count_cycles(user_only=True)
