"""`python -m pkbench.cli` is what the installed command is."""

from pkbench.cli import main

main()
