"""Keys change their state: each change is the renaming of one file.

Whoever reads the folder at any instant, also where a command was interrupted, finds exactly one active key:
of two that are called active it is the one that was activated last (folder.py), and the next command gives
the other one its right name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from app import files
from app.errors import ConfigurationError, Problem
from app.keys.folder import KeyFile, active, key_files
from app.keys.signing_key import KeyState

_SECOND = timedelta(seconds=1)


def activate(folder: Path, name: str, now: datetime) -> None:
    """Have a key sign, and the one that did so retire.

    Args:
        folder: The keys folder of a realm.
        name: An announced key, or a retired one that is to sign again.
        now: With a time zone.

    Raises:
        ConfigurationError: There is no such key, or the folder cannot be written; what signed still does.
    """
    with _changing(folder, name) as file:
        if file.state is not KeyState.ACTIVE:
            others = [each.since for each in active(key_files(folder)[0]) if each.since]
            # A clock that was set back in between must not make it the older one.
            _rename(file, KeyState.ACTIVE, max([now, *(since + _SECOND for since in others)]))


def retire(folder: Path, name: str, now: datetime) -> None:
    """Have an announced key never sign.

    Raises:
        ConfigurationError: There is no such key, it is the active one, or the folder cannot be written.
    """
    with _changing(folder, name) as file:
        if file.state is KeyState.ACTIVE:
            hint = "activate another one: this one retires by that"
            raise _error(folder, f"{name} is the active key, and a realm needs one", hint)
        if file.state is not KeyState.RETIRED:
            _rename(file, KeyState.RETIRED, now)


def discard(folder: Path, name: str) -> None:
    """Remove the files of a key that does not sign; tokens that it signed are worth nothing from now on.

    Raises:
        ConfigurationError: There is no such key, it is the active one, or the folder cannot be written.
    """
    with _changing(folder, name) as file:
        if file.state is KeyState.ACTIVE:
            raise _error(folder, f"{name} is the active key, and a realm needs one", "activate another one")
        files.remove(file.path, file.certificate)


def tidy(folder: Path) -> None:
    """Give every key that was superseded the name of a retired one: what an interrupted command left.

    Raises:
        ConfigurationError: The folder is not there or cannot be written.
    """
    if any(file.is_superseded for file in key_files(folder)[0]):
        with _writing(folder):
            _tidy(folder)


@contextmanager
def _changing(folder: Path, name: str) -> Iterator[KeyFile]:
    """Give the file of a key, with the folder to ourselves; leave the folder tidy."""
    existing = key_files(folder)[0]  # before the lock: nobody makes a folder by changing what is not in it
    if name not in {file.name for file in existing}:
        known = ", ".join(file.name for file in existing) or "none"
        raise _error(folder, f"there is no key called {name!r}", f"there is: {known}")
    with _writing(folder):
        _tidy(folder)
        found = [file for file in key_files(folder)[0] if file.name == name]
        if len(found) != 1:
            raise _error(
                folder, f"there is no single key called {name!r}", "look with `wharfinger keys list`"
            )
        yield found[0]
        _tidy(folder)


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        with files.locked(folder):
            yield
    except OSError as error:
        raise _error(folder, f"the keys cannot be changed here: {error.strerror}") from error


def _tidy(folder: Path) -> None:
    for file in key_files(folder)[0]:
        if file.is_superseded and file.since:
            _rename(file, file.state, file.since)


def _rename(file: KeyFile, state: KeyState, since: datetime) -> None:
    files.rename(file.path, KeyFile.of(file.path.parent, file.name, state, since).path.name)


def _error(folder: Path, text: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([Problem.of_file(folder, text, hint)])
