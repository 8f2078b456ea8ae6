"""`pkbench kernels`."""

from dataclasses import asdict

import click

from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json
from pkbench.kernels import available as kernels_
from pkbench.kernels.packages import Wanted


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def kernels(context: click.Context, json_: bool) -> None:
    """List the kernel images at hand."""
    if context.invoked_subcommand:
        return
    found = kernels_.available_kernels()
    if json_:
        print_json([{**asdict(kernel), "path": str(kernel.path)} for kernel in found])
        return
    for kernel in found:
        unreadable = "" if kernel.readable else "  (only root can read it)"
        origin = f"{kernel.origin} ({kernel.suite})" if kernel.suite else kernel.origin
        checksum = kernel.sha256[:12] or "-"
        click.echo(
            f"{kernel.release:32} {kernel.version:24} {origin:26} {checksum:12} "
            f"{kernel.path}{unreadable}"
        )
    if not found:
        note("no kernel at hand; `pkbench kernels get 6.12` brings one")


@kernels.command()
@click.argument("name")
@click.option("--suite", default="", help="Of the distribution, as in trixie-backports.")
@click.option("--modules", is_flag=True, help="Also those that a guest on the host's files needs.")
@as_json
def get(name: str, suite: str, modules: bool, json_: bool) -> None:
    """Bring a kernel into the cache; install nothing.

    NAME is the beginning of a version (5.10), a package's name, or `newest`. What the host's own
    sources don't have comes from other suites of Debian, of the same mirror.
    """
    kernel = kernels_.get(Wanted(name, suite, modules=modules), note)
    if json_:
        print_json({**asdict(kernel), "path": str(kernel.path)})
    else:
        click.echo(f"{kernel.release}  {kernel.path}")
