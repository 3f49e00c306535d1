"""The key of what is kept. Without it nothing in the database helps to guess a password.

It is configured, or lies in a file of its own beside an SQLite database, made when it is first needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from pathlib import Path

from app import files
from app.errors import StateUnavailable
from app.state.settings import StateSettings

_SHORTEST = 32
_MODE = 0o600


def key(settings: StateSettings) -> bytes:
    """Return the key, 64 octets; make it first where it is to lie beside the database and does not.

    Raises:
        StateUnavailable: It cannot be read or made.
    """
    if settings.secret is not None:
        text = settings.secret.get_secret_value().encode()
    elif settings.secret_file is not None:
        text = _read(settings.secret_file)
    else:
        if settings.sqlite is None:
            raise StateUnavailable("state.secret_file is missing")
        text = _made(settings.sqlite.with_name(f"{settings.sqlite.name}.secret"))
    return hashlib.blake2b(text, person=b"wharfinger state").digest()


def _read(path: Path) -> bytes:
    try:
        text = files.read(path).strip()
    except OSError as error:
        raise StateUnavailable(f"the secret of the state: {path}: {error.strerror}") from None
    if len(text) < _SHORTEST:
        raise StateUnavailable(f"the secret of the state: {path} has fewer than {_SHORTEST} characters")
    return text


def _made(path: Path) -> bytes:
    """Return the secret; make it first where it is missing. Several processes at once make one."""
    if not path.exists():
        try:
            with contextlib.suppress(FileExistsError):  # another process was quicker
                files.create(path, secrets.token_hex(32).encode(), mode=_MODE, inherit_owner=True)
        except OSError as error:
            raise StateUnavailable(f"the secret of the state: {path}: {error.strerror}") from None
    return _read(path)
