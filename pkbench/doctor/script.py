"""The shell script that applies all fixes, and undoes them."""

import textwrap
from collections.abc import Sequence

from pkbench.doctor.finding import Finding

WIDTH = 96

SCRIPT = """\
#!/bin/sh
{about}
# Read it before you run it. Then, as root, with this file's name for FIXES:
#   sh FIXES        applies the fixes
#   sh FIXES undo   restores the values that were found when this file was written
# A reboot undoes them too. What no command can fix is listed at the end.

failed=0

# A command that fails is reported; the next one is tried all the same.
failed_to_change() {{
    echo "$0: $1: failed" >&2
    failed=1
}}

fix() {{
{fix}
}}

# In reverse order: one change may have hidden the file that an earlier one wrote.
undo() {{
{undo}
}}

case "${{1-}}" in
'') fix ;;
undo) undo ;;
*)
    echo "usage: sh $0 [undo]" >&2
    exit 2
    ;;
esac
exit "$failed"
{by_hand}"""


def script(findings: Sequence[Finding], machine_name: str) -> str:
    """Return a script for sh(1) that applies every fix or, with the argument `undo`, every undo."""
    fixed = [finding for finding in findings if finding.fix]
    by_hand = [finding for finding in findings if finding.no_fix]
    about = f"Fixes for noise sources on {machine_name}; written by `pkbench doctor`."
    return SCRIPT.format(
        about="\n".join(_comment(about)),
        fix="\n\n".join(_fix(finding) for finding in fixed) or "    :",
        undo="\n".join(_step(each.check, each.undo) for each in reversed(fixed)) or "    :",
        by_hand="".join(f"\n{_described(each, ('no fix', each.no_fix))}\n" for each in by_hand),
    )


def _fix(finding: Finding) -> str:
    return textwrap.indent(_described(finding), "    ") + "\n" + _step(finding.check, finding.fix)


def _step(check: str, command: str) -> str:
    return f"    {{ {command}; }} || failed_to_change {check}"


def _described(finding: Finding, *more: tuple[str, str]) -> str:
    """Return a finding as lines of comment."""
    parts = (("found", finding.evidence), ("effect", finding.effect), *more)
    lines = (line for label, text in parts for line in _comment(f"{label}: {text}", "  "))
    return "\n".join((f"# {finding.check}: {finding.status}", *lines))


def _comment(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of comment; nothing that was read can become a command."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(
        plain,
        WIDTH,
        initial_indent=f"# {indent}",
        subsequent_indent=f"# {indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
