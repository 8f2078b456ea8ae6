"""Write tables in LaTeX; no text in a cell can act as a command."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

LONGEST = 40  # rows on a page; a longer table continues on the next
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
    """Return text that LaTeX sets unchanged, with codes for characters that no plain font has."""
    # LaTeX would set two hyphens as one dash.
    return "".join(map(_character, plain)).replace("--", "-{}-").replace("--", "-{}-")


def table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str,
    text_columns: int,
    name: str,
) -> str:
    """Return a table that floats, or that breaks across pages where it is long."""
    columns = "".join("l" if place < text_columns else "r" for place in range(len(headings)))
    said = f"{text(title)}. {text(note)}" if note else f"{text(title)}."
    caption = f"\\caption{{{said}}}\\label{{tab:{name}}}"
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
