"""Bringing a kernel from a package."""

import errno
import json
import os
import re
import shutil
from pathlib import Path

import needs
import pytest
from kernels_made import CLOUD, Mirror, image

from pkbench.cli.count import find_kernel
from pkbench.kernels import available
from pkbench.kernels.available import KernelError
from pkbench.kernels.packages import PackageError, Wanted, archive


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch) -> Path:
    """Give each test a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pkbench" / "kernels"


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A root directory without kernels."""
    return tmp_path / "root"


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Mirror:
    """An apt with two series in two flavours, and older and newer ones at its mirror."""
    needs.program("dpkg-deb")
    made = Mirror(tmp_path / "mirror")
    monkeypatch.setenv("PATH", made.path)
    (tmp_path / "keyring").touch()
    monkeypatch.setattr(archive, "KEYRING", tmp_path / "keyring")
    made.add_kernel("5.10.0-46-cloud-amd64", "5.10.262-1", "bullseye-security")
    made.add_kernel("6.12.118+deb13-cloud-amd64", "6.12.118-1", "trixie-security")
    made.add_kernel("7.2.13+deb14-cloud-amd64", "7.2.13-1", "unstable")
    made.add_kernel("7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1", "trixie-backports")
    made.add_kernel("6.1.0-9-cloud-amd64", "6.1.27-1")
    made.add_kernel(CLOUD, "6.1.192-2")
    made.add_kernel("6.1.0-56-amd64", "6.1.192-2")
    made.add_kernel("6.1.0-56-rt-amd64", "6.1.192-3")
    made.add_kernel("6.12.117+deb12-cloud-amd64", "6.12.117-1~deb12u1")
    return made


def test_get_brings_the_newest_of_a_series_for_virtual_machines(mirror, cache):
    kernel = available.get(Wanted("6.1"))
    assert (CLOUD, "6.1.192-2", "cache") == (kernel.release, kernel.version, kernel.origin)
    assert image() == kernel.path.read_bytes()
    assert [cache / CLOUD] == list(cache.iterdir())


def test_get_says_what_it_does(mirror):
    said: list[str] = []
    available.get(Wanted("6.12"), said.append)
    package = "linux-image-6.12.117+deb12-cloud-amd64"
    assert f"fetching {package} 6.12.117-1~deb12u1 (bookworm)" == said[0]


def test_what_get_brought_is_listed_and_found_as_it_was(mirror, nowhere):
    kernel = available.get(Wanted("6.12"))
    assert [kernel] == available.available_kernels(nowhere)
    assert kernel == available.resolve("6.12", nowhere)


def test_get_takes_another_flavour_where_asked(mirror):
    assert "6.1.0-56-rt-amd64" == available.get(Wanted("6.1", flavour="rt-amd64")).release


@pytest.mark.parametrize("name", ["6.1.0-56-amd64", "linux-image-6.1.0-56-amd64"])
def test_get_takes_a_release_and_a_packages_name(mirror, name):
    assert "6.1.0-56-amd64" == available.get(Wanted(name)).release


def test_get_follows_a_package_that_only_depends_on_the_kernel(mirror):
    depends = f"linux-base (>= 4.3), linux-image-{CLOUD} (= 6.1.192-2)"
    mirror.add("linux-image-cloud-amd64", "6.1.192-2", {}, depends)
    kernel = available.get(Wanted("linux-image-cloud-amd64"))
    assert (CLOUD, f"linux-image-{CLOUD}") == (kernel.release, kernel.package)


def test_get_finds_a_kernel_that_lies_among_the_modules(mirror):
    release = "7.4.1+deb13-cloud-amd64"
    place = f"usr/lib/modules/{release}/vmlinuz"
    mirror.add(f"linux-image-{release}", "7.4.1-1", {place: image(release, "7.4.1-1")})
    assert release == available.get(Wanted("7.4")).release


def test_get_keeps_the_modules_that_a_guest_on_the_hosts_files_needs(mirror):
    needs.program("depmod")
    modules = "lib/modules/6.1.9-amd64"
    mirror.add(
        "linux-image-6.1.9-amd64",
        "6.1.999-1",
        {
            "boot/vmlinuz-6.1.9-amd64": image("6.1.9-amd64"),
            f"{modules}/kernel/fs/9p/9p.ko": b"",
            f"{modules}/kernel/sound/loud.ko": b"",
            f"{modules}/modules.builtin": b"",
        },
    )
    kernel = available.get(Wanted("6.1.9", flavour="amd64", modules=True))
    kept = {path.name for path in (kernel.path.parent / modules).rglob("*")}
    assert {"9p.ko", "modules.dep"} <= kept
    assert "loud.ko" not in kept


