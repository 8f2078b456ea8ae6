"""`pkbench kernels`."""

from dataclasses import asdict

import click

from pkbench import kernels as kernels_
from pkbench.cli.options import as_json
from pkbench.cli.output import note, print_json


@click.group(invoke_without_command=True)
@as_json
@click.pass_context
def kernels(context: click.Context, json_: bool) -> None:
    """List the kernel images at hand."""
    if context.invoked_subcommand:
        return
    found = kernels_.at_hand()
    if json_:
        print_json([{**asdict(kernel), "path": str(kernel.path)} for kernel in found])
        return
    for kernel in found:
        unreadable = "" if kernel.readable else "  (only root can read it)"
        click.echo(
            f"{kernel.release:32} {kernel.version:24} {kernel.origin:10} {kernel.path}{unreadable}"
        )
    if not found:
        note("no kernel at hand; `pkbench kernels get 6.12` brings one")


@kernels.command()
@click.argument("name")
@click.option("--modules", is_flag=True, help="Also those that a guest on the host's files needs.")
@as_json
def get(name: str, modules: bool, json_: bool) -> None:
    """Bring a kernel, by version or by package name, into the cache; install nothing."""
    kernel = kernels_.get(name, note, modules=modules)
    if json_:
        print_json({**asdict(kernel), "path": str(kernel.path)})
    else:
        click.echo(f"{kernel.release}  {kernel.path}")
