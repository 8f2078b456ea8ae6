"""Tables in LaTeX: text from strangers in cells that nothing gets out of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LONGEST = 40  # rows on a page; what is longer goes on on the next
NEEDS = "% In the preamble: \\usepackage{booktabs}"
NEEDS_LONG = "% In the preamble: \\usepackage{booktabs,longtable}"

MEANT = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{''}",
    "'": r"\textquotesingle{}",
    "`": r"\textasciigrave{}",
    "[": r"{[}",  # after the end of a row it would begin an argument
    "]": r"{]}",
    "µ": r"\ensuremath{\mu}",
    "×": r"\ensuremath{\times}",
    "÷": r"\ensuremath{\div}",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "…": r"\ldots{}",
    "“": r"\textquotedblleft{}",
    "”": r"\textquotedblright{}",
    "‘": r"\textquoteleft{}",
    "’": r"\textquoteright{}",
    "≤": r"\ensuremath{\leq}",
    "≥": r"\ensuremath{\geq}",
    "→": r"\ensuremath{\rightarrow}",
    "·": r"\textperiodcentered{}",
    "®": r"\textregistered{}",
    "™": r"\texttrademark{}",
    "©": r"\textcopyright{}",
    "\N{NO-BREAK SPACE}": "~",
}


def text(plain: str) -> str:
    """Return text that LaTeX sets as it stands; what no plain font has, by its code."""
    # Two hyphens would be one longer dash.
    return "".join(map(_character, plain)).replace("--", "-{}-").replace("--", "-{}-")


def table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str,
    text_columns: int,
    name: str,
) -> str:
    """Return a table in an environment of its own, that floats, or breaks where it is long."""
    columns = "".join("l" if place < text_columns else "r" for place in range(len(headings)))
    told = f"{text(title)}. {text(note)}" if note else f"{text(title)}."
    caption = f"\\caption{{{told}}}\\label{{tab:{name}}}"
    head = f"{_line(headings)}"
    body = [_line(row) for row in rows]
    make = _long if len(rows) > LONGEST else _floating
    return "\n".join([*make(columns, caption, head, body), ""])


def _floating(columns: str, caption: str, head: str, body: Sequence[str]) -> Iterator[str]:
    yield from (NEEDS, "\\begin{table}", "\\centering", caption, f"\\begin{{tabular}}{{{columns}}}")
    yield from ("\\toprule", head, "\\midrule", *body, "\\bottomrule")
    yield from ("\\end{tabular}", "\\end{table}")


def _long(columns: str, caption: str, head: str, body: Sequence[str]) -> Iterator[str]:
    yield from (NEEDS_LONG, f"\\begin{{longtable}}{{{columns}}}", f"{caption}\\\\")
    yield from ("\\toprule", head, "\\midrule", "\\endfirsthead")
    yield from ("\\toprule", head, "\\midrule", "\\endhead", "\\bottomrule", "\\endfoot")
    yield from (*body, "\\end{longtable}")


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(map(text, cells))} \\\\"


def _character(character: str) -> str:
    if character in MEANT:
        return MEANT[character]
    if " " <= character <= "~":
        return character
    return f"{{[}}U+{ord(character):04X}{{]}}"
