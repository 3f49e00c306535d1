"""The WSGI application, for gunicorn: `gunicorn -c python:app.gunicorn_conf app.wsgi:application`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from app import attention, bootstrap, settings
from app.configfile import PATH_VARIABLE
from app.telemetry import log
from app.web.application import create

_log = logging.getLogger("wharfinger")
_settings = settings.load(Path(os.environ[PATH_VARIABLE]))
log.configure(_settings.log.level)
_parts = bootstrap.build(_settings, serves=True)
for _warning in attention.warnings(_settings, {name: each.current for name, each in _parts.rules.items()}):
    _log.warning("the configuration needs attention", extra={"detail": _warning})
application = create(_parts)
