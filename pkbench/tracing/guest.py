"""Trace one case in a guest."""

from collections.abc import Callable, Iterator

from pkbench.cases.catalogue import Case
from pkbench.count import guest
from pkbench.count.emulator import EmulatorError, Options
from pkbench.count.guest import GuestError
from pkbench.count.guest_protocol import GuestProtocol, Progress, ProtocolError
from pkbench.kernels.available import Kernel
from pkbench.tracing.attribution import Attribution, AttributionError, Run, attribute
from pkbench.tracing.boot import TracedBoot
from pkbench.tracing.call_tree import CallTree
from pkbench.tracing.log import program_counters
from pkbench.tracing.program import clock_readings
from pkbench.tracing.symbols import Symbols, parse


class Listener:
    """Reads the guest's lines, and traces it when it asks for that."""

    def __init__(self, boot: TracedBoot, protocol: GuestProtocol, readings: frozenset[int]) -> None:
        """Read symbols and traces, and pass the other lines to `protocol`."""
        self.runs: list[Run] = []
        self._boot = boot
        self._protocol = protocol
        self._readings = readings
        self._entries: list[tuple[int, str, str]] = []
        self._symbols: Symbols | None = None

    def listen(self, patience_seconds: float) -> None:
        """Read the guest's lines to the end; raise EmulatorError where it ends early."""
        tree: CallTree | None = None
        self._boot.open_monitor()
        for line in self._boot.lines(patience_seconds):
            word, _, rest = line.partition(" ")
            if word == "symbol":
                self._entries.append(parse(rest))
            elif word == "trace":
                tree = CallTree(self._known_symbols(), self._readings)
                self._boot.trace(follower(tree), patience_seconds)
            elif word == "traced" and tree:
                self._keep(tree, *(int(number) for number in rest.split()))
            elif word == "untraced":
                raise AttributionError(f"was not traced: {rest}")
            else:
                self._protocol.receive(line)
            if self._protocol.finished:
                return
        raise EmulatorError("ended before everything was counted")

    def _keep(self, tree: CallTree, loops: int, ticks: int, counted: int) -> None:
        """Keep a run that took as many instructions as the counted ones: nothing interrupted it."""
        if ticks == counted:
            self.runs.append(Run(loops, ticks, tree))

    def _known_symbols(self) -> Symbols:
        if self._symbols is None:
            self._symbols = Symbols(self._entries)
            if not self._symbols:
                raise AttributionError("reports no symbols: its kernel was built without them")
        return self._symbols


def follower(tree: CallTree) -> Callable[[Iterator[bytes]], None]:
    """Return a function that follows a log through the call tree."""

    def follow(pieces: Iterator[bytes]) -> None:
        for addresses in program_counters(pieces):
            tree.follow(addresses)

    return follow


def trace(
    kernel: Kernel,
    case: Case,
    progress: Callable[[Progress], None] = lambda step: None,
    options: Options = guest.DEFAULTS,
    memory_mib: int = guest.MEMORY_MIB,
    patience_seconds: float = guest.PATIENCE_SECONDS,
) -> Attribution:
    """Boot a kernel once, count a case and trace it.

    Raise GuestError where the case can't be counted or its trace doesn't match the count.
    """
    if case.benchmark.threads:
        raise GuestError(f"{case.name} needs more than one thread: a trace can't tell them apart")
    protocol = GuestProtocol([case], progress)
    content = guest.program().read_bytes()
    qemu = guest.find_emulator(options)
    progress(Progress(0, len(protocol.asked), f"booting {kernel.release}"))
    archive = guest.pack(content, protocol.asked, traced=case)
    with TracedBoot(qemu, kernel.path, archive, memory_mib, options.append) as boot:
        listener = Listener(boot, protocol, clock_readings(content))
        try:
            listener.listen(patience_seconds)
            machine = guest.machine_name(kernel, options)
            return attribute(kernel, machine, protocol.result(case), listener.runs)
        except (EmulatorError, ProtocolError, AttributionError) as error:
            raise GuestError(guest.explain(str(error), kernel, boot, protocol)) from error
