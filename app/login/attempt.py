"""One attempt to log in, and the keyed hashes under which it is known.

The hashes are BLAKE2b with a secret key (RFC 7693 §2.9): without the key they say nothing, and the key never
lies where they do. The tag of a proved password is cut so short that even who has both has thousands of
candidates left, which only a login can tell apart.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from ipaddress import ip_network

from app.directory.names import TypedName
from app.protocol.request import Address
from app.protocol.secret import Secret

_LENGTH, _SHORT_LENGTH = 16, 3
_V6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to log in.

    Attributes:
        name: As typed, read once.
        source: The network that it comes from, as `source_of` gives it.
    """

    name: TypedName
    password: Secret
    source: str


@dataclass(frozen=True, slots=True)
class Tags:
    """What an attempt is known by.

    Attributes:
        account: Of the account.
        login: Of account and password.
        source: Of the source.
    """

    account: bytes
    login: bytes
    source: bytes

    @property
    def short(self) -> bytes:
        """The tag of a proved login."""
        return self.login[:_SHORT_LENGTH]


class Tagger:
    """Makes the tags of one realm."""

    def __init__(self, key: bytes, realm: str) -> None:
        """Take a secret key of up to 64 octets."""
        self._key = hashlib.blake2b(realm.encode(), key=key, digest_size=64).digest()

    def tags(self, attempt: Attempt) -> Tags:
        """Give the tags of an attempt."""
        name = attempt.name.account.encode()
        # the length keeps `ab` + `c` apart from `a` + `bc`
        login = len(name).to_bytes(4, "big") + name + attempt.password.octets()
        source = attempt.source.encode()
        return Tags(self._hash(b"account", name), self._hash(b"login", login), self._hash(b"source", source))

    def _hash(self, purpose: bytes, octets: bytes) -> bytes:
        return hashlib.blake2b(octets, key=self._key, person=purpose, digest_size=_LENGTH).digest()


@functools.lru_cache(4096)
def source_of(address: Address | None) -> str:
    """Return the network that an address counts for: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one address of a /64 has all of them. An unknown address is a source of its own.
    """
    if address is None:
        return ""
    return str(address if address.version == 4 else ip_network((address, _V6_PREFIX), strict=False))  # noqa: PLR2004 - the version of IP
