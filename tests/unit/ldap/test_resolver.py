"""Names to addresses within a deadline."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.ldap.deadline import Deadline
from app.ldap.resolver import Endpoint, Resolver

HERE: tuple[Endpoint, ...] = ((socket.AF_INET, socket.SOCK_STREAM, 6, ("192.0.2.1", 389)),)


@dataclass(slots=True)
class Names:
    """A name service that can fail, or hang until it is let go."""

    error: OSError | None = None
    goes_on: threading.Event = field(default_factory=threading.Event)
    asked: int = 0
    now: float = 0.0

    def __post_init__(self) -> None:
        self.goes_on.set()

    def look_up(self, host: str, port: int) -> tuple[Endpoint, ...]:
        """Answer, fail or hang."""
        assert (host, port) == ("ldap.example.com", 389)
        self.asked += 1
        self.goes_on.wait(10)
        if self.error is not None:
            raise self.error
        return HERE


@pytest.fixture
def names() -> Iterator[Names]:
    """Return a name service; whoever hangs in it is let go at the end."""
    service = Names()
    yield service
    service.goes_on.set()


def _resolver(names: Names) -> Resolver:
    return Resolver(names.look_up, lambda: names.now)


def _ask(resolver: Resolver, milliseconds: int = 2000) -> tuple[Endpoint, ...]:
    return resolver.resolve("ldap.example.com", 389, Deadline(timedelta(milliseconds=milliseconds)))


def test_an_answer_is_remembered_for_a_while(names: Names) -> None:
    """Not every new connection asks, and a server that moves is found within half a minute."""
    resolver = _resolver(names)
    assert [_ask(resolver), _ask(resolver)] == [HERE, HERE]
    assert names.asked == 1
    names.now = 30.0
    assert _ask(resolver) == HERE
    assert names.asked == 2


def test_a_lookup_that_hangs_ends_at_the_deadline(names: Names) -> None:
    """The system's lookup takes no timeout; whoever asks waits no longer than allowed."""
    names.goes_on.clear()
    resolver = _resolver(names)
    start = time.monotonic()
    for _ in range(2):
        with pytest.raises(TimeoutError, match=r"ldap\.example\.com"):
            _ask(resolver, 50)
    assert time.monotonic() - start < 1
    assert names.asked == 1
    names.goes_on.set()
    assert _ask(resolver) == HERE


@pytest.mark.parametrize("hangs", [False, True])
def test_former_addresses_are_used_while_names_cannot_be_looked_up(names: Names, hangs: bool) -> None:
    """A name service that is down takes no directory with it."""
    resolver = _resolver(names)
    _ask(resolver)
    names.now = 31.0
    names.error = socket.gaierror(socket.EAI_AGAIN, "try again")
    if hangs:
        names.goes_on.clear()
    assert _ask(resolver) == HERE


def test_a_name_that_there_is_not_is_an_error(names: Names) -> None:
    """It says so each time, and is asked for each time."""
    names.error = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    resolver = _resolver(names)
    for _ in range(2):
        with pytest.raises(socket.gaierror, match="not known"):
            _ask(resolver)
    assert names.asked == 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_address_is_not_looked_up(names: Names, host: str) -> None:
    """It is one already."""
    (endpoint, *_) = _resolver(names).resolve(host, 389, Deadline(timedelta(seconds=1)))
    assert endpoint[3][:2] == (host, 389)
    assert not names.asked


@pytest.mark.parametrize("host", ["a..example", "x" * 64 + ".example"])
def test_a_name_that_cannot_be_one_is_an_error(host: str) -> None:
    """An empty label, or one that is too long, is no crash."""
    with pytest.raises(socket.gaierror):
        Resolver().resolve(host, 389, Deadline(timedelta(seconds=2)))


def test_a_machine_without_threads_ends_one_lookup_and_not_all(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for a lookup that never began."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver = _resolver(names)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(TimeoutError):
            _ask(resolver)
    assert _ask(resolver) == HERE
