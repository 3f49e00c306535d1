"""All signing keys of a realm; exactly one of them is active."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from app.errors import ConfigurationError, Problem
from app.keys import jwks
from app.keys.folder import Listing
from app.keys.read import read_signing_key
from app.keys.reader import Reader
from app.keys.signing_key import KeyState, SigningKey

HOLD = timedelta(seconds=10)
"""How long an unannounced key is published before it signs, if the old key is still usable.

Each worker of a server looks every two seconds whether the keys changed, at its own time.
"""
_PUBLISHED = (KeyState.ACTIVE, KeyState.ANNOUNCED, KeyState.RETIRED)


@dataclass(frozen=True, slots=True, eq=False)
class KeyRing:
    """The signing keys of a realm.

    Attributes:
        keys: In the order of their names.
        active: The one that signs, at the latest from `signs_from` on.
        published: In the order in which they are published: the active one, the announced, the retired.
        jwk_set: The published keys as a JWK Set (RFC 7517 §5).
        pem_bundle: The published keys' own certificates.
        former: The key that signs until `signs_from`, if there is such a one.
        signs_from: Since when the active key signs (aware); None: always.
        superseded: The names of retired keys whose files are still called active.
    """

    keys: tuple[SigningKey, ...]
    former: SigningKey | None = None
    signs_from: datetime | None = None
    superseded: tuple[str, ...] = ()
    active: SigningKey = field(init=False)
    published: tuple[SigningKey, ...] = field(init=False, repr=False)
    jwk_set: bytes = field(init=False, repr=False)
    pem_bundle: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        published = tuple(sorted(self.keys, key=lambda key: (_PUBLISHED.index(key.state), key.name)))
        (signing,) = (key for key in published if key.state is KeyState.ACTIVE)
        derived = {
            "keys": tuple(sorted(self.keys, key=lambda key: key.name)),
            "active": signing,
            "published": published,
            "jwk_set": jwks.jwk_set(published),
            "pem_bundle": jwks.pem_bundle(published),
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    def signer(self, now: datetime) -> SigningKey:
        """Return the key that signs: the former one until `signs_from`, then the active one."""
        if self.former is not None and self.signs_from is not None and now < self.signs_from:
            return self.former
        return self.active

    def after(self, ring: KeyRing, now: datetime, seen: datetime | None = None) -> KeyRing:
        """Return this ring as it follows another one.

        A key that was published before signs at once. A key that is active without having been announced
        waits for `HOLD`, if the key that signed until now still exists: other workers may not publish the new
        one yet.

        Args:
            ring: The one that was in force.
            now: With a time zone.
            seen: Since when other processes may have read what this ring holds; None is now.
        """
        signed = {key.libtrust: key for key in self.published}.get(ring.signer(now).libtrust)
        was_published = self.active.libtrust in {key.libtrust for key in ring.published}
        signs_from = ring.signs_from if was_published else (seen or now) + HOLD
        if signed is None or signed is self.active or signs_from is None:
            return self
        return replace(self, former=signed, signs_from=signs_from)


def load(folder: Path, reader: Reader | None = None) -> KeyRing:
    """Read the keys folder of a realm.

    Args:
        folder: The folder.
        reader: Who has to be able to read the keys; None is the owner of the folder where root asks, else
            the user of this process.

    Raises:
        ConfigurationError: Something in it cannot be used; names every such thing.
    """
    return of(Listing.read(folder), reader)


def of(listing: Listing, reader: Reader | None = None) -> KeyRing:
    """Read the keys of a folder that was listed; otherwise like `load`.

    Raises:
        ConfigurationError: Something in it cannot be used; names every such thing.
    """
    reader = reader or Reader.of_owner(listing.folder)
    problems = [*listing.problems, *_not_one_active(listing)]
    keys: list[SigningKey] = []
    for file in listing.keys:
        try:
            keys.append(read_signing_key(file, reader))
        except ConfigurationError as error:
            problems.extend(error.problems)
    if problems:
        raise ConfigurationError(problems)
    return KeyRing(tuple(keys), superseded=tuple(file.name for file in listing.keys if file.is_superseded))


def _not_one_active(listing: Listing) -> list[Problem]:
    files = listing.active
    if not files:
        hint = "`wharfinger keys new` makes one"
        return [Problem.of_file(listing.folder, "there is no active signing key in this folder", hint)]
    if len(files) > 1:
        names = ", ".join(file.path.name for file in files)
        hint = "rename all but one to NAME.announced.pem or NAME.retired.pem"
        text = f"there is more than one active signing key: {names}"
        return [Problem.of_file(listing.folder, text, hint)]
    return []
