"""The command line, a file a verb: the only package that prints or exits."""

import os
import signal
import sys

import click

from pkbench.analysis.reading.bounded_json import ResultError
from pkbench.cases.selection import SelectionError
from pkbench.cli.bundle import bundle
from pkbench.cli.compare import compare
from pkbench.cli.count import count
from pkbench.cli.doctor import doctor
from pkbench.cli.experiment import experiment
from pkbench.cli.gate import gate
from pkbench.cli.kernels import kernels
from pkbench.cli.listing import list_
from pkbench.cli.output import note
from pkbench.cli.profile import profile
from pkbench.cli.report import report
from pkbench.cli.run import run
from pkbench.count.guest import GuestError
from pkbench.kernels.available import KernelError
from pkbench.resultfile import OutputError
from pkbench.run.by_pyperf import PyperfOptionError
from pkbench.run.journal import Interrupted, JournalError, ResumeError
from pkbench.run.measurement import CpusChanged

# One sentence each, and exit code 2: what was asked for can't be done.
EXPECTED = (
    SelectionError,
    OutputError,
    PyperfOptionError,
    JournalError,
    ResumeError,
    CpusChanged,
    ResultError,
    KernelError,
    GuestError,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pkbench")
def pkbench() -> None:
    """Measure what changing memory protection costs on Linux, by keys and by mprotect."""


VERBS = (
    *(list_, doctor, run, compare, gate, count, kernels, profile),
    *(report, bundle, experiment),
)

for verb in VERBS:
    pkbench.add_command(verb)


def main() -> None:
    """Run the command line; what was foreseen ends in one sentence."""
    # Ended like this, too, it keeps what was measured and leaves no worker and no guest behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = pkbench.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Interrupted as stop:
        note(f"\n{stop}")
        sys.exit(130)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except EXPECTED as error:
        note(f"pkbench: {error}")
        sys.exit(2)
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does: what is buffered must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)
