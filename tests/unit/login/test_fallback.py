"""The failures of all processes, and those of this one while the others' cannot be known."""

from __future__ import annotations

import logging
import stat
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest

from app.directory.names import TypedName
from app.errors import StateUnavailable
from app.login.attempt import Attempt, Tagger
from app.login.budget import Denied, FailureLimits, InFlight, Spared
from app.login.failure_store import AccountRows, FailureStore, MemoryStore
from app.login.fallback import FallbackLimiter, MachineOutage, ProcessOutage
from app.login.limiter import StoreLimiter
from app.login.settlement import BindOutcome, Reservation
from app.protocol.secret import Secret
from app.state.holder import Holder
from app.state.rows import LoginState

T = TypeVar("T")
ALICE = TypedName("alice", "alice")
_LIMITS = FailureLimits(
    account=5, share=4, source=50, window=900, remember_failures=300, known_good=3600, lease=15
)


@dataclass(slots=True)
class Shared:
    """A store that may be unavailable."""

    inner: MemoryStore = field(default_factory=MemoryStore)
    is_away: bool = False

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[AccountRows], T]) -> T:
        if self.is_away:
            raise StateUnavailable("no route to host")
        return self.inner.transact(account, source, now, work)


@dataclass(slots=True)
class Process:
    """One process over the shared store."""

    shared: Shared
    faults: list[None] = field(default_factory=list)
    now: float = 1000.0
    own: MemoryStore = field(default_factory=MemoryStore)
    own_limits: FailureLimits = _LIMITS
    limiter: FallbackLimiter = field(init=False)

    def __post_init__(self) -> None:
        tagger = Tagger(bytes(32), "demo")
        shared, local = [
            StoreLimiter(
                store, lambda: tagger, limits, Holder(), clock=lambda: self.now, timer=lambda: self.now
            )
            for store, limits in ((self.shared, _LIMITS), (self.own, self.own_limits))
        ]
        self.limiter = FallbackLimiter(
            shared,
            local,
            ProcessOutage(),
            kept=_LIMITS.kept,
            timer=lambda: self.now,
            on_fault=lambda: self.faults.append(None),
            about={"realm": "demo"},
        )

    def wrong(self, password: str) -> BindOutcome | Spared:
        """Try a wrong password."""
        attempt = Attempt(ALICE, Secret(password), "192.0.2.1")
        verdict = self.limiter.reserve(attempt)
        if isinstance(verdict, Reservation):
            self.limiter.settle(verdict, BindOutcome.WRONG)
            return BindOutcome.WRONG
        assert isinstance(verdict, Denied)
        return verdict.reason


def test_processes_count_together() -> None:
    """What one has asked another does not ask."""
    shared = Shared()
    first, second = Process(shared), Process(shared)
    assert first.wrong("a") is BindOutcome.WRONG
    assert second.wrong("a") is Spared.REMEMBERED_FAILURE


def test_without_the_state_each_process_counts_alone() -> None:
    """Each up to the limits, and no further."""
    processes = [Process(Shared(is_away=True)) for _ in range(2)]
    for process in processes:
        found = [process.wrong(str(number)) for number in range(5)]
        assert found == [BindOutcome.WRONG] * 4 + [Spared.ACCOUNT_BUDGET]
        assert process.wrong("0") is Spared.REMEMBERED_FAILURE


def test_a_process_never_lets_more_through_than_its_limits() -> None:
    """What it let through by the shared store counts in its own, whenever the other goes away."""
    shared = Shared()
    process = Process(shared)
    assert [process.wrong(str(number)) for number in range(3)] == [BindOutcome.WRONG] * 3
    shared.is_away = True
    assert [process.wrong(str(number)) for number in range(3, 6)] == [BindOutcome.WRONG] + [
        Spared.ACCOUNT_BUDGET
    ] * 2
    assert process.wrong("0") is Spared.REMEMBERED_FAILURE


def test_what_was_let_through_without_the_state_counts_when_it_is_back() -> None:
    """The directory has seen it; neither a new budget nor the same password once more goes there."""
    shared = Shared(is_away=True)
    process = Process(shared)
    assert [process.wrong(str(number)) for number in range(3)] == [BindOutcome.WRONG] * 3
    shared.is_away = False
    assert process.wrong("0") is Spared.REMEMBERED_FAILURE
    assert [process.wrong(str(number)) for number in range(3, 6)] == [BindOutcome.WRONG] + [
        Spared.ACCOUNT_BUDGET
    ] * 2
    assert not [row for row in shared.inner.kept.values() if row.state is LoginState.PENDING]


def test_the_local_store_decides_while_it_may_know_more() -> None:
    """From a fault until what was recorded meanwhile has expired; before and after, the shared one does."""
    shared = Shared()
    process = Process(shared, own_limits=replace(_LIMITS, account=2))
    assert [process.wrong(str(number)) for number in range(2)] == [BindOutcome.WRONG] * 2
    shared.is_away = True
    assert process.wrong("c") is Spared.ACCOUNT_BUDGET
    shared.is_away = False
    assert process.wrong("c") is Spared.ACCOUNT_BUDGET
    process.now += 901
    assert [process.wrong(str(number)) for number in range(2)] == [BindOutcome.WRONG] * 2


