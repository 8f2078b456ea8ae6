"""Build a call tree with the instructions of each function from executed addresses."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pkbench.tracing.symbols import Function, Symbols

KERNEL_ADDRESSES = 1 << 63
LONGEST_INSTRUCTION = 15
DEEPEST = 400
USER = "user mode"
KERNEL = "_[k]"  # the mark of the kernel's functions in folded stacks

Stack = tuple[str, ...]


@dataclass
class Node:
    """A function as called from one place."""

    stack: Stack
    instructions: int = 0
    calls: int = 0
    inner: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """An active function, and the address of the instruction that entered it."""

    node: Node
    function: Function
    site: int


class CallTree:
    """Follows a processor through user mode and kernel, between two readings of the clock.

    The program reads its clock where a timed run begins and where it ends. The first reading is
    counted, as the time-stamp counter counts it, and the second is not.

    A function is entered at its first address, by any instruction. One that is entered by a jump at
    the end of another (a tail call) counts as called by that other. It is left when the processor
    reaches the instruction after the one that entered it. An instruction that faults is in the
    trace but was not executed; the time-stamp counter doesn't count it either.
    """

    def __init__(self, symbols: Symbols, clock_readings: frozenset[int]) -> None:
        """Begin before the first reading of the clock, at one of the addresses `clock_readings`."""
        self._symbols = symbols
        self._readings = clock_readings
        self._user = Node((USER,))
        self._stack: list[Frame] = []
        self._counting = False
        self._last = 0
        self.instructions = 0  # between the readings, in all
        self.stretches = 0  # how many timed runs have begun

    def follow(self, addresses: Iterable[int]) -> None:
        """Follow the next instructions, given by their addresses."""
        last, node, first, end, site = self._last, self._user, 0, 0, 0
        counted = 0
        if self._stack:
            node, first, end, site = self._where()
        for address in addresses:
            if address < KERNEL_ADDRESSES:
                if address in self._readings:
                    self._read_clock()
                if self._stack:
                    self._stack.clear()
                    first = end = 0
                node = self._user
            elif not self._counting:
                continue
            elif not first < address < end or 0 <= address - site <= LONGEST_INSTRUCTION:
                if self._move(last, address).fault and address == self._where()[1]:
                    node.instructions -= 1
                    counted -= 1
                node, first, end, site = self._where()
            if self._counting:
                node.instructions += 1
                counted += 1
            last = address
        self._last = last
        self.instructions += counted

    @property
    def nodes(self) -> list[Node]:
        """Return all functions that were executed, callers first."""
        found = [self._user]
        for node in found:
            found.extend(node.inner.values())
        return found

    def _where(self) -> tuple[Node, int, int, int]:
        top = self._stack[-1]
        return top.node, top.function.first, top.function.end, top.site

    def _read_clock(self) -> None:
        self._counting = not self._counting
        self.stretches += self._counting

    def _move(self, last: int, address: int) -> Function:
        """Handle a move to another function: a return, an entry or a jump. Return that function."""
        function = self._symbols.at(address)
        goes_on = self._stack and address == last  # a string instruction
        if not goes_on and not self._returned(address, function):
            self._go(last, address, function)
        return function

    def _go(self, last: int, address: int, function: Function) -> None:
        if not self._stack:
            self._enter(function, last)
        elif address == function.first and not function.cold:
            if 0 < address - last <= LONGEST_INSTRUCTION and not self._stack[-1].function.thunk:
                # Execution runs on into the next label: entry code has several.
                site = self._stack.pop().site
                self._enter(function, site)
            else:
                self._enter(function, last)
        else:
            self._jump(function, last)

    def _returned(self, address: int, function: Function) -> bool:
        """Return to the innermost caller whose call ends just before this address, if any."""
        for depth in range(len(self._stack) - 1, 0, -1):
            caller = self._stack[depth - 1].function
            behind = 0 <= address - self._stack[depth].site <= LONGEST_INSTRUCTION
            if behind and caller.name == function.name:
                del self._stack[depth:]
                self._continue(function)
                return True
        return False

    def _jump(self, function: Function, last: int) -> None:
        """Continue in the middle of a function: an active one, or another."""
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth].function.name == function.name:
                del self._stack[depth + 1 :]
                self._continue(function)
                return
        self._enter(function, last)

    def _continue(self, function: Function) -> None:
        """Continue in a function or in its cold part."""
        top = self._stack[-1]
        if top.function != function:
            self._stack[-1] = Frame(top.node, function, top.site)

    def _enter(self, function: Function, site: int) -> None:
        caller = self._stack[-1].node if self._stack else self._user
        if function.thunk or len(self._stack) >= DEEPEST:
            node = caller
        else:
            name = function.name + KERNEL
            node = caller.inner.setdefault(name, Node((*caller.stack, name)))
            node.calls += 1
        self._stack.append(Frame(node, function, site))