def test_get_brings_modules_that_have_a_package_of_their_own(mirror):
    needs.program("depmod")
    release, version = "7.4.1+deb13-cloud-amd64", "7.4.1-1"
    parts = f"linux-binary-{release} (= {version}), linux-modules-{release} (= {version})"
    mirror.add(f"linux-image-{release}", version, {}, parts)
    mirror.add(f"linux-binary-{release}", version, {f"boot/vmlinuz-{release}": image(release)})
    driver = f"usr/lib/modules/{release}/kernel/fs/9p/9p.ko"
    mirror.add(f"linux-modules-{release}", version, {driver: b""})
    said: list[str] = []
    kernel = available.get(Wanted("7.4", modules=True), said.append)
    kept = {path.name for path in (kernel.path.parent / "lib" / "modules" / release).rglob("*")}
    assert {"9p.ko", "modules.dep"} <= kept
    assert f"fetching linux-modules-{release} {version} (bookworm)" in said
    said.clear()
    available.get(Wanted("7.4"), said.append)
    assert not any("linux-modules" in step for step in said)


def test_a_kernel_whose_modules_are_not_to_be_had_is_one_sentence(mirror):
    with pytest.raises(KernelError, match=r"contains no modules and depends on none: fetch it wi"):
        available.get(Wanted("6.12", modules=True))


def test_get_replaces_what_is_there(mirror, cache):
    damaged = available.get(Wanted("6.1")).path
    damaged.write_bytes(b"damaged")
    assert image() == available.get(Wanted("6.1")).path.read_bytes()


def test_a_cached_image_that_has_changed_is_refused(mirror, nowhere):
    available.get(Wanted("6.1")).path.write_bytes(image("6.1.0-56-evil"))
    with pytest.raises(KernelError, match=r"has changed since it was fetched"):
        available.resolve("6.1", nowhere)


@pytest.mark.parametrize("notes", ["", "{", "[]", '{"release": "6.1"}', '{"stranger": 1}'])
def test_damaged_notes_hide_the_kernel_and_nothing_else(mirror, cache, nowhere, notes):
    available.get(Wanted("6.12"))
    available.get(Wanted("6.1"))
    (cache / CLOUD / "kernel.json").write_text(notes)
    assert ["6.12.117+deb12-cloud-amd64"] == [
        k.release for k in available.available_kernels(nowhere)
    ]


def test_the_notes_hold_no_path(mirror, tmp_path):
    notes = (available.get(Wanted("6.1")).path.parent / "kernel.json").read_text()
    assert str(tmp_path) not in notes
    assert {"release", "version", "package", "suite", "sha256"} == set(json.loads(notes))


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        ("E: Failed to fetch x  Temporary failure resolving 'x'", "no network, or the mirror"),
        ("E: Failed to fetch x  404  Not Found", "run `sudo apt-get update` and try again"),
        ("E: You don't have enough free space", "could not download .* enough free space"),
        ("", "it gave no reason"),
    ],
)
def test_a_failed_download_is_one_sentence_and_leaves_nothing(mirror, cache, complaint, sentence):
    mirror.refuse(complaint)
    with pytest.raises(KernelError, match=sentence) as caught:
        available.get(Wanted("6.1"))
    assert "\n" not in str(caught.value)
    assert [] == list(cache.iterdir())


