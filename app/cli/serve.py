"""`wharfinger serve`: run the server under gunicorn."""

from __future__ import annotations

import logging
import os
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from app.cli.exits import NoAnswer
from app.cli.options import config_path_option, load
from app.configfile import PATH_VARIABLE
from app.errors import StateUnavailable
from app.settings import Settings
from app.state.shared import SharedState
from app.telemetry import log

_log = logging.getLogger("wharfinger.state")


@click.command()
@config_path_option()
def serve(config: Path) -> None:
    """Run the server in the foreground, until a signal ends it."""
    _bring_state_up_to_date(load(config))
    os.environ[PATH_VARIABLE] = str(config.absolute())
    sys.argv = [_gunicorn(), "--config", "python:app.gunicorn_conf", "app.wsgi:application"]

    # gunicorn reads the command line just made, also when it starts itself anew (SIGUSR2)
    from gunicorn.app.wsgiapp import WSGIApplication  # noqa: PLC0415 - no other command needs it

    WSGIApplication("wharfinger serve").run()


def _bring_state_up_to_date(settings: Settings) -> None:
    """Migrate the shared state before the server starts; where it is away, the server starts without it.

    Raises:
        ConfigurationError: It can never be used as configured.
    """
    log.configure(settings.log.level)
    if settings.state is None:
        return
    try:
        SharedState(settings.state).bring_up_to_date()
    except StateUnavailable as error:
        _log.error("state unavailable", extra={"detail": error.detail})


def _gunicorn() -> str:
    """Return the path of gunicorn's main program."""
    spec = find_spec("gunicorn.__main__")
    if spec is None or spec.origin is None:
        raise NoAnswer("gunicorn is not installed")
    return spec.origin
