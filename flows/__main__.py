"""`python -m flows` is the `manifesto` command."""

from flows.cli import main

main()
