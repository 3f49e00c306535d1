"""A new key in a keys folder."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from app.errors import ConfigurationError
from app.keys import change
from app.keys.algorithm import Algorithm, PublicKey, generate
from app.keys.certificate import self_signed
from app.keys.folder import Listing
from app.keys.kid import libtrust
from app.keys.signing_key import KeyState, SigningKey


def create(
    folder: Path, *, name: str | None, algorithm: Algorithm, state: KeyState, common_name: str, now: datetime
) -> SigningKey:
    """Make a key and its certificate, and put both into a folder.

    Args:
        folder: The keys folder of a realm; made where it is missing.
        name: What the files are called; None for date, algorithm and the beginning of the key's id.
        algorithm: The `alg` of the key's tokens.
        state: The state that the key begins in.
        common_name: The subject of the certificate.
        now: With a time zone; since when the key is in its state.

    Raises:
        ConfigurationError: The folder cannot be written, the name is taken or none for a file, or the
            folder has an active key and this were a second one.
    """
    key = new_key(name, algorithm, state, common_name, now)
    with change.locked(folder, make=True) as keys:
        keys.add(key, now)
    return key


def new_key(
    name: str | None, algorithm: Algorithm, state: KeyState, common_name: str, now: datetime
) -> SigningKey:
    """Make a key and its certificate, in no folder yet; the arguments are those of `create`."""
    private_key = generate(algorithm)
    certificate = self_signed(private_key, algorithm, common_name=common_name, now=now)
    if name is None:
        name = _usual_name(private_key.public_key(), algorithm, now)
    since = now.astimezone(UTC).replace(microsecond=0)
    return SigningKey(name, state, algorithm, private_key, (certificate,), since)


def active_key(folder: Path) -> str | None:
    """Return the name of the file of a folder's active key, whatever it holds; None where there is none."""
    with suppress(ConfigurationError):
        return next((file.path.name for file in Listing.read(folder).active), None)
    return None


def _usual_name(public_key: PublicKey, algorithm: Algorithm, now: datetime) -> str:
    """Name a key after its day, its algorithm and the beginning of its id: `2025-01-31-es256-vuzd`."""
    return f"{now.astimezone(UTC):%Y-%m-%d}-{algorithm}-{libtrust(public_key)[:4]}".lower()
