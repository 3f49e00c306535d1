"""gunicorn's configuration, from ours: `gunicorn -c python:app.gunicorn_conf app.wsgi:application`.

The application is loaded before the workers are forked: a mistake in a file is told once, before a socket is
open, and the workers share the memory of the rules. Connections to the directory are made after the fork, and
each worker watches the files by itself.
"""

from __future__ import annotations

import functools
import logging
import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger

from app import dumps, settings
from app.configfile import PATH_VARIABLE
from app.serving import unix_socket
from app.serving.own_folders import OwnFolders, in_memory
from app.serving.restarts import Restarts
from app.state.settings import FALLBACK_FOLDER_VARIABLE
from app.telemetry import METRICS_FOLDER_VARIABLE, log

dumps.leave_none()
_settings = settings.load(Path(os.environ[PATH_VARIABLE]))
log.configure(_settings.log.level)
_own_folders = OwnFolders(in_memory())


def _offer(variable: str, purpose: str) -> None:
    """Name a folder of the server's own to the processes that are forked from this one."""
    folder = _own_folders.make(purpose)
    if folder is not None:
        os.environ[variable] = str(folder)


if METRICS_FOLDER_VARIABLE not in os.environ:
    _offer(METRICS_FOLDER_VARIABLE, "metrics")
if _settings.last_good is None:
    # without a folder that lasts, workers that start later still find what their peers accepted
    _offer(settings.LAST_GOOD_VARIABLE, "last-good")
if _settings.state is not None and _settings.state.sqlite is None:
    _offer(FALLBACK_FOLDER_VARIABLE, "fallback")
_restarts = Restarts(time.monotonic)


class JsonLogger(Logger):
    """gunicorn's logger without handlers of its own: what it says goes into our log."""

    def setup(self, cfg: Any) -> None:
        """Hand everything to the root logger."""
        super().setup(cfg)
        log.configure(_settings.log.level)
        for logger in (self.error_log, self.access_log):
            logger.handlers = []
            logger.propagate = True
            logger.setLevel(logging.NOTSET)


bind = _settings.server.bind
workers = _settings.server.worker_count()
threads = _settings.server.threads
worker_class = "app.gunicorn_worker.Worker"
preload_app = True
logger_class = JsonLogger
control_socket_disable = True
forwarded_allow_ips = ""  # app/web/address.py reads what proxies say
limit_request_line = 8190
keepalive = 5
graceful_timeout = math.ceil(_settings.server.stops_within.total_seconds())
umask = 0o777 & ~int(_settings.server.socket_mode, 8)
"""Of the Unix socket, so that its file never has another mode than the configured one."""
worker_tmp_dir = in_memory()


def on_starting(server: Any) -> None:
    """Have SIGHUP go to the workers, which look at the files anew; gunicorn would start new ones instead."""
    server.handle_hup = functools.partial(server.kill_workers, signal.SIGHUP)
    server.spawn_workers = functools.partial(_start_workers, server.spawn_workers)
    server.stop = functools.partial(_stop, server, server.stop)


def _stop(server: Any, stop: Callable[..., object], *arguments: object) -> None:
    """Stop the workers, and tell them whether the sockets are closed for good."""
    if server.reexec_pid == server.master_pid == 0 and not server.systemd:
        server.worker_class.listens_last[0] = 1
    stop(*arguments)


def _start_workers(start: Callable[[], object]) -> None:
    """Start the workers that are missing, or leave that to gunicorn's next round, a second later."""
    if _restarts.may_start():
        start()


def when_ready(server: Any) -> None:
    """Give the Unix socket to its group, before there is a worker that answers on it."""
    path, group = _settings.server.socket, _settings.server.socket_group
    if path is not None and group is not None and not server.systemd:
        unix_socket.give(path, group)


def pre_fork(server: Any, worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Note when a worker starts."""
    _restarts.started(worker.age)


def child_exit(server: Any, worker: Any) -> None:
    """Note that a worker is gone, and tell the metrics."""
    if server.LISTENERS:  # it has none any more once it stops
        _restarts.ended(worker.age)
    if METRICS_FOLDER_VARIABLE not in os.environ:
        return
    from prometheus_client import multiprocess  # noqa: PLC0415 - it reads its folder's name when imported

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library leaves it bare


def on_exit(server: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Remove the folders that we made."""
    _own_folders.remove()
