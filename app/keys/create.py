"""A new key in a keys folder."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import files
from app.errors import ConfigurationError, Problem
from app.keys.algorithm import Algorithm, PublicKey, generate
from app.keys.certificate import self_signed
from app.keys.folder import NAME, KeyFile, active, key_files
from app.keys.kid import libtrust
from app.keys.signing_key import KeyState, SigningKey

_KEY_MODE = 0o600
_CERTIFICATE_MODE = 0o644


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
    private_key = generate(algorithm)
    certificate = self_signed(private_key, algorithm, common_name=common_name, now=now)
    if name is None:
        name = _usual_name(private_key.public_key(), algorithm, now)
    file = KeyFile.of(folder, name, state, now)
    key = SigningKey(name, state, algorithm, private_key, (certificate,), file.since)
    try:
        with files.locked(folder):
            _check_free(folder, key, file)
            _write(file, key)
    except OSError as error:
        raise _error(folder, f"a key cannot be written here: {error.strerror}") from error
    return key


def active_key(folder: Path) -> str | None:
    """Name the file of a folder's active key, whatever it may hold; None where there is none."""
    with suppress(ConfigurationError):
        return next((file.path.name for file in active(key_files(folder)[0])), None)
    return None


def _usual_name(public_key: PublicKey, algorithm: Algorithm, now: datetime) -> str:
    """Call a key after its day, its algorithm and the beginning of its id: `2025-01-31-es256-vuzd`."""
    return f"{now.astimezone(UTC):%Y-%m-%d}-{algorithm}-{libtrust(public_key)[:4]}".lower()


def _check_free(folder: Path, key: SigningKey, file: KeyFile) -> None:
    if not NAME.fullmatch(key.name):
        hint = "use letters, digits, `.`, `-` and `_`, and a letter or digit first"
        raise _error(folder, f"a key cannot be called {key.name!r}", hint)
    existing, _ = key_files(folder)
    taken = {each.certificate for each in existing} | set(folder.glob("*.crt"))
    if file.certificate in taken:
        raise _error(folder, f"a key called {key.name!r} exists")
    if key.state is KeyState.ACTIVE and (others := active(existing)):
        hint = "begin with an announced one: `--state announced`"
        raise _error(folder, f"there is an active signing key already: {others[0].path.name}", hint)


def _write(file: KeyFile, key: SigningKey) -> None:
    """Write the certificate first: who finds the key finds it complete."""
    pem = b"".join(each.public_bytes(Encoding.PEM) for each in key.certificates)
    files.replace(file.certificate, pem, mode=_CERTIFICATE_MODE, inherit_owner=True)
    secret = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    files.replace(file.path, secret, mode=_KEY_MODE, inherit_owner=True)


def _error(folder: Path, text: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([Problem.of_file(folder, text, hint)])
