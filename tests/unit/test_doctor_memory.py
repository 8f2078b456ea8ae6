"""The doctor's checks of memory."""

import pytest
from doctor_made import DISTURBED, HUGETLB, QUIET, SWAPS, THP, look
from machines_made import plant


def test_swap_that_holds_nothing_is_ok(tmp_path):
    plant(tmp_path, {"proc/swaps": SWAPS + "/dev/sda2 partition\t8388604\t0\t-2\n"})

    assert "ok" == look(tmp_path)["swap"].status


def test_swapping_is_taken_up_again_as_it_was(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["swap"]

    assert "swapoff /dev/sda2 && swapoff '/swap file'" == found.fix
    assert "swapon /dev/sda2 && swapon -p 5 '/swap file'" == found.undo


def test_huge_pages_on_request_are_ok_and_none_at_all_are_not(tmp_path):
    assert "ok" == look(plant(tmp_path, QUIET))["thp"].status

    found = look(plant(tmp_path, QUIET | {THP: "always madvise [never]\n"}))["thp"]
    assert ("warning", f"echo madvise | tee /{THP} >/dev/null") == (found.status, found.fix)


def test_huge_pages_in_use_are_not_counted_as_reserved(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["hugetlb"]

    assert "2 pages of 2 MiB are reserved, 1 of them unused" == found.evidence
    assert f"echo 65 | tee /{HUGETLB}/nr_hugepages >/dev/null" == found.fix


def test_a_small_machine_is_not_told_to_reserve_its_memory(tmp_path):
    found = look(plant(tmp_path, DISTURBED | {"proc/meminfo": "MemTotal: 524288 kB\n"}))["hugetlb"]

    assert ("warning", "") == (found.status, found.fix)


@pytest.mark.parametrize("check", ["ksm", "numa_balancing"])
def test_what_the_kernel_lacks_does_no_harm(tmp_path, check):
    beside = {"sys/kernel/mm/ksm/other": "", "proc/sys/kernel/osrelease": "6.12\n"}

    assert "ok" == look(plant(tmp_path, beside))[check].status
