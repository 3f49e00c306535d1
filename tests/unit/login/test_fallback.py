"""The failures of all processes, and those of this one while the others' cannot be known."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pytest

from app.errors import StateUnavailable
from app.login.attempt import Attempt, Tagger
from app.login.budget import Limits, Spared, Stop
from app.login.failures import Failures, Outcome, Ticket
from app.login.fallback import SharedFailures
from app.login.ledger import Book, ProcessLedger
from app.protocol.secret import Secret

T = TypeVar("T")
_LIMITS = Limits(account=4, share=4, source=50, window=900, remember_failures=300, known_good=3600, lease=15)


@dataclass(slots=True)
class Shared:
    """A ledger that may be away."""

    inner: ProcessLedger = field(default_factory=ProcessLedger)
    is_away: bool = False

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[Book], T]) -> T:
        if self.is_away:
            raise StateUnavailable("no route to host")
        return self.inner.transact(account, source, now, work)


@dataclass(slots=True)
class Process:
    """One process over the shared ledger."""

    shared: Shared
    faults: list[None] = field(default_factory=list)
    now: float = 1000.0
    memory: SharedFailures = field(init=False)

    def __post_init__(self) -> None:
        tagger = Tagger(bytes(32), "demo")
        both = [
            Failures(ledger, lambda: tagger, _LIMITS, lambda: self.now)
            for ledger in (self.shared, ProcessLedger())
        ]
        self.memory = SharedFailures(*both, realm="demo", on_fault=lambda: self.faults.append(None))

    def wrong(self, password: str) -> Outcome | Spared:
        """Try a wrong password."""
        attempt = Attempt("alice", Secret(password), "192.0.2.1")
        verdict = self.memory.admit(attempt)
        if isinstance(verdict, Ticket):
            self.memory.settle(verdict, Outcome.WRONG)
            return Outcome.WRONG
        assert isinstance(verdict, Stop)
        return verdict.why


def test_processes_count_together() -> None:
    """What one has asked another does not ask."""
    shared = Shared()
    first, second = Process(shared), Process(shared)
    assert first.wrong("a") is Outcome.WRONG
    assert second.wrong("a") is Spared.REMEMBERED_FAILURE


def test_without_the_state_each_process_counts_alone() -> None:
    """Each up to the limits, and no further."""
    processes = [Process(Shared(is_away=True)) for _ in range(2)]
    for process in processes:
        found = [process.wrong(str(number)) for number in range(5)]
        assert found == [Outcome.WRONG] * 4 + [Spared.ACCOUNT_BUDGET]
        assert process.wrong("0") is Spared.REMEMBERED_FAILURE


def test_a_process_never_lets_more_through_than_its_limits() -> None:
    """What it let through by the shared memory counts in its own, whenever the other goes away."""
    shared = Shared()
    process = Process(shared)
    assert [process.wrong(str(number)) for number in range(3)] == [Outcome.WRONG] * 3
    shared.is_away = True
    assert [process.wrong(str(number)) for number in range(3, 6)] == [Outcome.WRONG] + [
        Spared.ACCOUNT_BUDGET
    ] * 2
    assert process.wrong("0") is Spared.REMEMBERED_FAILURE


def test_a_state_that_goes_away_during_a_bind_keeps_the_failure() -> None:
    """The login goes on; in the state it stays written down as a failure."""
    shared = Shared()
    process, attempt = Process(shared), Attempt("alice", Secret("right"), "192.0.2.1")
    ticket = process.memory.admit(attempt)
    assert isinstance(ticket, Ticket)
    shared.is_away = True
    process.memory.settle(ticket, Outcome.RIGHT)
    shared.is_away = False
    process.now += 16
    assert [process.wrong(str(number)) for number in range(4)] == [Outcome.WRONG] * 3 + [
        Spared.ACCOUNT_BUDGET
    ]


def test_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """When it goes and when it comes back; each fault is counted."""
    shared = Shared()
    process = Process(shared)
    with caplog.at_level(logging.INFO):
        process.wrong("a")
        shared.is_away = True
        process.wrong("b")
        process.wrong("c")
        shared.is_away = False
        process.wrong("d")
        process.wrong("e")
    assert [record.getMessage() for record in caplog.records] == [
        "state unavailable; each process counts failed logins alone",
        "state available again",
    ]
    assert len(process.faults) == 2


def test_who_logs_in_again_and_again_is_kept_once() -> None:
    """Else each login would take memory, and time at the next one, for as long as a good one is known."""
    process = Process(Shared())
    attempt = Attempt("alice", Secret("right"), "192.0.2.1")
    for _ in range(50):
        verdict = process.memory.admit(attempt)
        assert isinstance(verdict, Ticket)
        process.memory.settle(verdict, Outcome.RIGHT)
        process.now += 1
    own = process.memory._own._ledger
    assert isinstance(own, ProcessLedger)
    assert len(own.kept) == len(process.shared.inner.kept) == 1
