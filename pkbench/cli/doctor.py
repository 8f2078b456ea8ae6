"""`pkbench doctor`."""

from dataclasses import asdict
from pathlib import Path

import click

from pkbench import doctor as doctors
from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json, write_new_file
from pkbench.machine import detect


@click.command()
@click.option(
    "--fix-script",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the commands there, to be read: `sh FILE` mends, `sh FILE undo` undoes.",
)
@as_json
@click.pass_context
def doctor(context: click.Context, fix_script: Path | None, json_: bool) -> None:
    """Say what spoils measurements here, and the command that mends it; change nothing.

    Exit code 0: all is well; 1: something may spoil a figure, or could not be read;
    2: something does.
    """
    machine = detect()
    findings = doctors.examine(machine)
    if fix_script is not None:
        write_new_file(fix_script, doctors.script(findings, machine.name))
    if json_:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.status:8} {finding.check:16} {finding.evidence}")
            for part in ("effect", "fix", "undo", "no_fix"):
                if text := getattr(finding, part):
                    click.echo(f"{'':25} {part.replace('_', ' ')}: {text}")
    if fix_script is not None:
        fixes = sum(bool(finding.fix) for finding in findings)
        note(f"fixes written to {fix_script}: {fixes}; read it, then run it as root")
    context.exit(doctors.exit_status(findings))
