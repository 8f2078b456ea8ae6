"""Read the lines that a guest writes while it works through its list of cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pkbench.cases.catalogue import Case, parse_case
from pkbench.count.guest_machine import GuestFacts
from pkbench.count.result import Counted, Instructions, UserMode

# Two controls that differ by a hundred no-ops: a guest that counts exactly finds that difference.
EMPTY = "instruction/empty-loop"
CONTROL = "instruction/nop-100"
CONTROL_INSTRUCTIONS = 100

NEWLINE = "\x1f"  # stands for a newline in the text of a file


class ProtocolError(Exception):
    """The guest can't count; the message says why and completes a sentence about the guest."""


@dataclass(frozen=True)
class Progress:
    """How many cases are done, and what is under way."""

    done: int
    total: int
    doing: str  # a case's name, or another step


class GuestProtocol:
    """What a guest has reported so far."""

    def __init__(self, cases: Sequence[Case], progress: Callable[[Progress], None]) -> None:
        """Expect reports on these cases and on the controls; call `progress` as each begins."""
        controls = [parse_case(EMPTY), parse_case(CONTROL)]
        single = [case for case in cases if not case.benchmark.threads]
        self.asked = list(dict.fromkeys([*controls, *single]))
        self.facts = GuestFacts()
        self.doing = ""
        self.finished = False
        self._progress = progress
        self._ended: dict[Case, Counted] = {}

    def receive(self, line: str) -> None:
        """Read one line; raise ProtocolError where it says that the guest can't count."""
        word, _, rest = line.partition(" ")
        if word == "pkbench":
            self._progress(Progress(0, len(self.asked), "waiting until the kernel is idle"))
        elif word == "file":
            path, _, text = rest.partition(" ")
            self.facts.files[path] = text.replace(NEWLINE, "\n")
        elif word in ("probe", "compiler", "build"):
            self.facts.reports[word] = rest
        elif word == "problem":
            raise ProtocolError(f"can't count: {rest}")
        elif word in ("begin", "measured", "user", "skipped", "failed"):
            index, _, text = rest.partition(" ")
            self._receive_case(word, self.asked[int(index)], text)
        self.finished = word == "bye"

    def result(self, case: Case) -> Counted:
        """Return the result of a case, or why there is none."""
        if case.benchmark.threads:
            return Counted(case, "skipped", "needs more than one thread")
        return self._ended.get(case) or Counted(case, "failed", "the guest reported nothing")

    def _receive_case(self, word: str, case: Case, text: str) -> None:
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
        """Raise ProtocolError where a hundred instructions were not counted as a hundred."""
        found = [self.result(parse_case(EMPTY)), self.result(control)]
        for counted in found:
            if counted.state != "measured":
                raise ProtocolError(f"can't count: {counted.reason}")
        difference = found[1].value - found[0].value
        if difference != CONTROL_INSTRUCTIONS:
            raise ProtocolError(f"does not count exactly: 100 instructions took {difference:.2f}")


def _instructions(text: str) -> Instructions:
    loops, repeats, *totals = (int(number) for number in text.split())
    return Instructions(
        loops=loops,
        totals=tuple(totals[0::4]),
        repeats=repeats,
        occurrences=tuple(totals[1::4]),
        ranges=tuple(zip(totals[2::4], totals[3::4], strict=True)),
    )


def _counted(case: Case, found: Instructions) -> Counted:
    if found.error:
        return Counted(case, "failed", found.error)
    return Counted(case, "measured", instructions=found)


def _in_user_mode(text: str) -> UserMode:
    loops, once, twice, around = (int(number) for number in text.split())
    return UserMode(loops, (once, twice) if twice else (once,), around)
