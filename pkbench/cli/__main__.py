"""Make `python -m pkbench.cli` the same as the installed command."""

from pkbench.cli import main

main()
