"""The key of what is kept: without it nothing in the database can be used to guess a password.

It is configured, or lies in a file of its own beside an SQLite database, made when it is first needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from pathlib import Path

from app.errors import StateUnavailable
from app.state.settings import StateSettings

_SHORTEST = 32
_MODE = 0o600


def key(settings: StateSettings) -> bytes:
    """Give the key, 64 octets; makes it where it is to lie beside the database and does not.

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
        text = path.read_bytes().strip()
    except OSError as error:
        raise StateUnavailable(f"the secret of the state: {path}: {error.strerror}") from None
    if len(text) < _SHORTEST:
        raise StateUnavailable(f"the secret of the state: {path} has fewer than {_SHORTEST} characters")
    return text


def _made(path: Path) -> bytes:
    """Read the secret, made before where it is missing; several processes at once make one."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)  # unlike a rename it never replaces one
        except OSError as error:
            raise StateUnavailable(f"the secret of the state: {path}: {error.strerror}") from None
        finally:
            draft.unlink(missing_ok=True)
    return _read(path)
