"""The guest's answers, line by line: its way through the list of cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pkbench.cases.catalogue import Case, parse_case
from pkbench.count.guest_machine import Shown
from pkbench.count.result import Counted, Instructions, UserMode

# What proves that instructions are counted exactly: a hundred no-operations make the difference.
EMPTY = "instruction/empty-loop"
CONTROL = "instruction/nop-100"
CONTROL_INSTRUCTIONS = 100

NEWLINE = "\x1f"  # stands for one in the text of a file


class AnswerError(Exception):
    """Says, as the rest of a sentence about the guest, why its figures are worth nothing."""


@dataclass(frozen=True)
class Progress:
    """How far the work has come."""

    done: int
    total: int
    doing: str  # a case's name, or what else is under way


class Answers:
    """What a guest has answered so far."""

    def __init__(self, cases: Sequence[Case], progress: Callable[[Progress], None]) -> None:
        """Expect answers to these cases and to the controls."""
        controls = [parse_case(EMPTY), parse_case(CONTROL)]
        alone = [case for case in cases if not case.benchmark.threads]
        self.asked = list(dict.fromkeys([*controls, *alone]))
        self.shown = Shown()
        self.doing = ""
        self.finished = False
        self._progress = progress
        self._ended: dict[Case, Counted] = {}

    def hear(self, line: str) -> None:
        """Take in one line; raises AnswerError where it says that nothing can be counted."""
        word, _, rest = line.partition(" ")
        if word == "pkbench":
            self._progress(Progress(0, len(self.asked), "letting the kernel settle"))
        elif word == "file":
            path, _, text = rest.partition(" ")
            self.shown.files[path] = text.replace(NEWLINE, "\n")
        elif word in ("probe", "compiler", "build"):
            self.shown.said[word] = rest
        elif word == "problem":
            raise AnswerError(f"can't count: {rest}")
        elif word in ("begin", "measured", "user", "skipped", "failed"):
            index, _, text = rest.partition(" ")
            self._hear_case(word, self.asked[int(index)], text)
        self.finished = word == "bye"

    def ending(self, case: Case) -> Counted:
        """Return how a case ended."""
        if case.benchmark.threads:
            return Counted(case, "skipped", "needs more than one thread")
        return self._ended.get(case) or Counted(case, "failed", "the guest gave no answer")

    def _hear_case(self, word: str, case: Case, text: str) -> None:
        if word == "begin":
            self.doing = case.name
            self._progress(Progress(len(self._ended), len(self.asked), case.name))
        elif word == "measured":
            self._ended[case] = _counted(case, _instructions(text))
        elif word == "user":
            self._ended[case] = self._ended[case].with_user_mode(_in_user_mode(text))
        else:
            self._ended.setdefault(case, Counted(case, word, text))
        if word not in ("begin", "user") and case.name == CONTROL:
            self._check_control(case)

    def _check_control(self, control: Case) -> None:
        """Refuse a guest that doesn't count a hundred instructions as a hundred."""
        found = [self.ending(parse_case(EMPTY)), self.ending(control)]
        for counted in found:
            if counted.state != "measured":
                raise AnswerError(f"can't count: {counted.reason}")
        difference = found[1].value - found[0].value
        if difference != CONTROL_INSTRUCTIONS:
            raise AnswerError(f"does not count exactly: 100 instructions took {difference:.2f}")


def _instructions(text: str) -> Instructions:
    loops, repeats, *totals = (int(number) for number in text.split())
    return Instructions(
        loops=loops,
        totals=tuple(totals[0::3]),
        repeats=repeats,
        seen=tuple(totals[1::3]),
        longest=tuple(totals[2::3]),
    )


def _counted(case: Case, found: Instructions) -> Counted:
    if found.refusal:
        return Counted(case, "failed", found.refusal)
    return Counted(case, "measured", instructions=found)


def _in_user_mode(text: str) -> UserMode:
    loops, once, twice, around = (int(number) for number in text.split())
    return UserMode(loops, (once, twice) if twice else (once,), around)
