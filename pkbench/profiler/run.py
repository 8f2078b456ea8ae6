"""One `pkbench profile`, from the request to the profile file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkbench.cases.catalogue import Case
from pkbench.machine import Machine
from pkbench.profiler import document
from pkbench.profiler import round as rounds
from pkbench.profiler.round import Progress
from pkbench.resultfile import OutputError, make_folder
from pkbench.run import journal as journals
from pkbench.run.journal import Interrupted, Journal, journal_path

# Keys of the journal's first line. A profile is only resumed where all of them are the same.
MUST_AGREE = ("version", "cases", "machine")


@dataclass(frozen=True)
class Request:
    """What to profile."""

    cases: Sequence[Case]  # without duplicates
    machine: Machine
    folder: Path
    budget: float
    command: str
    resume: bool = False

    @property
    def journal(self) -> Path:
        """Return the path of the journal, which holds each case as soon as it is profiled."""
        return journal_path(self.folder / document.NAME)


@dataclass(frozen=True)
class Begun:
    """The content of a profile's journal: its first line, and the cases that are done."""

    start: dict[str, Any]
    found: dict[str, dict[str, Any]]  # by case


def begin(request: Request) -> Begun:
    """Create the folder, or read what an interrupted profile left in it.

    Raise OutputError where the folder can't be created or holds a profile, and ResumeError or
    JournalError where its journal can't be resumed.
    """
    path = request.folder / document.NAME
    if path.exists() and not request.journal.exists():
        raise OutputError(f"{path} exists already; give another folder with -o")
    make_folder(request.folder)
    names = [case.name for case in request.cases]
    fresh = document.start(request.machine, names, request.command)
    start, entries = journals.begin(request.journal, fresh, MUST_AGREE, request.resume)
    return Begun(start, {entry["case"]["case"]: entry["case"] for entry in entries})


def profile(request: Request, begun: Begun, progress: Progress) -> Path:
    """Profile the cases, write the profile and return its path.

    The journal keeps what was profiled, whatever ends the profile. It stays until the figures are
    written as well. Raise Interrupted on Ctrl-C and OutputError where the profile can't be written.
    """
    with Journal(request.journal) as journal:
        if not request.journal.stat().st_size:
            journal.append(begun.start)
        try:
            _go_on(request, journal, begun.found, progress)
        except KeyboardInterrupt:
            raise Interrupted(_kept(request, begun.found), request.folder) from None
    cases = [begun.found[case.name] for case in request.cases]
    return document.write(request.folder, document.whole(begun.start, cases))


def _go_on(
    request: Request, journal: Journal, found: dict[str, dict[str, Any]], progress: Progress
) -> None:
    """Profile the cases that are not in `found`, and add them."""
    left = [case for case in request.cases if case.name not in found]
    for each in rounds.profiles(left, request.budget, progress):
        found[each.case] = document.case(each)
        if each.reason != rounds.SPENT:  # a resumed profile may still have time for it
            journal.append({"kind": "case", "case": found[each.case]})


def _kept(request: Request, found: dict[str, dict[str, Any]]) -> str:
    """Return how many cases are done, of those that can run here."""
    skipped = sum(case["state"] == "skipped" for case in found.values())
    return f"{len(found) - skipped} of {len(request.cases) - skipped} cases"
