"""`python -m server` is `vitrine`."""

from server.cli import main

main()
