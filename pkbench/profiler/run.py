"""One `pkbench profile`, from what is asked for to the profile file."""

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

# Where these differ, what was profiled before can't be continued. In the words of the journal.
MUST_AGREE = ("version", "cases", "machine")


@dataclass(frozen=True)
class Request:
    """What a profile is to be made of."""

    cases: Sequence[Case]  # each once
    machine: Machine
    folder: Path
    budget: float
    command: str
    resume: bool = False

    @property
    def journal(self) -> Path:
        """Return where each case lies as soon as it is profiled."""
        return journal_path(self.folder / document.NAME)


@dataclass(frozen=True)
class Begun:
    """What the journal holds of a profile: its first line, and the cases that are done."""

    start: dict[str, Any]
    found: dict[str, dict[str, Any]]  # by case


def begin(request: Request) -> Begun:
    """Make the folder, or take up what an interrupted profile left there.

    OutputError where it can't be made or holds a profile, ResumeError as any journal gives it.
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
    """Profile the cases, and write the profile. What was profiled survives whatever ends it.

    The journal stays until what is drawn of the profile is written as well.
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
    """Profile what isn't among the found, and add it."""
    left = [case for case in request.cases if case.name not in found]
    for each in rounds.profiles(left, request.budget, progress):
        found[each.case] = document.case(each)
        if each.reason != rounds.SPENT:  # else it may have its turn when the profile goes on
            journal.append({"kind": "case", "case": found[each.case]})


def _kept(request: Request, found: dict[str, dict[str, Any]]) -> str:
    """Say how many cases are done, of those that run here."""
    skipped = sum(case["state"] == "skipped" for case in found.values())
    return f"{len(found) - skipped} of {len(request.cases) - skipped} cases"
