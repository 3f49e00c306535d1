"""The binds of the service account."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from app.directory.account_settings import ServiceAccountSettings
from app.directory.service_account import ServiceAccount
from app.errors import DirectoryMisconfigured, DirectoryUnavailable
from app.ldap.answers import Result
from app.ldap.deadline import Deadline
from app.protocol.secret import Secret

ACCOUNT = ServiceAccountSettings.model_validate({"dn": "cn=wharfinger,dc=x", "password": "first"})


@dataclass(slots=True)
class Server:
    """Takes one password, after a while, and counts how often it refuses another."""

    password: str = "first"
    address: str = "one"
    refused: int = 0
    asked: int = 0
    seconds: float = 0.02
    lock: threading.Lock = field(default_factory=threading.Lock)

    def bind(self, _: str, password: Secret, deadline: Deadline) -> Result:
        """Answer as a server does."""
        time.sleep(min(self.seconds, deadline.remaining()))
        deadline.remaining()
        right = password == Secret(self.password)
        with self.lock:
            self.asked += 1
            self.refused += not right
        return Result(0 if right else 49, "")


@dataclass(slots=True)
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def _bind(account: ServiceAccount, *servers: Server, seconds: float = 5) -> list[str]:
    """Make a connection to each server at the same time, and say how each ended."""

    def one(server: Any) -> str:
        try:
            account.bind(server, Deadline(timedelta(seconds=seconds)))
        except (DirectoryMisconfigured, DirectoryUnavailable) as error:
            return error.detail
        return "bound"

    with ThreadPoolExecutor(len(servers)) as pool:
        return list(pool.map(one, servers))


def test_a_password_that_has_become_wrong_is_one_strike_at_most_at_each_server() -> None:
    """It was changed in the directory, and all connections are made anew at once."""
    clock = Clock()
    account = ServiceAccount(ACCOUNT, clock)
    one, other = Server(), Server(address="other")
    assert _bind(account, one, one, other) == ["bound"] * 3
    clock.now = 60
    one.password = other.password = "second"
    details = _bind(account, *[one] * 4, *[other] * 4)
    assert max(one.refused, other.refused) == 1
    assert sum("refuses" in detail for detail in details) == one.refused + other.refused
    assert all("refuses" in detail or "not tried again" in detail for detail in details)


def test_many_connections_are_made_at_once_while_the_password_is_right() -> None:
    """Nobody waits for another's bind who need not."""
    account, server = ServiceAccount(ACCOUNT, Clock()), Server(seconds=0.2)
    assert _bind(account, server) == ["bound"]
    assert _bind(account, *[server] * 8, seconds=0.5) == ["bound"] * 8


def test_a_server_that_hangs_holds_no_bind_at_another() -> None:
    """Each has a turn of its own."""
    account = ServiceAccount(ACCOUNT, Clock())
    hanging, other = Server(seconds=60), Server(address="other")
    details = _bind(account, hanging, hanging, other, seconds=0.3)
    assert details[2] == "bound"
    assert all("did not answer" in detail for detail in details[:2])


@pytest.mark.parametrize(("failures", "pause"), [(1, 60), (2, 120), (9, 900)])
def test_a_refused_password_is_tried_again_but_rarely(failures: int, pause: int) -> None:
    """After one minute, two, four and so on, up to fifteen."""
    clock, server = Clock(), Server("second")
    account = ServiceAccount(ACCOUNT, clock)
    for _ in range(failures):
        clock.now += 1000
        assert "refuses" in _bind(account, server)[0]
    clock.now += pause - 1
    assert "not tried again" in _bind(account, server)[0]
    clock.now += 1
    assert "refuses" in _bind(account, server)[0]
    assert server.refused == failures + 1


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (0, "bound"),
        (7, "offers no SASL EXTERNAL"),
        (14, "more than our certificate"),
        (49, "our certificate for no account"),
        (48, "our certificate for no account"),
        (51, "ended with LDAP result 51"),
    ],
)
def test_a_bind_by_certificate_ends_in_one_answer(code: int, says: str) -> None:
    """A server that wants to go on (saslBindInProgress) is set up for something else."""

    class Answering:
        address = "one"

        def bind_external(self, _: Deadline) -> Result:
            return Result(code, "")

    account = ServiceAccount(ServiceAccountSettings(external=True))
    (detail,) = _bind(account, Answering())  # type: ignore[arg-type]  # the part of one that is used
    assert says in detail
