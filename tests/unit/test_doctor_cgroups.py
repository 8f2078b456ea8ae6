"""The doctor's checks of control groups."""

from doctor_made import DISTURBED, QUIET, look
from machines_made import DESKTOP, plant


def test_a_quota_above_one_s_own_group_counts_too(tmp_path):
    plant(tmp_path, QUIET | {"sys/fs/cgroup/a.slice/cpu.max": "150000 100000\n"})

    found = look(tmp_path)["quota"]

    assert "warning" == found.status
    assert "echo max | tee /sys/fs/cgroup/a.slice/cpu.max >/dev/null" == found.fix
    assert "echo '150000 100000' | tee /sys/fs/cgroup/a.slice/cpu.max >/dev/null" == found.undo


def test_a_quota_that_was_used_up_is_a_problem(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["quota"]

    assert ("problem", True) == (found.status, found.evidence.endswith("throttled 12 times"))


VERSION_1 = {
    "proc/self/cgroup": "5:cpuset:/jobs\n4:cpu,cpuacct:/jobs\n0::/\n",
    "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpuset/jobs/cpuset.cpus": "0\n",
    "sys/fs/cgroup/cpuset/cpuset.cpus": "0-8\n",
}


def test_control_groups_of_version_1_are_understood(tmp_path):
    found = look(plant(tmp_path, DESKTOP | VERSION_1))

    path = "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us"
    assert f"echo -1 | tee {path} >/dev/null" == found["quota"].fix
    assert "the control group has CPUs 0 of 0-5,8" == found["cpuset"].evidence


def test_a_cpuset_of_version_1_cannot_be_emptied(tmp_path):
    found = look(plant(tmp_path, DESKTOP | VERSION_1))["cpuset"]

    assert ("warning", "") == (found.status, found.fix)


def test_a_container_that_sees_its_own_group_as_the_root_is_understood(tmp_path):
    plant(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"})

    assert "echo max | tee /sys/fs/cgroup/cpu.max >/dev/null" == look(tmp_path)["quota"].fix


def test_a_group_that_lies_outside_of_what_is_seen_is_looked_for_no_further(tmp_path):
    outside = {"sys/x/cpu.max": "50000 100000\n", "sys/fs/cgroup/cgroup.controllers": "cpu\n"}
    plant(tmp_path, {"proc/self/cgroup": "0::/../../x\n"} | outside)

    assert "ok" == look(tmp_path)["quota"].status
