"""Compare the names and versions of kernels."""

import re

# The best first: kernels for virtual machines boot fastest, on Debian and its derivatives alike.
FLAVOURS = ("cloud-amd64", "generic", "amd64", "")


def begins(text: str, beginning: str) -> bool:
    """Return whether a version begins like this: 6.1.0 and 6.1-rc1 do with `6.1`, 6.12 doesn't."""
    rest = text.removeprefix(beginning)
    if rest == text:
        return False
    return not (beginning[-1:].isdigit() and rest[:1].isdigit())


def order(version: str) -> tuple[int, ...]:
    """Return a version's numbers, which sort versions."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def flavour_of(release: str) -> str:
    """Return a release's flavour: `cloud-amd64` for 6.1.0-56-cloud-amd64."""
    found = re.search(r"-([a-z][\w-]*)$", release)
    return found[1] if found else ""


def flavour_rank(release: str) -> int:
    """Return the rank of a release's flavour: higher is better, 0 is unsuitable."""
    flavour = flavour_of(release)
    return len(FLAVOURS) - FLAVOURS.index(flavour) if flavour in FLAVOURS else 0
