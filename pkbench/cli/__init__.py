"""The command line, one file per verb: arguments in, text or JSON out. Nothing else prints."""

import contextlib
import os
import signal
import sys
import traceback

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
from pkbench.version import version

READER_GONE = 141  # as a shell reports SIGPIPE
BROKEN = 70  # EX_SOFTWARE of sysexits.h: never a code that a verb means something by

# What was asked for can't be done: one sentence, and exit code 2.
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


# The mark \b keeps the lines below it apart.
FIRST_STEPS = """\b
First steps, in about two minutes:
  pkbench doctor                            what disturbs measurements here
  pkbench run --preset quick -o first.json  measure the headline cases
  pkbench report first.json                 write report/index.html

\b
Exit codes of all commands; `doctor` and `gate` have more:
  0    success
  2    wrong arguments, or the work can't be done: the message says why
  130  interrupted
"""


@click.group(epilog=FIRST_STEPS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _, asked: _print_version(context) if asked else None,
    help="Print the version and exit.",
)
def pkbench() -> None:
    """Measure the cost of changing memory protection on Linux: protection keys and mprotect."""


def _print_version(context: click.Context) -> None:
    click.echo(f"pkbench {version()}")
    context.exit()


VERBS = (
    *(list_, doctor, run, compare, gate, count, kernels, profile),
    *(report, bundle, experiment),
)

for verb in VERBS:
    pkbench.add_command(verb)


def main() -> None:
    """Run the command line; an expected error prints one sentence and sets the exit code."""
    # SIGTERM, like Ctrl-C, keeps what was measured and ends all workers and guests.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _wait_for_readers()
    try:
        code = _verb()
    except (BrokenPipeError, SystemExit):
        # The reader has gone, as `head` does: click ends with 1, which means something to `gate`.
        _give_up_output()
        sys.exit(READER_GONE)
    except OSError as error:
        _give_up_output()
        what = error.filename or "the output"
        note(f"pkbench: can't read or write {what}: {error.strerror}")
        sys.exit(2)
    except Exception:  # noqa: BLE001 - a fault of pkbench's own, which Python would end with 1
        traceback.print_exc()
        sys.exit(BROKEN)
    sys.exit(code)


def _verb() -> int:
    """Run the verb; return its exit code, or that of an expected error."""
    try:
        code = pkbench.main(standalone_mode=False)
        sys.stdout.flush()
    except click.NoSuchOption as error:
        # The old name of --preset works, but is not suggested.
        known = [name for name in error.possibilities or () if name != "--profile"]
        click.NoSuchOption(error.option_name, possibilities=known, ctx=error.ctx).show()
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except Interrupted as stop:
        note(f"\n{stop}")
        return 130
    except (click.Abort, KeyboardInterrupt):
        note("interrupted")
        return 130
    except EXPECTED as error:
        note(f"pkbench: {error}")
        return 2
    return code if isinstance(code, int) else 0


def _wait_for_readers() -> None:
    """Let writes wait for a slow reader.

    A pipe from Node.js, for example, is non-blocking: once it is full, Python loses what it writes.
    """
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            os.set_blocking(stream.fileno(), True)


def _give_up_output() -> None:
    """Keep Python's own flush at exit from failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
