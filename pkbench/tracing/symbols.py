"""Look up the guest's kernel functions by address."""

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

# Labels between functions.
MARK = re.compile(r"_?_?[se]?text$|_(start|end|begin)$|^__cfi_")
# The part of a function that compilers place apart because it rarely runs.
COLD = ".cold"
# The suffix of a function that a compiler derived from another.
CLONE = re.compile(r"\.(isra|constprop|llvm)\.\d+")
# Replacements for indirect calls and returns that prevent speculation: part of their caller's code.
THUNK = re.compile(
    r"^__x86_(indirect|return)_|^__x86_return_skl$|^call_depth_return_thunk$|^clear_bhb_loop|"
    r"^srso_|^its_return_thunk$|^retbleed_|^zen_untrain_ret$|^(__x86_)?entry_untrain_ret$|^__fentry__$"
)
# Entry points of faults: the instruction that faulted was not executed.
FAULT = re.compile(
    r"^asm_exc_(page_fault|general_protection|invalid_op|device_not_available|divide_error|"
    r"stack_segment|segment_not_present|alignment_check)$"
)


@dataclass(frozen=True)
class Function:
    """A function, or the cold part of one, as `[first, end)`."""

    name: str
    first: int
    end: int
    cold: bool = False
    thunk: bool = False
    fault: bool = False


class Symbols:
    """All functions of a kernel."""

    def __init__(self, entries: Iterable[tuple[int, str, str]]) -> None:
        """Index functions given by address, type (as nm prints it) and name."""
        names: dict[int, tuple[tuple[bool, ...], int, str]] = {}
        for address, kind, name in entries:
            if address:
                named = (_preference(kind, name), len(name), name)
                names[address] = min(named, names.get(address, named))
        self._firsts = sorted(names)
        ends = [*self._firsts[1:], 1 << 64]
        self._functions = [
            _function(names[first][-1], first, end)
            for first, end in zip(self._firsts, ends, strict=False)
        ]

    def __len__(self) -> int:
        return len(self._functions)

    def at(self, address: int) -> Function:
        """Return the function that holds an address."""
        place = bisect_right(self._firsts, address) - 1
        return self._functions[place] if place >= 0 else Function("?", 0, self._firsts[0])


def parse(line: str) -> tuple[int, str, str]:
    """Return address, type and name from a line of /proc/kallsyms."""
    address, kind, name = line.split(maxsplit=3)[:3]
    return int(address, 16), kind, name


def _function(name: str, first: int, end: int) -> Function:
    plain = CLONE.sub("", name)
    own = plain.removesuffix(COLD)
    return Function(
        own,
        first,
        end,
        cold=own != plain,
        thunk=bool(THUNK.search(own)),
        fault=bool(FAULT.search(own)),
    )


def _preference(kind: str, name: str) -> tuple[bool, ...]:
    """Return a sort key of the names of one address: a plain name of a global function is first."""
    return (
        bool(MARK.search(name)),
        "ia32" in name or "compat" in name,
        kind not in "TW",
        name.startswith("__"),
    )
