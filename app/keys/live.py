"""The keys of a realm while the server runs: read anew when the folder changes, the last good ones kept."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from app.errors import ConfigurationError
from app.keys import fitness, keyring, shared
from app.keys.fitness import Service
from app.keys.folder import paths_in
from app.keys.keyring import KeyRing
from app.keys.reader import Reader
from app.watch.fingerprint import Fingerprint
from app.watch.last_good import LastGood, Loaded
from app.watch.shared import SharedBytes

_log = logging.getLogger("wharfinger.keys")


class LiveKeys(LastGood[KeyRing]):
    """The last good keys of a realm."""

    def __init__(
        self,
        realm: str,
        folder: Path,
        services: Mapping[str, Service],
        clock: Callable[[], datetime],
        *,
        reader: Reader | None = None,
    ) -> None:
        """Read them for the first time.

        Args:
            realm: Whose they are, for the log.
            folder: Where they lie.
            services: What they have to sign for.
            clock: Returns the time (aware).
            reader: Who has to be able to read them, as `keyring.load` has it.

        Raises:
            ConfigurationError: They cannot be used.
        """
        self._folder, self._services, self._clock, self._reader = folder, services, clock, reader
        self._warned: frozenset[str] = frozenset()
        self._is_new = False
        self._shared = SharedBytes(f"wharfinger-keys-{realm}")
        look = _Look(folder)
        try:
            seen = look()
        except (OSError, ConfigurationError):
            seen = None  # reading them says better what is wrong
        super().__init__(f"keys of realm {realm}", self._follow, look, self._read(), seen=seen)

    def catch_up(self) -> None:
        """Read what the folder holds by now, in a process that has answered no request yet.

        Its peers have long read what changed since the server was started, so a new key signs at once: a
        retired one must not sign again, because it may be removed before those tokens expire. What the peers
        accepted last comes first: the folder may have a fault by now, or a look at it may hang.
        """
        accepted = self._shared.read()
        if accepted is not None:
            ring = shared.unpack(accepted)
            self.adopt(ring.after(self.current, self._clock(), ring.active.since))
        self._is_new = True
        super().catch_up()
        self._is_new = False

    def warnings(self) -> list[str]:
        """Return what an operator should know of the keys that are in force."""
        return list(fitness.all_warnings(self.current, self._services, self._clock()))

    def log_warnings(self) -> None:
        """Log what was not logged before."""
        found = frozenset(self.warnings())
        for warning in sorted(found - self._warned):
            _log.warning("a key needs attention", extra={"what": self.name, "detail": warning})
        self._warned = found

    def _follow(self) -> Loaded[KeyRing]:
        ring = self._read()
        following = ring.after(self.current, self._clock(), ring.active.since if self._is_new else None)
        return Loaded(following, partial(self._share, ring))

    def _share(self, ring: KeyRing) -> None:
        try:
            self._shared.write(shared.pack(ring))
        except OSError as error:
            extra = {"what": self.name, "detail": str(error)}
            _log.error("other processes cannot be told of the keys", extra=extra)

    def _read(self) -> KeyRing:
        ring = keyring.load(self._folder, self._reader)
        if problems := fitness.problems(self._folder, ring.active, self._services):
            raise ConfigurationError(problems)
        return ring


class _Look:
    """The fingerprint of a folder: names, content, owners and modes of its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._content = Fingerprint(lambda: paths_in(folder))

    def __call__(self) -> bytes:
        """Return the fingerprint.

        Raises:
            ConfigurationError: The folder cannot be read.
            OSError: A file in it cannot be read.
        """
        whole = hashlib.sha256(self._content())
        for path in paths_in(self._folder):
            status = path.stat()
            whole.update(f" {status.st_mode} {status.st_uid} {status.st_gid}".encode())
        return whole.digest()
