"""Names that tell the machines of several results apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from ..reading.fields import text_of
from ..reading.result import Result

Namer = Callable[[Result], str]

# From short to long: the first that no other result of the same evidence shares is used.
NAMERS: tuple[Namer, ...] = (
    lambda result: result.name,
    lambda result: f"{result.name}, {text_of(result.machine.get('kernel')) or result.file}",
    lambda result: f"{result.name}, {result.date[:16].replace('T', ' ') or result.file}",
    lambda result: f"{result.name}, {result.file}",
)


def named(results: Sequence[Result]) -> list[tuple[str, Result]]:
    """Pair each result with its machine's name, in their order.

    Where two results of one kind of evidence share a name, the kernel, the date, the file or at
    last a number is added.
    """
    names = [_first_unique(result, results) for result in results]
    repeats = Counter(names)
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        if repeats[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return list(zip(names, results, strict=True))


def _first_unique(result: Result, results: Sequence[Result]) -> str:
    rivals = [r for r in results if r is not result and r.evidence == result.evidence]
    for namer in NAMERS:
        if namer(result) not in {namer(rival) for rival in rivals}:
            return namer(result)
    return NAMERS[-1](result)
