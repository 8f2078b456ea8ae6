"""Access suites of Debian that the host's sources don't name, at the host's own mirror."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkbench.kernels.packages.fetched import PackageError, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Suites with kernels of their own: the stable ones since Linux 5.10, and the coming ones.
SUITES = (
    *("bullseye", "bullseye-security"),
    *("bookworm", "bookworm-security", "bookworm-backports"),
    *("trixie", "trixie-security", "trixie-backports"),
    *("testing", "unstable"),
)
MAIN, SECURITY = "Debian", "Debian-Security"  # the labels in their Release files
SUITE_NAME = re.compile(r"[a-z][a-z0-9.-]*", re.ASCII)
# Of the host's configuration only the network settings apply: not its lists, its preferences or its
# hooks.
CONFIGURATION = """\
Dir::State "{state}";
Dir::State::Lists "{state}/lists";
Dir::State::Status "{state}/status";
Dir::Cache "{state}/cache";
Dir::Etc::SourceList "{state}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
#clear APT::Update;
#clear APT::Default-Release;
#clear APT::Architectures;
APT::Architecture "amd64";
APT::Get::List-Cleanup "false";
APT::Sandbox::User "{user}";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
"""


@dataclass(frozen=True)
class Archive:
    """An up-to-date apt state of our own."""

    configuration: Path
    missing: Mapping[str, str]  # suite -> why it is missing, as a sentence

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options that make apt use this state."""
        return ("-c", str(self.configuration))


def open_archive(state: Path, suites: Sequence[str] = SUITES) -> Archive:
    """Fetch the signed lists of these suites into the folder `state`.

    Raise PackageError where a name isn't valid or no list can be fetched.
    """
    for suite in suites:
        if not SUITE_NAME.fullmatch(suite):
            raise PackageError(
                f"{suite!r} is not a valid name of a suite: a valid one is trixie-backports"
            )
    if not KEYRING.is_file():
        raise PackageError(
            f"{KEYRING} is missing, which verifies Debian's suites: install debian-archive-keyring"
        )
    mirrors = _mirrors()
    configuration = _write_state(state, _sources(mirrors, suites))
    done = run(["apt-get", "update", "-c", str(configuration)])
    said = [line for line in (done.stdout + done.stderr).splitlines() if line[:3] in ("E: ", "W: ")]
    return Archive(configuration, dict(_missing(mirrors, suites, said, done.returncode)))


def _mirrors() -> dict[str, str]:
    """Return the host's mirrors of Debian, by label."""
    asked = ["apt-get", "indextargets", "--format", "$(LABEL) $(SITE)", "Origin: Debian"]
    lines = reversed(run(asked).stdout.splitlines())  # reversed: the first of several mirrors wins
    found = {label: site for label, _, site in (line.partition(" ") for line in lines) if site}
    if MAIN not in found:
        raise PackageError(
            "apt has no mirror of Debian: if this is Debian, run `sudo apt-get update` first"
        )
    return found


def _label(suite: str) -> str:
    return SECURITY if suite.endswith("-security") else MAIN


def _sources(mirrors: Mapping[str, str], suites: Sequence[str]) -> str:
    lines = [
        f"deb [signed-by={KEYRING}] {mirrors[_label(suite)]} {suite} main\n"
        for suite in suites
        if _label(suite) in mirrors
    ]
    return "".join(lines)


def _write_state(state: Path, sources: str) -> Path:
    if set('"\n') & set(str(state)):
        raise PackageError(f"apt can't keep its state in {state}: its path has a quotation mark")
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "sources.list").write_text(sources)
    configuration = state / "apt.conf"
    # Run by root, apt would fetch as its own user, which may not read root's cache.
    user = "root" if os.geteuid() == 0 else "_apt"
    configuration.write_text(CONFIGURATION.format(state=state, user=user))
    return configuration


def _missing(
    mirrors: Mapping[str, str], suites: Sequence[str], said: Sequence[str], status: int
) -> list[tuple[str, str]]:
    found = []
    for suite in suites:
        of_it = [line[3:] for line in said if re.search(rf"[ /]{re.escape(suite)}[ /]", line)]
        if _label(suite) not in mirrors:
            found.append((suite, f"the host's sources name no mirror that has {suite}"))
        elif of_it:
            found.append((suite, _why(suite, of_it)))
    if status and not found:
        first = next((line[3:] for line in said), "it gave no reason")
        raise PackageError(f"apt-get could not fetch the lists of Debian's suites: {first}")
    return found


def _why(suite: str, said: Sequence[str]) -> str:
    text = " ".join(said)
    if re.search(r"NO_PUBKEY|KEYSIG|BADSIG|not signed|[Ss]ignature", text):
        return f"{suite} is signed by no key in {KEYRING}: upgrade debian-archive-keyring"
    if re.search(r"have a Release file|\b404\b", text):
        return f"the mirror has no suite {suite}"
    return f"no network, or the mirror does not answer: {said[0]}"
