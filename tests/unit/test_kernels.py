"""The kernels at hand, and bringing one."""

import os
from pathlib import Path

import pytest
from kernels_made import CLOUD, image

from pkbench.kernels import available
from pkbench.kernels.available import Kernel, KernelError
from pkbench.kernels.packages import Wanted
from pkbench.kernels.packages.names import begins, flavour_of, order


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch) -> Path:
    """Give each test a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pkbench" / "kernels"


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A root directory without kernels."""
    return tmp_path / "root"


def install(root: Path, path: str, release: str, version: str = "6.1.192-2") -> Path:
    """Install a kernel under a root directory."""
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(image(release, version))
    return place


@pytest.mark.parametrize(
    ("version", "beginning", "is_meant"),
    [
        ("6.1.0-56-cloud-amd64", "6.1", True),
        ("6.12.117+deb12-cloud-amd64", "6.1", False),
        ("6.12.117-1~deb12u1", "6.12", True),
        ("6.1-rc1", "6.1", True),
        ("6.1.192-2", "6.1.192-2", True),
        ("6.1.192-2", "6.1.19", False),
        ("6.1.192-2", "1.192", False),
        ("6.1.192-2", "newest", False),
        ("6.1.192-2", "", False),
    ],
)
def test_a_version_is_meant_by_its_beginning_number_by_number(version, beginning, is_meant):
    assert is_meant == begins(version, beginning)


def test_versions_are_sorted_by_their_numbers():
    assert ["6.1.99-1", "6.1.192-2", "6.12.3-1"] == sorted(
        ["6.12.3-1", "6.1.99-1", "6.1.192-2"], key=order
    )


@pytest.mark.parametrize(
    ("release", "flavour"),
    [
        ("6.1.0-56-cloud-amd64", "cloud-amd64"),
        ("6.12.117+deb12-amd64", "amd64"),
        ("6.8.0-45-generic", "generic"),
        ("6.11.4-301.fc41.x86_64", ""),
    ],
)
def test_a_release_ends_in_its_flavour(release, flavour):
    assert flavour == flavour_of(release)


def test_an_installed_kernel_is_at_hand_once_with_its_distributions_version(tmp_path):
    install(tmp_path, f"boot/vmlinuz-{CLOUD}", CLOUD)
    install(tmp_path, f"lib/modules/{CLOUD}/vmlinuz", CLOUD)
    (found,) = available.available_kernels(tmp_path)
    assert (CLOUD, "installed", "6.1.192-2") == (found.release, found.origin, found.version)


def test_a_kernel_is_found_by_path_release_and_the_beginning_of_its_version(tmp_path):
    path = install(tmp_path, f"boot/vmlinuz-{CLOUD}", CLOUD)
    for name in (str(path), CLOUD, "6.1", "6.1.192"):
        assert CLOUD == available.resolve(name, tmp_path).release


def test_of_several_the_newest_of_the_flavour_for_virtual_machines_is_meant(tmp_path):
    install(tmp_path, "boot/vmlinuz-a", "6.1.0-9-cloud-amd64", "6.1.27-1")
    install(tmp_path, "boot/vmlinuz-b", CLOUD, "6.1.192-2")
    install(tmp_path, "boot/vmlinuz-c", "6.1.0-57-amd64", "6.1.193-1")
    assert CLOUD == available.resolve("6.1", tmp_path).release


def test_an_unknown_kernel_is_one_sentence_that_says_how_to_get_it(nowhere):
    with pytest.raises(KernelError, match=r"no kernel '9\.9' .* `pkbench kernels get 9\.9`"):
        available.resolve("9.9", nowhere)


@pytest.mark.parametrize("content", [b"", b"text", bytes(0x1000), image()[:0x210]])
def test_a_file_that_is_no_kernel_is_refused_by_name(tmp_path, content):
    path = tmp_path / "wrong"
    path.write_bytes(content)
    with pytest.raises(KernelError, match=r"wrong is not an x86 Linux kernel image"):
        available.resolve(str(path))


def test_a_missing_file_and_a_folder_are_refused_by_name(tmp_path):
    with pytest.raises(KernelError, match=r"none can't be read: No such file"):
        available.resolve(str(tmp_path / "none"))
    with pytest.raises(KernelError, match=r"can't be read: Is a directory"):
        available.resolve(str(tmp_path))


def test_an_image_kept_for_root_is_listed_and_refused(tmp_path, monkeypatch):
    install(tmp_path, f"boot/vmlinuz-{CLOUD}", CLOUD)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    (found,) = available.available_kernels(tmp_path)
    assert not found.readable
    with pytest.raises(KernelError, match=r"this user can't read .*kernels get"):
        available.resolve("6.1", tmp_path)


# Suites that the host's own sources don't name


def test_no_package_manager_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KernelError, match=r"fetching a kernel needs apt-get or dnf"):
        available.get(Wanted("6.1"))


def test_the_cache_is_where_the_user_wants_it(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert tmp_path / ".cache" / "pkbench" == available.cache_directory()


def test_a_kernel_says_whether_it_can_be_read(tmp_path):
    assert not Kernel("6.1", tmp_path / "none", "file", "6.1").readable