def test_a_full_disk_is_one_sentence_and_leaves_nothing(mirror, cache, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    with pytest.raises(KernelError, match=r"kernels: No space left on device$"):
        available.get(Wanted("6.1"))
    assert [] == list(cache.iterdir())


def test_a_name_that_no_suite_knows_is_one_sentence(mirror):
    with pytest.raises(KernelError, match=r"there is no kernel '9\.9' in Debian's suites$"):
        available.get(Wanted("9.9"))


# Suites that the host's own sources don't name


def test_what_the_hosts_sources_lack_comes_from_another_suite_of_its_mirror(mirror, cache):
    kernel = available.get(Wanted("5.10"))
    assert ("5.10.262-1", "bullseye-security") == (kernel.version, kernel.suite)
    sources = (cache.parent / "apt" / "sources.list").read_text().splitlines()
    keyring = archive.KEYRING
    assert f"deb [signed-by={keyring}] http://made/debian bullseye main" in sources
    assert f"deb [signed-by={keyring}] http://made/security bullseye-security main" in sources


def test_what_the_hosts_sources_have_needs_no_other_suite(mirror):
    assert "bookworm" == available.get(Wanted("6.12")).suite
    assert not mirror.updated.exists()


def test_a_suite_that_is_named_is_the_only_one_looked_in(mirror):
    assert "6.12.118-1" == available.get(Wanted("6.12", "trixie-security")).version
    with pytest.raises(KernelError, match=r"there is no kernel '6\.1' in trixie-security$"):
        available.get(Wanted("6.1", "trixie-security"))


def test_the_newest_of_all_suites_is_found_and_then_at_hand(mirror, nowhere):
    available.get(Wanted("6.1"))
    assert "7.3.4-1~bpo13+1" == available.get(Wanted("newest")).version
    assert "7.3.4-1~bpo13+1" == available.resolve("newest", nowhere).version


def test_apts_state_is_all_in_the_cache_and_the_hosts_hooks_are_not_run(mirror, cache):
    available.get(Wanted("newest"))
    told = mirror.updated.read_text()
    folders = re.findall(r'^Dir::\S+ "(.+)";$', told, re.MULTILINE)
    own = [folder for folder in folders if folder != "/dev/null"]
    assert len(own) >= 5
    assert all(folder.startswith(str(cache.parent / "apt")) for folder in own)
    assert "#clear APT::Update;" in told


@pytest.mark.parametrize(
    ("complaint", "sentence"),
    [
        (
            "E: The repository 'http://made/debian bullseye Release' does not have a Release file.",
            "the mirror has no suite bullseye$",
        ),
        (
            """W: GPG error: http://made/debian bullseye InRelease: NO_PUBKEY 0E98404D386FA1D9
E: The repository 'http://made/debian bullseye InRelease' is not signed.""",
            "bullseye is signed by no key in .*keyring: upgrade debian-archive-keyring",
        ),
        (
            "W: Failed to fetch http://made/debian/dists/bullseye/InRelease  Could not resolve",
            "no network, or the mirror does not answer: Failed to fetch",
        ),
    ],
)
def test_a_suite_that_is_not_to_be_had_is_one_sentence(mirror, complaint, sentence):
    mirror.says.write_text(f"{complaint}\n")
    with pytest.raises(KernelError, match=sentence) as caught:
        available.get(Wanted("6.99", "bullseye"))
    assert "\n" not in str(caught.value)


def test_a_suite_that_is_missing_leaves_the_others(mirror):
    mirror.says.write_text("E: The repository 'x bullseye Release' does not have a Release file.\n")
    said: list[str] = []
    assert "7.3.4-1~bpo13+1" == available.get(Wanted("newest"), said.append).version
    assert "skipped: the mirror has no suite bullseye" in said


def test_an_update_that_fails_as_a_whole_is_one_sentence(mirror):
    mirror.says.write_text("E: Could not get lock\n")
    with pytest.raises(KernelError, match=r"lists of Debian's suites: Could not get lock$"):
        available.get(Wanted("5.10"))


def test_a_host_without_a_security_mirror_has_the_suites_of_the_other(mirror):
    mirror.mirrors.write_text("Debian http://made/debian\n")
    said: list[str] = []
    assert "7.3.4-1~bpo13+1" == available.get(Wanted("newest"), said.append).version
    assert "skipped: the host's sources name no mirror that has trixie-security" in said


@pytest.mark.parametrize("suite", ["../x", "a b", "x]", "-o", ""])
def test_no_suite_is_asked_for_that_could_not_be_one(mirror, suite):
    with pytest.raises(PackageError, match=r"is not a valid name of a suite"):
        archive.open_archive(Path("state"), [suite])


def test_a_missing_keyring_is_one_sentence_with_its_package(mirror, monkeypatch, tmp_path):
    monkeypatch.setattr(archive, "KEYRING", tmp_path / "none")
    with pytest.raises(KernelError, match=r"none is missing, .*: install debian-archive-keyring"):
        available.get(Wanted("5.10"))


def test_missing_package_lists_are_one_sentence_with_the_command(mirror):
    mirror.versions.write_text("")
    mirror.mirrors.write_text("")
    with pytest.raises(KernelError, match=r"apt has no mirror .*run `sudo apt-get update` first"):
        available.get(Wanted("6.1"))


def test_a_package_without_a_kernel_is_one_sentence(mirror):
    mirror.add("linux-image-8.0.0-amd64", "8.0-1", {"usr/share/doc/x": b""})
    with pytest.raises(KernelError, match=r"contains no kernel and depends on none"):
        available.get(Wanted("8.0"))


def test_a_count_brings_a_kernel_only_where_it_may_and_none_is_at_hand(mirror):
    with pytest.raises(KernelError, match=r"no kernel '5\.10' is available"):
        find_kernel("5.10", get=False)
    brought = find_kernel("5.10", get=True)
    assert "5.10.262-1" == brought.version
    mirror.refuse("E: nothing may be fetched")
    assert brought == find_kernel("5.10", get=True)
