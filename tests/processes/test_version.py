"""The version that a result states is that of the code which measured it."""

import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import needs
import pytest
from command_line import pkbench
from places import ROOT

from pkbench import version
from pkbench.version import _of_checkout


def git(folder: Path, *arguments: str) -> str:
    command = [needs.program("git"), "-c", "user.name=x", "-c", "user.email=x", *arguments]
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of one commit, without a tag."""
    for folder in ("native", "pkbench", "analysis"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "source").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "README.md").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    return tmp_path


def commit(checkout: Path) -> str:
    return "g" + git(checkout, "rev-parse", "--short=9", "HEAD")


def test_without_a_tag_it_is_on_the_way_from_the_first_release(checkout: Path) -> None:
    assert f"0.2.0.dev1+{commit(checkout)}" == _of_checkout(checkout)


def test_a_tag_is_a_release_and_what_follows_is_on_the_way_to_the_next(checkout: Path) -> None:
    git(checkout, "tag", "v1.2.3")
    assert "1.2.3" == _of_checkout(checkout)

    git(checkout, "commit", "--quiet", "--allow-empty", "--message", "second")
    assert f"1.3.0.dev1+{commit(checkout)}" == _of_checkout(checkout)


@pytest.mark.parametrize("changed", ["native/source", "pkbench/new", "pyproject.toml"])
def test_sources_that_differ_from_the_commit_are_said(checkout: Path, changed: str) -> None:
    git(checkout, "tag", "v1.2.3")
    (checkout / changed).write_text("changed")

    assert f"1.3.0.dev0+{commit(checkout)}.dirty" == _of_checkout(checkout)


def test_another_readme_makes_no_other_version(checkout: Path) -> None:
    git(checkout, "tag", "v1.2.3")
    (checkout / "README.md").write_text("changed")

    assert "1.2.3" == _of_checkout(checkout)


@pytest.mark.parametrize("tag", ["", "v1.2.3"])
@pytest.mark.parametrize("commits", [0, 2])
def test_what_is_built_has_the_version_that_the_checkout_says(
    checkout: Path, tag: str, commits: int
) -> None:
    pytest.importorskip("setuptools_scm")
    if tag:
        git(checkout, "tag", tag)
    for _ in range(commits):
        git(checkout, "commit", "--quiet", "--allow-empty", "--message", "more")
    command = [sys.executable, "-P", "-m", "setuptools_scm"]
    done = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)

    assert done.stdout.strip() == _of_checkout(checkout)


def test_an_archive_without_git_still_has_a_version(checkout: Path) -> None:
    pytest.importorskip("setuptools_scm")
    shutil.rmtree(checkout / ".git")
    command = [sys.executable, "-P", "-m", "setuptools_scm"]
    done = subprocess.run(command, cwd=checkout, check=True, capture_output=True, text=True)

    assert "0.2.0.dev0" == done.stdout.strip()


def test_where_git_cannot_tell_it_is_the_version_that_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "ROOT", tmp_path)
    (tmp_path / ".git").mkdir()

    assert metadata.version("pkbench") == version.version.__wrapped__()


def test_the_command_line_prints_it() -> None:
    assert f"pkbench {version.version()}\n" == pkbench("--version").stdout
