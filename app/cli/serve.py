"""`wharfinger serve`: run the server under gunicorn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from app import bootstrap, settings
from app.cli.options import config_path_option, load, problems
from app.errors import ConfigurationError


@click.command()
@config_path_option
def serve(config: Path) -> None:
    """Run the server in the foreground, until a signal ends it."""
    try:
        bootstrap.build(load(config))
    except ConfigurationError as error:
        raise problems(error) from None
    environment = os.environ | {settings.PATH_VARIABLE: str(config.absolute())}
    gunicorn = ["-m", "gunicorn", "--config", "python:app.gunicorn_conf", "app.wsgi:application"]
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, *gunicorn], environment)  # noqa: S606 - our own interpreter
