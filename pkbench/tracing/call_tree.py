"""Who called whom, and how many instructions each executed, from the addresses alone."""

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
    """A function under way, and the address of the instruction that led to it."""

    node: Node
    function: Function
    site: int


class CallTree:
    """Follows a processor through user mode and kernel, between two readings of the clock.

    The program reads its clock where a timed run begins and where it ends: the first reading is
    counted, as the time-stamp counter counts it, and the second is not.

    A function is entered at its first address, by whatever instruction: one that is jumped to at
    the end of another belongs to that other. It is left when the processor comes to just behind
    the instruction that had led there. An instruction that faults is in the trace but was not
    executed, and neither does the time-stamp counter count it.
    """

    def __init__(self, symbols: Symbols, clock_readings: frozenset[int]) -> None:
        """Begin before the first reading of the clock."""
        self._symbols = symbols
        self._readings = clock_readings
        self._user = Node((USER,))
        self._stack: list[Frame] = []
        self._counting = False
        self._last = 0
        self.instructions = 0  # between the readings, in all
        self.stretches = 0  # how often the clock was read to begin

    def follow(self, addresses: Iterable[int]) -> None:
        """Take in the next instructions."""
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
        """Find out where the processor has come to: back, into a function, or elsewhere in one."""
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
                # One label after another: entry code has several.
                site = self._stack.pop().site
                self._enter(function, site)
            else:
                self._enter(function, last)
        else:
            self._jump(function, last)

    def _returned(self, address: int, function: Function) -> bool:
        """Go back to the innermost function that was left just before this address."""
        for depth in range(len(self._stack) - 1, 0, -1):
            caller = self._stack[depth - 1].function
            behind = 0 <= address - self._stack[depth].site <= LONGEST_INSTRUCTION
            if behind and caller.name == function.name:
                del self._stack[depth:]
                self._continue(function)
                return True
        return False

    def _jump(self, function: Function, last: int) -> None:
        """Go on in the middle of a function: one that is under way, or another."""
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth].function.name == function.name:
                del self._stack[depth + 1 :]
                self._continue(function)
                return
        self._enter(function, last)

    def _continue(self, function: Function) -> None:
        """Go on in a function, or in its cold part."""
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
