"""`pkbench doctor`."""

from dataclasses import asdict
from pathlib import Path

import click

from pkbench import doctor as doctors
from pkbench.cli.options import PATH, as_json
from pkbench.cli.output import note, print_columns, print_json, write_new_file
from pkbench.doctor import Finding
from pkbench.machine import detect

PARTS = ("effect", "fix", "undo", "no_fix")


EXIT_CODES = """\b
Exit codes:
  0  no noise source was found
  1  there are warnings, or something could not be read (unknown)
  2  there is a problem: figures taken now are disturbed
"""


@click.command(epilog=EXIT_CODES)
@click.option(
    "--fix-script",
    type=PATH,
    metavar="FILE",
    help="Write all fixes as a shell script, to be read and run as root: `sh FILE` applies them, "
    "`sh FILE undo` restores the present settings. FILE must not exist yet.",
)
@as_json
@click.pass_context
def doctor(context: click.Context, fix_script: Path | None, json_: bool) -> None:
    """Find what disturbs measurements here, and how to fix it.

    Checks settings, load and permissions, and changes nothing. Each line is a status, a check and
    what was found. `effect` says what it does to figures, `fix` and `undo` are commands for root,
    and `no fix` says what to do by hand. Takes about a second.
    """
    machine = detect()
    findings = doctors.examine(machine)
    if fix_script is not None:
        write_new_file(fix_script, doctors.script(findings, machine.name))
    if json_:
        print_json([asdict(finding) for finding in findings])
    else:
        print_columns([row for finding in findings for row in rows(finding)])
    if fix_script is not None:
        fixes = sum(bool(finding.fix) for finding in findings)
        note(f"wrote {fixes} fixes to {fix_script}; read it, then run it as root")
    context.exit(doctors.exit_status(findings))


def rows(finding: Finding) -> list[tuple[str, str, str]]:
    """Return a finding's lines in columns: what was found, then what follows from it."""
    parts = [(part.replace("_", " "), getattr(finding, part)) for part in PARTS]
    details = [("", "", f"{name}: {text}") for name, text in parts if text]
    return [(finding.status, finding.check, finding.evidence), *details]