def test_a_proof_that_others_know_of_counts_here_too() -> None:
    """A password that another process proved logs in where this one has spent the budget."""
    shared = Shared()
    first, second = Process(shared), Process(shared, own_limits=replace(_LIMITS, account=2))
    attempt = Attempt(ALICE, Secret("right"), "192.0.2.1")
    for process in (first, second):
        assert process.wrong("a") in {BindOutcome.WRONG, Spared.REMEMBERED_FAILURE}
    reservation = first.limiter.reserve(attempt)
    assert isinstance(reservation, Reservation)
    first.limiter.settle(reservation, BindOutcome.RIGHT)
    second.limiter._local.record(Attempt(ALICE, Secret("b"), "192.0.2.1"))
    assert isinstance(second.limiter.reserve(attempt), Reservation)


def test_a_local_store_that_is_full_stops_nobody() -> None:
    """The shared one has room for more, and counts them."""
    process = Process(Shared(), own=MemoryStore(most=0))
    assert process.wrong("a") is BindOutcome.WRONG


def test_a_state_that_goes_away_during_a_bind_learns_of_its_outcome_later() -> None:
    """The login goes on; its failure is given back when the state works again."""
    shared = Shared()
    process, attempt = Process(shared), Attempt(ALICE, Secret("right"), "192.0.2.1")
    reservation = process.limiter.reserve(attempt)
    assert isinstance(reservation, Reservation)
    shared.is_away = True
    process.limiter.settle(reservation, BindOutcome.RIGHT)
    shared.is_away = False
    found = [process.wrong(str(number)) for number in range(5)]
    assert found == [BindOutcome.WRONG] * 4 + [Spared.ACCOUNT_BUDGET]


def test_the_processes_of_a_machine_know_of_each_others_outages(tmp_path: Path) -> None:
    """Each decides by the local store after an outage that another one has met."""
    first, second = (MachineOutage(tmp_path / "outage") for _ in range(2))
    assert second.at() == -float("inf")
    first.note(1234.5)
    assert second.at() == 1234.5
    assert stat.S_IMODE((tmp_path / "outage").stat().st_mode) == 0o600


def test_a_machine_that_cannot_note_an_outage_goes_on(tmp_path: Path) -> None:
    """Its folder may be gone; then nothing can be counted there either."""
    outage = MachineOutage(tmp_path / "missing" / "outage")
    outage.note(1.0)
    assert outage.at() == -float("inf")


def test_a_local_store_may_fail_too() -> None:
    """Then the memory of the process counts, also what the other two let through before."""
    shared, machine = Shared(), Shared()
    process = Process(shared)
    process.limiter._local = FallbackLimiter(
        _store_limiter(process, machine),
        process.limiter._local,
        ProcessOutage(),
        kept=_LIMITS.kept,
        timer=lambda: process.now,
        on_fault=lambda: None,
        about={},
    )
    assert process.wrong("a") is BindOutcome.WRONG
    shared.is_away = True
    assert process.wrong("b") is BindOutcome.WRONG
    machine.is_away = True
    assert process.wrong("c") is BindOutcome.WRONG
    machine.is_away = shared.is_away = False
    assert [process.wrong(each) for each in "cde"] == [
        Spared.REMEMBERED_FAILURE,
        BindOutcome.WRONG,
        Spared.ACCOUNT_BUDGET,
    ]


def _store_limiter(process: Process, store: FailureStore) -> StoreLimiter:
    tagger = Tagger(bytes(32), "demo")
    return StoreLimiter(
        store, lambda: tagger, _LIMITS, Holder(), clock=lambda: process.now, timer=lambda: process.now
    )


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
        "state unavailable; failed logins are counted locally",
        "state available again",
    ]
    assert len(process.faults) == 2


def test_who_logs_in_again_and_again_is_kept_once() -> None:
    """Else each login would take memory, and time at the next one, for as long as a good one is known."""
    process = Process(Shared())
    attempt = Attempt(ALICE, Secret("right"), "192.0.2.1")
    for _ in range(50):
        verdict = process.limiter.reserve(attempt)
        assert isinstance(verdict, Reservation)
        process.limiter.settle(verdict, BindOutcome.RIGHT)
        process.now += 1
    assert len(process.own.kept) == len(process.shared.inner.kept) == 1


def test_what_is_recorded_counts_for_all_processes() -> None:
    """An attempt that another limiter has allowed is a failure in the shared store too."""
    shared = Shared()
    first, second = Process(shared), Process(shared)
    for number in range(4):
        first.limiter.record(Attempt(ALICE, Secret(str(number)), "192.0.2.1"))
    assert second.wrong("a") is Spared.ACCOUNT_BUDGET


@pytest.mark.parametrize("is_away", [False, True])
def test_who_cannot_wait_is_not_told_to(is_away: bool) -> None:
    """Neither by the shared store nor by the local one."""
    process = Process(Shared(is_away=is_away))
    attempt = Attempt(ALICE, Secret("a"), "192.0.2.1")
    assert isinstance(process.limiter.reserve(attempt), Reservation)
    other = Process(process.shared, own=process.own)
    assert other.limiter.reserve(attempt) == InFlight()
    assert isinstance(other.limiter.reserve(attempt, waits=False), Reservation)
