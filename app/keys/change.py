"""Changes of a keys folder: a key is added or removed, or changes its state, which is a renaming of its file.

Whoever reads the folder at any instant, also where a command was interrupted, finds exactly one active key:
of two that are called active it is the one that was activated last (`folder.py`). The next change gives the
other one its right name.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app import files
from app.errors import ConfigurationError, Problem
from app.keys import keyring
from app.keys.folder import NAME, KeyFile, Listing, missing
from app.keys.keyring import KeyRing
from app.keys.reader import name_of
from app.keys.signing_key import KeyState, SigningKey

_SECOND = timedelta(seconds=1)
_ROOT = 0
_FOLDER_MODE = 0o700
_KEY_MODE = 0o600
_CERTIFICATE_MODE = 0o644


class LockedKeys:
    """A keys folder whose lock this process holds, so that one listing is true until the lock is let go.

    Attributes:
        listing: What the folder holds; follows each change.
    """

    def __init__(self, listing: Listing) -> None:
        self.listing = listing

    def load(self) -> KeyRing:
        """Read the keys.

        Raises:
            ConfigurationError: Something in the folder cannot be used; names every such thing.
        """
        return keyring.of(self.listing)

    def add(self, key: SigningKey, since: datetime) -> None:
        """Write a key that was just made, and its certificate first: whoever finds the key finds it complete.

        Raises:
            ConfigurationError: The name is taken or none for a file, or this were a second active key.
            OSError: It cannot be written.
        """
        file = KeyFile.of(self.listing.folder, key.name, key.state, since)
        self._check_free(key, file)
        pem = b"".join(each.public_bytes(Encoding.PEM) for each in key.certificates)
        files.replace(file.certificate, pem, mode=_CERTIFICATE_MODE, inherit_owner=True)
        secret = key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files.replace(file.path, secret, mode=_KEY_MODE, inherit_owner=True)
        self._follow({*self.listing.paths, file.path, file.certificate})

    def activate(self, name: str, now: datetime) -> None:
        """Make a key the active one; the one that was active retires.

        Args:
            name: An announced key, or a retired one that is to sign again.
            now: With a time zone.

        Raises:
            ConfigurationError: There is no such key.
            OSError: The folder cannot be written; the former key still signs.
        """
        file = self._find(name)
        if file.state is not KeyState.ACTIVE:
            others = [each.since for each in self.listing.active if each.since]
            # A clock that was set back in between must not make it the older one.
            self._rename(file, KeyState.ACTIVE, max([now, *(since + _SECOND for since in others)]))
        self.tidy()

    def retire(self, name: str, now: datetime) -> None:
        """Make an announced key one that never signs.

        Raises:
            ConfigurationError: There is no such key, or it is the active one.
            OSError: The folder cannot be written.
        """
        file = self._find(name)
        if file.state is KeyState.ACTIVE:
            raise self._is_needed(name, "activate another one: this one retires by that")
        if file.state is not KeyState.RETIRED:
            self._rename(file, KeyState.RETIRED, now)

    def discard(self, *names: str) -> None:
        """Remove the files of keys; tokens that they signed are worth nothing from now on.

        Raises:
            ConfigurationError: There is no such key, or it is the active one.
            OSError: The folder cannot be written.
        """
        for name in names:
            file = self._find(name)
            if file.state is KeyState.ACTIVE:
                raise self._is_needed(name, "activate another one")
            files.remove(file.path, file.certificate)
            self._follow(set(self.listing.paths) - {file.path, file.certificate})

    def tidy(self) -> None:
        """Rename every key that was superseded to a retired one: what an interrupted command left.

        Raises:
            OSError: The folder cannot be written.
        """
        for file in self.listing.keys:
            if file.is_superseded and file.since:
                self._rename(file, file.state, file.since)

    def _find(self, name: str) -> KeyFile:
        self.tidy()
        found = self.listing.find(name)
        if not found:
            known = ", ".join(file.name for file in self.listing.keys) or "none"
            raise _error(self.listing.folder, f"there is no key called {name!r}", f"there is: {known}")
        if len(found) > 1:
            text = f"there is no single key called {name!r}"
            raise _error(self.listing.folder, text, "look with `wharfinger keys list`")
        return found[0]

    def _check_free(self, key: SigningKey, file: KeyFile) -> None:
        folder = self.listing.folder
        if not NAME.fullmatch(key.name):
            hint = "use letters, digits, `.`, `-` and `_`, and a letter or digit first"
            raise _error(folder, f"a key cannot be called {key.name!r}", hint)
        if self.listing.find(key.name) or file.certificate in self.listing.paths:
            raise _error(folder, f"a key called {key.name!r} exists")
        if key.state is KeyState.ACTIVE and (others := self.listing.active):
            hint = "begin with an announced one: `--state announced`"
            raise _error(folder, f"there is an active signing key already: {others[0].path.name}", hint)

    def _is_needed(self, name: str, hint: str) -> ConfigurationError:
        return _error(self.listing.folder, f"{name} is the active key, and a realm needs one", hint)

    def _rename(self, file: KeyFile, state: KeyState, since: datetime) -> None:
        target = KeyFile.of(self.listing.folder, file.name, state, since).path
        files.rename(file.path, target.name)
        self._follow(set(self.listing.paths) - {file.path} | {target})

    def _follow(self, paths: set[Path]) -> None:
        self.listing = Listing.of(self.listing.folder, paths)


@contextmanager
def locked(folder: Path, *, make: bool = False) -> Iterator[LockedKeys]:
    """Hold the lock of a keys folder, and list it.

    Args:
        folder: The keys folder of a realm.
        make: Whether to make the folder where it is missing.

    Raises:
        ConfigurationError: The folder does not exist, or cannot be read or changed.
    """
    try:
        if make:
            files.make_folder(folder, _FOLDER_MODE)
        elif not folder.exists():
            raise ConfigurationError([missing(folder)])
        _check_owner(folder)
        with files.locked(folder):
            yield LockedKeys(Listing.read(folder))
    except OSError as error:
        what = "a key cannot be written" if make else "the keys cannot be changed"
        raise _error(folder, f"{what} here: {error.strerror}") from error


def _check_owner(folder: Path) -> None:
    """Check that the owner of a folder can read what this process makes in it.

    Root gives it to the owner. A folder of root's may be mounted by an orchestrator: it does not
    tell who reads it.

    Raises:
        ConfigurationError: The owner is somebody else.
    """
    owner, own = folder.stat().st_uid, os.geteuid()
    if _ROOT not in (owner, own) and owner != own:
        text = f"belongs to {name_of(owner)}, who could not read what {name_of(own)} makes here"
        raise _error(folder, text, f"run this as {name_of(owner)}, or as root")


def _error(folder: Path, text: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([Problem.of_file(folder, text, hint)])
