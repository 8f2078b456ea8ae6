"""The version of pkbench that runs now."""

import functools
import os
import re
import subprocess
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the figures depend on: an edited README makes no other version.
SOURCES = ("native", "pkbench", "analysis", "pyproject.toml")
# The release that the first commit with a tag continues, for clones that hold no tag.
FIRST = "v0.1.0"
TIMEOUT = 10.0  # seconds


@functools.cache
def version() -> str:
    """Return the version, such as 0.1.0, or 0.2.0.dev12+g0123abcde.dirty between releases.

    In a checkout git is asked, because an editable install keeps the version of the day when it
    was made. `.dirty` says that the sources differ from the commit. Elsewhere, and where git
    can't tell, it is the version that was installed. The form is setuptools-scm's
    (`release-branch-semver`).
    """
    return (_of_checkout(ROOT) if (ROOT / ".git").exists() else None) or metadata.version("pkbench")


def _of_checkout(root: Path) -> str | None:
    described = _git(root, "describe", "--tags", "--long", "--abbrev=9", "--match", "v[0-9]*")
    if described is None:
        count, commit = (
            _git(root, "rev-list", "--count", "HEAD"),
            _git(root, "rev-parse", "--short=9", "HEAD"),
        )
        described = f"{FIRST}-{count}-g{commit}"
    changed = _git(root, "status", "--porcelain", "--", *SOURCES)
    found = re.fullmatch(r"v(\d+)\.(\d+)\.(\d+)-(\d+)-(g[0-9a-f]+)", described)
    if found is None or changed is None:
        return None
    major, minor, patch, distance, commit = found.groups()
    if distance == "0" and not changed:
        return f"{major}.{minor}.{patch}"
    return f"{major}.{int(minor) + 1}.0.dev{distance}+{commit}{'.dirty' if changed else ''}"


def _git(root: Path, *arguments: str) -> str | None:
    """Return what git answers, or None where it can't."""
    # Whoever runs pkbench from a checkout trusts it, whoever owns it. Nothing is written.
    command = ("git", "-c", f"safe.directory={root}", "-C", str(root), *arguments)
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=TIMEOUT, env=environment, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
