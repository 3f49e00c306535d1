"""Operations of clients: what they cost, and whether every registry takes the tokens that they get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tests.support.commands import Finished
from tests.support.counting import Cost, Meter
from tests.support.images import Layout
from tests.support.server import Server


class Client(Protocol):
    """What every client can do; each instance has credentials and images of its own."""

    def push(self, layout: Layout, image: str) -> Finished:
        """Push a layout."""

    def pull(self, image: str) -> Finished:
        """Pull an image, though it may have been here before."""


class LoggedIn(Client, Protocol):
    """A client that keeps a login."""

    def login(self, host: str, user: str, password: str) -> Finished:
        """Log in."""

    def store(self, host: str, user: str, password: str) -> None:
        """Write credentials down as a login does, unchecked."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Runs operations.

    Attributes:
        meter: Counts.
        server: Issued the tokens.
    """

    meter: Meter
    server: Server

    def __call__(self, cost: Cost, operation: Callable[[], Finished]) -> Finished:
        """Run an operation, which must cost just this and get tokens that every registry takes."""
        with self.meter.measure() as seen:
            finished = operation()
        assert cost.covers(seen), f"{seen}\n{finished.text}"
        for exchange in seen.exchanges:
            if exchange.token:
                self.server.verified(exchange.token)
        return finished
