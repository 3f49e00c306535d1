"""The command `wharfinger`."""

from __future__ import annotations

import click

from app import __version__
from app.cli.check import check_config
from app.cli.keys import keys
from app.cli.serve import serve


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wharfinger")
def main() -> None:
    """Issue registry tokens to people of an LDAP directory."""


main.add_command(serve)
main.add_command(check_config)
main.add_command(keys)
