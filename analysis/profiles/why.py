"""Say in a report where the time of its cases goes, from the profiles of its machines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from .. import formatting
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..reading.bounded_json import ResultError, clean
from ..reading.fields import text_of
from ..reading.result import Result
from ..tables.table import Table
from . import files, shares, tables
from .profile import COUNTED, SAMPLED, UNPROFILED, CaseProfile, Profile
from .read import is_profile, read

ROWS = ("tlb_shootdown_interrupts", "call_interrupts_all")
SAME = ("cpu_model", "kernel")  # facts that a profile and a result must share
LARGEST = 3  # causes in a sentence
NEAR = 1.5  # the largest ratio of two times that count as the same
LEAST = 0.005  # events per operation: the least that is not 0.00
# Counts of the whole machine belong to no case: the profile has them, with those of a pause.
SHOWN = tuple(name for name in tables.LABELS if not name.startswith(tuple(ROWS)))
# The cases that the summary may explain, the most asked for first: a case, and the benchmark whose
# first profiled case replaces it.
EXPLAINED = (
    ("protect/mprotect-rw-ro/pages:1", "protect/mprotect-rw-ro"),
    ("threads/mprotect-siblings/siblings:spinning/threads:2", ""),
    ("switch/mprotect/pages:1", "switch/mprotect"),
    ("protect/mprotect-rw-ro/pages:33", ""),
    ("protect/mprotect-rw-ro/pages:34", ""),
)
MOST_SENTENCES = 2  # in a summary; each case's own block has its sentence as well


@dataclass(frozen=True)
class Why:
    """The texts of the page about one case's profile."""

    sentence: str
    counts: Sequence[tuple[str, str]]  # quantity and number per operation, where above zero
    unknown: Sequence[tuple[str, str]]  # reason, and the quantities that are unknown for it
    slow_down: str
    files: Sequence[tuple[str, str]]  # what is drawn, and the path from the page's folder


@dataclass(frozen=True)
class Profiles:
    """The profiles of the machines of a result set, by the machines' names there."""

    of_machine: Mapping[str, Profile] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.of_machine)

    def sentences(self, result_set: ResultSet) -> Iterator[str]:
        """Give sentences for the summary: where the time of its cases goes."""
        rows = {
            (row["machine"], row["case"]): row["gross"] for row in records(result_set.estimates)
        }
        for machine, profile in self.of_machine.items():
            costs = {case: cost for (name, case), cost in rows.items() if name == machine}
            several = f"{machine}: " if len(result_set.names) > 1 else ""
            yield from (f"{several}{text}" for text in sentences(profile, costs))

    def why(self, machine: str, case: str, seconds: float | None) -> Why | None:
        """Return the texts about a case on a machine, None where it was not profiled."""
        profile = self.of_machine.get(machine)
        found = profile.of(case) if profile else None
        if found is None or found.state != "measured":
            return None
        return _why(found, seconds, self._folder(machine))

    @property
    def tables(self) -> Sequence[Table]:
        """The causes per operation, a table for each machine."""
        several = len(self.of_machine) > 1
        return [
            replace(
                tables.by_case(profile.cases),
                name=f"causes-{place}" if several else "causes",
                title=f"Causes per operation: {name}" if several else "Causes per operation",
            )
            for place, (name, profile) in enumerate(self.of_machine.items(), start=1)
        ]

    def write(self, folder: Path) -> None:
        """Write the pictures of every case below a report's folder."""
        for machine, profile in self.of_machine.items():
            below = folder / self._folder(machine)
            below.mkdir(parents=True, exist_ok=True)
            for case in profile.cases:
                files.write(below, files.of_case(profile, case))

    def _folder(self, machine: str) -> str:
        return f"profiles/{list(self.of_machine).index(machine) + 1}"


def of(result_set: ResultSet, profiles: Sequence[Profile]) -> Profiles:
    """Return each machine's profile: the last of those that fit it."""
    found = {
        name: profile
        for profile in profiles
        for name, result in result_set.machines
        if fits(profile, result)
    }
    return Profiles(found)


