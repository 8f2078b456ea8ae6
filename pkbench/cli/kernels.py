"""`pkbench kernels`."""

from dataclasses import asdict

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_columns, print_json
from pkbench.kernels import available as kernels_
from pkbench.kernels.available import Kernel
from pkbench.kernels.packages import Wanted


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def kernels(context: click.Context, json_: bool) -> None:
    """List the kernel images that `pkbench count` can boot.

    Lists those that `pkbench kernels get` downloaded, then those installed in /boot. Each line is:
    release, version, origin, checksum (first 12 digits) and path.
    """
    if context.invoked_subcommand:
        return
    found = kernels_.available_kernels()
    if json_:
        print_json([{**asdict(kernel), "path": str(kernel.path)} for kernel in found])
        return
    print_columns([row(kernel) for kernel in found])
    if not found:
        note("no kernel is available; download one with `pkbench kernels get 6.12`")


def row(kernel: Kernel) -> tuple[str, ...]:
    """Return a kernel's line in columns."""
    origin = f"{kernel.origin} ({kernel.suite})" if kernel.suite else kernel.origin
    unreadable = "" if kernel.readable else "  (only root can read it)"
    checksum = kernel.sha256[:12] or "-"
    return (kernel.release, kernel.version, origin, checksum, f"{kernel.path}{unreadable}")


@kernels.command()
@click.argument("name")
@click.option(
    "--suite",
    default="",
    metavar="SUITE",
    help="Take it from this suite of the distribution: trixie-backports.  [default: any]",
)
@click.option(
    "--modules",
    is_flag=True,
    help="Also keep the modules that a guest needs to use the host's file system.",
)
@as_json
def get(name: str, suite: str, modules: bool, json_: bool) -> None:
    """Download a kernel image without installing it.

    NAME is the beginning of a version (5.10), a package's name, or `newest`. Uses the host's apt
    sources, then other suites of Debian on the same mirror. The image goes to ~/.cache/pkbench.
    """
    if not name:
        raise click.BadParameter(
            "the name is empty; type a version such as 6.12", param_hint="NAME"
        )
    kernel = kernels_.get(Wanted(name, suite, modules=modules), note)
    if json_:
        print_json({**asdict(kernel), "path": str(kernel.path)})
    else:
        click.echo(f"{kernel.release}  {kernel.path}")
