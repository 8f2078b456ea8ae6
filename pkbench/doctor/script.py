"""The shell script of all fixes and their undoing."""

import textwrap
from collections.abc import Sequence

from pkbench.doctor.finding import Finding

WIDTH = 96

SCRIPT = """\
#!/bin/sh
{about}
# Read it before you run it. Then, as root, with this file's name for FIXES:
#   sh FIXES        mends
#   sh FIXES undo   brings back the values that were found when this was written
# A restart of the machine undoes it too. What no command mends stands at the end.

failed=0

# A command that fails is told, and the next one tried all the same.
missed() {{
    echo "$0: $1: not done" >&2
    failed=1
}}

mend() {{
{mend}
}}

# In reverse: what the first change hid is there again when its turn comes.
undo() {{
{undo}
}}

case "${{1-}}" in
'') mend ;;
undo) undo ;;
*)
    echo "usage: sh $0 [undo]" >&2
    exit 2
    ;;
esac
exit "$failed"
{by_hand}"""


def script(findings: Sequence[Finding], machine_name: str) -> str:
    """Return a script for sh(1) that applies every fix or, told `undo`, every undo."""
    mended = [finding for finding in findings if finding.fix]
    left = [finding for finding in findings if finding.no_fix]
    about = f"What spoils measurements on {machine_name}, mended; written by `pkbench doctor`."
    return SCRIPT.format(
        about="\n".join(_comment(about)),
        mend="\n\n".join(_mend(finding) for finding in mended) or "    :",
        undo="\n".join(_step(each.check, each.undo) for each in reversed(mended)) or "    :",
        by_hand="".join(f"\n{_told(each, ('no fix', each.no_fix))}\n" for each in left),
    )


def _mend(finding: Finding) -> str:
    return textwrap.indent(_told(finding), "    ") + "\n" + _step(finding.check, finding.fix)


def _step(check: str, command: str) -> str:
    return f"    {{ {command}; }} || missed {check}"


def _told(finding: Finding, *more: tuple[str, str]) -> str:
    """Return a finding as comments."""
    parts = (("found", finding.evidence), ("effect", finding.effect), *more)
    lines = (line for label, text in parts for line in _comment(f"{label}: {text}", "  "))
    return "\n".join((f"# {finding.check}: {finding.status}", *lines))


def _comment(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of comment: whatever was read, no line of it becomes a command."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(
        plain,
        WIDTH,
        initial_indent=f"# {indent}",
        subsequent_indent=f"# {indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
