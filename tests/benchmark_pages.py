"""Write the tables of docs/benchmarks from the declarations in native/families.

    python tests/benchmark_pages.py

The prose of a page is kept: only what stands between the two marks is replaced. Run it after a
benchmark was added or its declaration changed; tests/unit/test_docs.py fails until then.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from places import ROOT

from pkbench._native import lib
from pkbench.cases.catalogue import Axis, Benchmark, benchmarks

DOCS = ROOT / "docs"
BEGIN, END = "<!-- made by tests/benchmark_pages.py -->", "<!-- end of what is made -->"
NEEDS = (
    (lib.PK_NEEDS_KEYS, "keys"),
    (lib.PK_NEEDS_X86, "x86-64"),
    (lib.PK_NEEDS_GLIBC, "glibc"),
    (lib.PK_NEEDS_THREADS, "threads"),
)


def families() -> dict[str, list[Benchmark]]:
    """Return the benchmarks of each family, in the order of `pkbench list`."""
    found: dict[str, list[Benchmark]] = {}
    for benchmark in benchmarks():
        found.setdefault(benchmark.family, []).append(benchmark)
    return found


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    cells = [[text.replace("|", r"\|") for text in row] for row in (header, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def benchmark_row(benchmark: Benchmark) -> tuple[str, ...]:
    """Return a benchmark's line."""
    name = f"**`{benchmark.name}`**" if benchmark.headline else f"`{benchmark.name}`"
    floor = (benchmark.floor or "").removeprefix(f"{benchmark.family}/")
    needs = ", ".join(text for bit, text in NEEDS if benchmark.native.needs & bit)
    axes = ", ".join(f"`{axis.name}`" for axis in benchmark.axes)
    return name, benchmark.operation, axes, f"`{floor}`" if floor else "", needs


def axis_rows(members: Iterable[Benchmark]) -> Iterator[tuple[str, ...]]:
    """Give a line for each different axis; where two share a name, say which benchmarks have it."""
    holders: dict[Axis, list[str]] = {}
    for benchmark in members:
        for axis in benchmark.axes:
            holders.setdefault(axis, []).append(benchmark.name)
    names = [axis.name for axis in holders]
    for axis, holding in holders.items():
        own = "" if names.count(axis.name) == 1 else f" ({', '.join(f'`{n}`' for n in holding)})"
        points = (axis.quick, axis.points, axis.more)
        yield f"`{axis.name}`{own}", axis.meaning, *map(spaced, points)


def spaced(points: str) -> str:
    """Return a list of points that a browser may wrap."""
    return points.replace(",", ", ")


def family_tables(members: list[Benchmark]) -> str:
    """Return a family's tables: its benchmarks, and its axes if it has any."""
    header = ("benchmark", "one operation", "axes", "fixed overhead (floor)", "needs")
    text = table(header, map(benchmark_row, members))
    axes = list(axis_rows(members))
    if not axes:
        return text
    columns = ("axis", "meaning", "quick", "standard", "publish adds")
    return f"{text}\n\n{table(columns, axes)}"


def overview() -> str:
    """Return the table of all families."""
    header = ("family", "benchmarks", "in the quick preset", "need keys")
    return table(header, map(_overview_row, families().items()))


def _overview_row(family: tuple[str, list[Benchmark]]) -> tuple[str, ...]:
    name, members = family
    keyed = sum(bool(one.native.needs & lib.PK_NEEDS_KEYS) for one in members)
    quick = sum(one.headline for one in members)
    return f"[{name}](benchmarks/{name}.md)", str(len(members)), str(quick), str(keyed)


def made() -> dict[Path, str]:
    """Return what stands between the marks of each page."""
    pages = {DOCS / "benchmarks.md": overview()}
    for family, members in families().items():
        pages[DOCS / "benchmarks" / f"{family}.md"] = family_tables(members)
    return pages


def with_tables(text: str, tables: str) -> str:
    """Return a page with its tables replaced."""
    before, mark, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page lacks the line {END if mark else BEGIN}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def main() -> None:
    """Rewrite each page whose tables are out of date."""
    for path, tables in made().items():
        path.write_text(with_tables(path.read_text(), tables))


if __name__ == "__main__":
    main()
