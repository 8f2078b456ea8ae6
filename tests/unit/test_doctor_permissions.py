"""The doctor's checks of what the kernel allows."""

import contextlib
import errno
from pathlib import Path

import pytest
from doctor_made import DISTURBED, SAMPLE_RATE, kernel_gives, look
from machines_made import plant

from pkbench.doctor import permissions


@pytest.mark.parametrize(
    ("check", "path", "least"),
    [
        ("max_map_count", "proc/sys/vm/max_map_count", 65_530),
        ("sample_rate", SAMPLE_RATE, 4000),
    ],
)
def test_a_limit_is_ok_from_what_is_needed_upwards(tmp_path, check, path, least):
    assert "ok" == look(plant(tmp_path, {path: str(least)}))[check].status
    assert "warning" == look(plant(tmp_path, {path: str(least - 1)}))[check].status


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EPERM, "something else forbids it"),
        (errno.EINVAL, "use Linux 5.11 or newer"),
        (errno.ENOSYS, "CONFIG_USERFAULTFD"),
    ],
)
def test_a_userfaultfd_that_is_refused_is_no_setting_s_doing(tmp_path, monkeypatch, code, reason):
    kernel_gives(monkeypatch, code)

    found = look(plant(tmp_path, DISTURBED))["userfaultfd"]

    assert ("warning", "") == (found.status, found.fix)
    assert reason in found.no_fix
    assert found.evidence.endswith(errno.errorcode[code])


@pytest.mark.parametrize(
    ("setting", "code", "fixed"),
    [
        ("2", errno.EPERM, True),
        ("1", errno.EPERM, True),
        ("0", errno.EPERM, False),
        ("2", errno.ENOSYS, False),
        ("2", errno.ENOMEM, False),
    ],
)
def test_a_refused_io_uring_has_a_fix_where_a_setting_forbids_it(
    tmp_path, monkeypatch, setting, code, fixed
):
    kernel_gives(monkeypatch, code)

    found = look(plant(tmp_path, {"proc/sys/kernel/io_uring_disabled": setting}))["io_uring"]

    assert ("warning", fixed) == (found.status, bool(found.fix))


def test_an_io_uring_that_this_process_may_use_is_ok_whatever_the_setting(tmp_path, monkeypatch):
    kernel_gives(monkeypatch, 0)

    assert "ok" == look(plant(tmp_path, DISTURBED))["io_uring"].status


@pytest.mark.parametrize("ask", [permissions.try_userfaultfd, permissions.try_io_uring])
def test_asking_leaves_no_open_file_behind(ask):
    def open_files() -> list[str]:
        return sorted(path.name for path in Path("/proc/self/fd").iterdir())

    before = open_files()
    with contextlib.suppress(OSError):
        ask()

    assert before == open_files()
