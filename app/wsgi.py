"""The WSGI application, for gunicorn: `gunicorn -c python:app.gunicorn_conf app.wsgi:application`."""

from __future__ import annotations

import os
from pathlib import Path

from app import bootstrap, settings
from app.configfile import PATH_VARIABLE
from app.telemetry import log
from app.web.application import create

_settings = settings.load(Path(os.environ[PATH_VARIABLE]))
log.configure(_settings.log.level)
application = create(bootstrap.build(_settings, serves=True))
