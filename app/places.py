"""Whether the server could write where the configuration has it write, for `check-config`; writes nothing.

A command that root runs asks for the user that the server most likely runs as: the owner of the folder.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from app.errors import Problem
from app.keys.reader import Reader
from app.settings import Settings

_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def problems(settings: Settings) -> Iterator[Problem]:
    """Yield what would keep the server from starting."""
    to = settings.audit.to
    why = _why_not_file(to) if isinstance(to, Path) else ""
    if why:
        yield Problem.of_file(to, f"the audit stream cannot be written there: {why}", "make its folder first")


def warnings(settings: Settings) -> Iterator[str]:
    """Yield what the server would start without."""
    folder = settings.last_good
    why = _why_not_last_good(folder) if folder is not None else ""
    if why:
        yield f"{folder}: the last good rules cannot be kept there: {why}"
    database = settings.state.sqlite if settings.state is not None else None
    if database is None:
        return
    why = _why_not_file(database) or _why_not_folder(database.parent)
    if why:
        yield f"{database}: the state cannot be kept there, so each process counts failed logins alone: {why}"


def _why_not_file(file: Path) -> str:
    """Return why a file cannot be written, or made; empty where it can."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return _why_not_folder(file.parent)
    except OSError as error:
        return str(error.strerror)
    return "it is a folder" if stat.S_ISDIR(status.st_mode) else _why_not(file, status)


def _why_not_folder(folder: Path) -> str:
    """Return why no file can be made in a folder; empty where one can."""
    try:
        status = folder.stat()
    except OSError as error:
        return f"{folder}: {error.strerror}"
    return _why_not(folder, status) if stat.S_ISDIR(status.st_mode) else f"{folder} is no folder"


def _why_not(path: Path, status: os.stat_result) -> str:
    server = Reader.of_owner(path.parent if not stat.S_ISDIR(status.st_mode) else path)
    if server.can_write(status) and os.access(path, os.W_OK):
        return ""
    return f"{server} cannot write {path} (mode {stat.S_IMODE(status.st_mode):04o})"


def _why_not_last_good(folder: Path) -> str:
    if folder.is_dir() and folder.stat().st_mode & _OTHERS_MAY_WRITE:
        return "others than its owner can write there"
    while not folder.exists() and folder != folder.parent:  # the server makes it
        folder = folder.parent
    return _why_not_folder(folder)
