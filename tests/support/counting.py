"""What an operation of a client costs: its requests for tokens, and the logins at the directory.

Both are read off the wire, where nothing of ours can miscount: by a tap before the token server and one
before the directory. The tap before the directory ends TLS with the directory's own certificate.
"""

from __future__ import annotations

import contextlib
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Final

from tests.support.server import realm_path
from tests.support.slapd import SERVICE_ACCOUNT, Slapd
from tests.support.tap import Conversation, Tap

_REQUEST: Final = re.compile(rb"(GET|POST) /\S* HTTP/1\.1\r$", re.MULTILINE)
_LENGTH: Final = re.compile(rb"^content-length: (\d+)\r?$", re.MULTILINE | re.IGNORECASE)
_BIND: Final = 0x60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request for a token and its answer.

    Attributes:
        name: Method and status, as in `GET 200`; `GET -` where the client did not wait for the answer.
        token: Empty where there was none.
    """

    name: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cost:
    """What an operation costs.

    Attributes:
        requests: For tokens, each as method and status, in the order of these texts.
        logins: At the directory.
        least: How many requests it may do with, where the client runs a race with itself.
    """

    requests: tuple[str, ...]
    logins: int
    least: int | None = None

    def covers(self, seen: Seen) -> bool:
        """Whether what was seen is what is known."""
        least = len(self.requests) if self.least is None else self.least
        known = self.requests[: len(seen.requests)]
        return seen.requests == known and len(known) >= least and len(seen.logins) == self.logins


@dataclass(slots=True)
class Seen:
    """What was seen of one operation; filled in when it is over."""

    exchanges: tuple[Exchange, ...] = ()
    logins: tuple[str, ...] = ()

    @property
    def requests(self) -> tuple[str, ...]:
        """The requests for tokens, each as method and status, in an order that no race changes."""
        return tuple(sorted(each.name for each in self.exchanges))


@dataclass(frozen=True, slots=True)
class Meter:
    """The two taps.

    Attributes:
        tokens: Before the token server.
        directory: Before the directory.
    """

    tokens: Tap
    directory: Tap

    @property
    def realm(self) -> str:
        """Where a registry sends clients for a token, so that they are counted.

        It is a name and no address: crane goes to no loopback address that a registry names.
        """
        return f"http://localhost:{self.tokens.port}{realm_path()}/auth"

    @contextlib.contextmanager
    def measure(self) -> Iterator[Seen]:
        """Count what happens inside; there may be only one at a time."""
        seen = Seen()
        tokens, directory = Mark(self.tokens), Mark(self.directory)
        yield seen
        seen.exchanges = tuple(each for kept in tokens.since() for each in exchanges_of(kept))
        names = [name for kept in directory.since() for name in binds_of(bytes(kept.asked))]
        seen.logins = tuple(name for name in names if name != SERVICE_ACCOUNT)


class Mark:
    """Where the conversations of a tap stood at one moment."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._stood = [(len(kept.asked), len(kept.answered)) for kept in tap.conversations]

    def since(self) -> Iterator[Conversation]:
        """Return what came in each conversation since then."""
        stood = chain(self._stood, repeat((0, 0)))
        for kept, (asked, answered) in zip(self._tap.conversations, stood, strict=False):
            yield Conversation(kept.asked[asked:], kept.answered[answered:])


def directory_tap(slapd: Slapd) -> Tap:
    """Return a tap before the directory, which looks like the directory to whoever trusts its certificate."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(slapd.folder / "tls" / "server.pem", slapd.folder / "private" / "server.key")
    return Tap(lambda: slapd.port, tls)


def exchanges_of(kept: Conversation) -> Iterator[Exchange]:
    """Read the requests of one connection, and the answers, which come in the same order."""
    answers = bytes(kept.answered)
    for method in _REQUEST.findall(bytes(kept.asked)):
        if not answers:  # the client hung up before
            yield Exchange(f"{method.decode()} -", "")
            continue
        head, _, rest = answers.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        assert length is not None, head
        body, answers = rest[: int(length[1])], rest[int(length[1]) :]
        status = int(head.split(maxsplit=2)[1])
        yield Exchange(f"{method.decode()} {status}", json.loads(body)["token"] if status == 200 else "")


def binds_of(data: bytes) -> Iterator[str]:
    """Return the names of the simple binds in a stream of LDAP messages (RFC 4511 §4.2), as sent."""
    at = 0
    while at < len(data):
        start, at = _element(data, at)
        if at > len(data):
            return
        _, operation = _element(data, start)
        if data[operation] == _BIND:
            version, _ = _element(data, operation)
            _, name = _element(data, version)
            yield data[slice(*_element(data, name))].decode()


def _element(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of an element of BER begins and where it ends (X.690 §8.1.3)."""
    length = data[at + 1]
    if length < 0x80:
        return at + 2, at + 2 + length
    start = at + 2 + length - 0x80
    return start, start + int.from_bytes(data[at + 2 : start], "big")