def apart(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Separate paths into those of results and those of profiles."""
    profiles = [path for path in paths if is_profile(path)]
    return [path for path in paths if path not in profiles], profiles


def read_all(
    paths: Sequence[Path], results: Sequence[Result], skip: Callable[[str], None] | None
) -> tuple[list[Profile], list[str]]:
    """Return the profiles of the results' machines, and a sentence for each profile left out.

    A profile that can't be used raises ResultError; with `skip`, `skip` gets the reason instead.
    """
    found, left_out = [], []
    for path in paths:
        try:
            profile = _of_one(read(path), results)
        except ResultError as error:
            if skip is None:
                raise
            skip(str(error))
            left_out.append(str(error))
        else:
            found.append(profile)
    return found, left_out


def _of_one(profile: Profile, results: Sequence[Result]) -> Profile:
    if not any(fits(profile, result) for result in results):
        raise ResultError(f"{clean(str(profile.path))} is not a profile of any result's machine.")
    return profile


def fits(profile: Profile, result: Result) -> bool:
    """Report whether a profile has the same CPU and kernel as a result of times."""
    return result.evidence == "silicon" and all(
        profile.machine.get(key) == text_of(result.machine.get(key)) for key in SAME
    )


def sentences(profile: Profile, costs: dict[str, float]) -> Iterator[str]:
    """Give at most MOST_SENTENCES sentences on where the time of the cases in EXPLAINED goes.

    `costs` maps a case to its measured seconds per operation. For a case that is not among them,
    the time of the profile itself is used.
    """
    found = (
        profile.of(case) or (_first(profile, benchmark) if benchmark else None)
        for case, benchmark in EXPLAINED
    )
    texts = (sentence(case, costs.get(case.case)) for case in found if case)
    yield from islice(dict.fromkeys(filter(None, texts)), MOST_SENTENCES)


def sentence(case: CaseProfile, seconds: float | None = None) -> str:
    """Return a sentence on where one case's time goes, "" where that is not known.

    `seconds` is the measured time of an operation; the profile's own is used if they differ much.
    """
    unprofiled = case.seconds.get(UNPROFILED)
    seconds = seconds if seconds and _same(case, seconds) else unprofiled
    found = [each for each in shares.of_case(case) if each.share >= 0.01][:LARGEST]
    if not (found and seconds and case.samples):
        return ""
    parts = [
        f"{100 * each.share:.0f} % {_verb(place)}{each.cause}" for place, each in enumerate(found)
    ]
    number = sum(case.samples.timed.values())
    flushes = case.per_operation("tlb_flushes_local_mm")
    calls = case.per_operation("calls_to_other_cpus")
    counted = "; ".join(
        f"{number:,.2f} {what}"
        for number, what in ((flushes, "TLB flushes"), (calls, "calls to other CPUs"))
        if number is not None and number >= LEAST
    )
    counted = f"; {counted} per operation" if counted else ""
    return (
        f"Of the {formatting.seconds(seconds)} of {case.case}, {formatting.listed(parts)} "
        f"({number:,} samples{counted})."
    )


def _why(case: CaseProfile, seconds: float | None, folder: str) -> Why:
    unknown: dict[str, list[str]] = {}
    for each in case.quantities:
        if each.per_operation is None:
            unknown.setdefault(each.reason, []).append(tables.label(each).strip())
    for part, reason in case.missing.items():
        unknown.setdefault(reason, []).append(part)
    counts = [
        (tables.label(each).strip(), tables.amount(each))
        for each in case.quantities
        if each.per_operation and each.per_operation >= tables.LEAST and each.quantity in SHOWN
    ]
    stem = f"{folder}/{files.stem(case.case)}"
    drawn = [("flame graph", f"{stem}.svg")] if case.samples else []
    drawn += [("timeline", f"{stem}.timeline.svg")] if case.timeline else []
    slower = (f"{tables.slower(case, how)} while {how}" for how in (COUNTED, SAMPLED))
    return Why(
        sentence=sentence(case, seconds),
        counts=counts,
        unknown=[(reason, ", ".join(what)) for reason, what in unknown.items()],
        slow_down=", ".join(slower),
        files=drawn,
    )


def _same(case: CaseProfile, seconds: float) -> bool:
    """Report whether the profiled case took about as long as the measured one.

    If the two differ, as in a case with two modes, the profile's shares are not those of the
    measured time.
    """
    if UNPROFILED not in case.seconds:
        return True
    return case.shortest[UNPROFILED] / NEAR <= seconds <= case.seconds[UNPROFILED] * NEAR


def _verb(place: int) -> str:
    return "" if place else "is "


def _first(profile: Profile, benchmark: str) -> CaseProfile | None:
    """Return the first case of a benchmark that was profiled."""
    found = (
        each
        for each in profile.cases
        if each.samples and "/".join(each.case.split("/")[:2]) == benchmark
    )
    return next(found, None)
