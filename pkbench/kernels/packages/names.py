"""The names and versions of kernels, compared."""

import re

# Kernels for virtual machines boot fastest and are alike on Debian and its derivatives.
FLAVOURS = ("cloud-amd64", "generic", "amd64", "")


def begins(text: str, beginning: str) -> bool:
    """Tell whether a version begins so: `6.1` begins 6.1.0 and 6.1-rc1, not 6.12."""
    rest = text.removeprefix(beginning)
    if rest == text:
        return False
    return not (beginning[-1:].isdigit() and rest[:1].isdigit())


def order(version: str) -> tuple[int, ...]:
    """Return what sorts versions: their numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def flavour_of(release: str) -> str:
    """Return what follows the numbers of a release: `cloud-amd64` of 6.1.0-56-cloud-amd64."""
    found = re.search(r"-([a-z][\w-]*)$", release)
    return found[1] if found else ""


def flavour_rank(release: str) -> int:
    """Return how much a release's flavour is wanted: more is better, 0 is not at all."""
    flavour = flavour_of(release)
    return len(FLAVOURS) - FLAVOURS.index(flavour) if flavour in FLAVOURS else 0
