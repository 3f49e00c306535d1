"""`python -m app` is `wharfinger`."""

from app.cli.main import main

main()
