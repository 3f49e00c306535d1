"""`wharfinger serve`: run the server under gunicorn."""

from __future__ import annotations

import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from app import settings
from app.cli.options import config_path_option, load, problems
from app.errors import ConfigurationError, StateUnavailable
from app.settings import Settings
from app.state.shared import SharedState
from app.telemetry import log

_log = logging.getLogger("wharfinger.state")


@click.command()
@config_path_option
def serve(config: Path) -> None:
    """Run the server in the foreground, until a signal ends it."""
    _bring_state_up_to_date(load(config))
    os.environ[settings.PATH_VARIABLE] = str(config.absolute())
    sys.argv = [_gunicorn(), "--config", "python:app.gunicorn_conf", "app.wsgi:application"]

    # gunicorn reads the command line just made, also when it starts itself anew (SIGUSR2)
    from gunicorn.app.wsgiapp import WSGIApplication  # noqa: PLC0415 - no other command needs it

    try:
        WSGIApplication("wharfinger serve").run()
    except ConfigurationError as error:
        raise problems(error) from None


def _bring_state_up_to_date(settings: Settings) -> None:
    """Do it before the server starts; one that is away is waited for by nobody, its users do without."""
    log.configure(settings.log.level)
    if settings.state is None:
        return
    try:
        SharedState(settings.state).bring_up_to_date()
    except ConfigurationError as error:
        raise problems(error) from None
    except StateUnavailable as error:
        _log.error("state unavailable", extra={"detail": error.detail})


def _gunicorn() -> str:
    """Give the path of gunicorn's main program."""
    spec = find_spec("gunicorn.__main__")
    if spec is None or spec.origin is None:
        raise click.ClickException("gunicorn is not installed")
    return spec.origin
