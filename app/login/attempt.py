"""One attempt to log in, and the keyed hashes that stand for it in a failure store.

The hashes are BLAKE2b with a secret key (RFC 7693 §2.9). They reveal nothing without the key, and the key is
never kept beside them. The hash of a proved password is cut so short that thousands of candidates are left
even to somebody who has both: only a login can tell these apart.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from ipaddress import ip_network

from app.directory.names import TypedName
from app.protocol.request import Address
from app.protocol.secret import Secret

_LENGTH, _PROOF_LENGTH = 16, 3
_V6_PREFIX = 64


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to log in.

    Attributes:
        name: As typed, read once.
        source: The network that it comes from, as `source_of` returns it.
    """

    name: TypedName
    password: Secret
    source: str


@dataclass(frozen=True, slots=True)
class Tags:
    """The hashes that stand for an attempt.

    Attributes:
        account: Of the account.
        login: Of account and password.
        source: Of the source; empty where that is not known.
    """

    account: bytes
    login: bytes
    source: bytes

    @property
    def proof(self) -> bytes:
        """What is kept of account and password once they are proved."""
        return self.login[:_PROOF_LENGTH]


class Tagger:
    """Makes the tags of one realm."""

    def __init__(self, key: bytes, realm: str) -> None:
        """Take a secret key of at most 64 octets."""
        self._key = hashlib.blake2b(realm.encode(), key=key, digest_size=64).digest()
        self.directory = self._hash(b"directory", b"")
        """What stands for the whole directory."""

    def tags(self, attempt: Attempt) -> Tags:
        """Return the tags of an attempt."""
        name = attempt.name.account.encode()
        # the length keeps `ab` + `c` apart from `a` + `bc`
        login = len(name).to_bytes(4, "big") + name + attempt.password.octets()
        source = self._hash(b"source", attempt.source.encode()) if attempt.source else b""
        return Tags(self._hash(b"account", name), self._hash(b"login", login), source)

    def _hash(self, purpose: bytes, octets: bytes) -> bytes:
        return hashlib.blake2b(octets, key=self._key, person=purpose, digest_size=_LENGTH).digest()


@functools.lru_cache(4096)
def source_of(address: Address | None) -> str:
    """Return the network that an address counts for: an IPv4 address, or the /64 of an IPv6 address.

    Whoever has one address of a /64 has all of them. It is empty for an unknown address, which is no source:
    it has neither a share of its own in the budget of an account, nor a budget over all accounts.
    """
    if address is None:
        return ""
    return str(address if address.version == 4 else ip_network((address, _V6_PREFIX), strict=False))  # noqa: PLR2004 - the version of IP
