"""One `pkbench profile`, from what is asked for to the profile file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkbench.catalogue import Case
from pkbench.journal import Interrupted, Journal, begin, journal_path
from pkbench.machine import Machine
from pkbench.profiler import document
from pkbench.profiler import round as rounds
from pkbench.profiler.round import Progress
from pkbench.resultfile import OutputError

# Where these differ, what was profiled before can't be continued. In the words of the journal.
MUST_AGREE = ("version", "cases", "machine")
Found = dict[str, dict[str, Any]]  # by case


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


def check(request: Request) -> None:
    """Make the folder; OutputError where it holds a profile already, or can't be made."""
    path = request.folder / document.NAME
    if path.exists() and not request.journal.exists():
        raise OutputError(f"{path} exists already; give another folder with -o")
    try:
        request.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"can't make the folder {request.folder}: {error.strerror}") from None


def profile(request: Request, progress: Progress) -> Path:
    """Profile the cases, and write the profile. What was profiled survives whatever ends it.

    The journal stays until what is drawn of the profile is written as well.
    """
    names = [case.name for case in request.cases]
    fresh = document.start(request.machine, names, request.command)
    start, entries = begin(request.journal, fresh, MUST_AGREE, request.resume)
    found: Found = {entry["case"]["case"]: entry["case"] for entry in entries}
    with Journal(request.journal) as journal:
        if not request.journal.stat().st_size:
            journal.append(start)
        try:
            _go_on(request, journal, found, progress)
        except KeyboardInterrupt:
            raise Interrupted(f"{len(found)} of {len(names)} cases", request.folder) from None
    return document.write(request.folder, document.whole(start, [found[name] for name in names]))


def _go_on(request: Request, journal: Journal, found: Found, progress: Progress) -> None:
    """Profile what isn't among the found, and add it."""
    left = [case for case in request.cases if case.name not in found]
    for each in rounds.profiles(left, request.budget, progress):
        found[each.case] = document.case(each)
        if each.reason != rounds.SPENT:  # else it may have its turn when the profile goes on
            journal.append({"kind": "case", "case": found[each.case]})
