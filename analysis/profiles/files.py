"""Make the files of a profile: pictures, stacks and tables, named after their cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import formatting
from ..flame import difference, folded, graph, speedscope
from ..flame.caption import Caption
from ..flame.folded import Stack
from . import tables, timeline
from .profile import UNPROFILED, CaseProfile, Profile

PICO = 1e12


def stem(case: str) -> str:
    """Return the name of a case's files without the ending."""
    return case.replace("/", "-").replace(":", "-")


def of_case(profile: Profile, case: CaseProfile) -> Iterator[tuple[str, str]]:
    """Give the name and content of each file of one case."""
    name = stem(case.case)
    if case.samples:
        caption = _caption(profile, case)
        yield f"{name}.svg", graph.svg(case.samples.stacks, caption)
        yield f"{name}.folded", folded.text(case.samples.stacks)
        yield f"{name}.speedscope.json", speedscope.document(case.samples.stacks, caption)
    if case.timeline:
        yield f"{name}.timeline.svg", timeline.svg(case, case.timeline)
    if case.instructions:
        yield f"{name}.loop.md", tables.instructions(case).markdown()


def shared(profile: Profile) -> Iterator[tuple[str, str]]:
    """Give the name and content of each table of all cases."""
    for table in (tables.by_case(profile.cases), tables.slow_down(profile.cases)):
        yield f"{table.name}.md", table.markdown()
        yield f"{table.name}.csv", table.csv()


def compared(
    profile: Profile, case: CaseProfile, base: Profile, other: CaseProfile
) -> Iterator[tuple[str, str]]:
    """Give the differential flame graph of an operation in two profiles, none without samples.

    The samples of each are scaled to the time of an unprofiled operation, in picoseconds.
    """
    before, after = _picoseconds(other), _picoseconds(case)
    if not (before and after):
        return
    names = f"{other.case} → {case.case}" if other.case != case.case else case.case
    machines = profile.name if profile.name == base.name else f"{base.name} → {profile.name}"
    caption = Caption(names, f"{machines}, {_how(case)}:", "ps per operation")
    yield f"{stem(case.case)}.difference.svg", difference.svg(before, after, caption)


def write(folder: Path, files: Iterator[tuple[str, str]]) -> list[Path]:
    """Write files; return their paths."""
    paths = []
    for name, content in files:
        path = folder / name
        path.write_text(content, encoding="utf-8")
        paths.append(path)
    return paths


def _picoseconds(case: CaseProfile) -> Mapping[Stack, int]:
    seconds = case.seconds.get(UNPROFILED)
    if not (case.samples and case.samples.timed and seconds):
        return {}
    each = seconds * PICO / sum(case.samples.timed.values())
    return {stack: round(count * each) for stack, count in case.samples.timed.items()}


def _caption(profile: Profile, case: CaseProfile) -> Caption:
    takes = (
        f", {formatting.seconds(case.seconds[UNPROFILED])} per operation"
        if UNPROFILED in case.seconds
        else ""
    )
    return Caption(case.case, f"{profile.name}{takes}, {_how(case)}{_part(case)}:", "samples")


def _part(case: CaseProfile) -> str:
    """Say how many samples are the operation's, where the picture shows others as well."""
    if case.samples is None:
        return ""
    timed, whole = (sum(each.values()) for each in (case.samples.timed, case.samples.stacks))
    return f"; {timed:,} of them in the operation itself" if timed < whole else ""


def _how(case: CaseProfile) -> str:
    if case.samples is None:
        return ""
    if case.samples.by_time:
        return f"{case.samples.event}: by time, without a PMU"
    return case.samples.event
