"""The arithmetic of the budgets against a plain account of what happened, whatever the order."""

from __future__ import annotations

from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.directory.names import TypedName
from app.login.attempt import Attempt, Tagger
from app.login.budget import Denied, FailureLimits
from app.login.failure_store import MemoryStore
from app.login.limiter import StoreLimiter
from app.login.settlement import BindOutcome, Reservation
from app.protocol.secret import Secret
from app.state.holder import Holder

_LIMITS = FailureLimits(
    account=4, share=2, source=5, window=900, remember_failures=300, known_good=86_400, lease=15, guesses=20
)
_ACCOUNTS = st.sampled_from(["alice", "bob"])
_PASSWORDS = st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6", "p7"])
_SOURCES = st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"])


@dataclass(slots=True)
class Bind:
    """One bind that was let through, and what the directory makes of it."""

    attempt: Attempt
    at: float
    reservation: Reservation
    limiter: StoreLimiter
    is_wrong: bool

    @property
    def key(self) -> tuple[str, str]:
        """Whose it is, and with which password."""
        return self.attempt.name.account, self.attempt.password.reveal()

    @property
    def pair(self) -> tuple[str, str]:
        """Whose it is, and where it comes from."""
        return self.attempt.name.account, self.attempt.source


class Logins(RuleBasedStateMachine):
    """Several processes that share a store, people, a guesser, and passwords that change."""

    under_way: Bundle[Bind | None] = Bundle("under_way")

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000.0
        store, tagger = MemoryStore(), Tagger(bytes(32), "demo")
        self.processes = [
            StoreLimiter(
                store, lambda: tagger, _LIMITS, Holder(), clock=lambda: self.now, timer=lambda: self.now
            )
            for _ in range(2)
        ]
        self.right = {"alice": "p1", "bob": "p2"}
        self.binds: list[Bind] = []
        self.owed: dict[str, tuple[str, str]] = {}
        self.known_wrong: dict[tuple[str, str], float] = {}
        self.guesses = 0

    @rule(
        target=under_way,
        process=st.integers(0, 1),
        account=_ACCOUNTS,
        password=_PASSWORDS,
        source=_SOURCES,
    )
    def ask(self, process: int, account: str, password: str, source: str) -> Bind | None:
        """Try a password."""
        attempt = Attempt(TypedName(account, account), Secret(password), source)
        limiter = self.processes[process]
        verdict = limiter.reserve(attempt)
        if self.owed.get(account) == (password, source) and self.guesses < _LIMITS.guesses:
            assert not isinstance(verdict, Denied), "what was right from here is exempt"
        if not isinstance(verdict, Reservation):
            self.guesses += 1
            return None
        known = self.known_wrong.get((account, password), 0.0)
        assert self.now >= known + _LIMITS.remember_failures, "a wrong password is asked once"
        bind = Bind(attempt, self.now, verdict, limiter, password != self.right[account])
        if bind.is_wrong:
            self.binds.append(bind)
        return bind

    @rule(bind=consumes(under_way))
    def answer(self, bind: Bind | None) -> None:
        """Let the directory answer."""
        if bind is None:
            return
        account, password = bind.key
        bind.limiter.settle(bind.reservation, BindOutcome.WRONG if bind.is_wrong else BindOutcome.RIGHT)
        if bind.is_wrong:
            self.known_wrong[bind.key] = self.now
        if bind.is_wrong and self.owed.get(account, ("", ""))[0] == password:
            del self.owed[account]
        if not bind.is_wrong:
            self.owed[account] = (password, bind.attempt.source)

    @rule(bind=consumes(under_way))
    def die(self, bind: Bind | None) -> None:
        """Let the process end before the answer comes; what was exempt is then a failure too."""
        if bind is not None:
            self.owed.pop(bind.attempt.name.account, None)

    @rule(bind=consumes(under_way))
    def lose(self, bind: Bind | None) -> None:
        """Lose the answer."""
        if bind is not None and bind.reservation.proof is None:
            bind.limiter.settle(bind.reservation, BindOutcome.LOST)
        elif bind is not None:
            self.die(bind)

    @rule(account=_ACCOUNTS, password=_PASSWORDS)
    def change(self, account: str, password: str) -> None:
        """Change a password."""
        if self.right[account] != password:
            self.right[account] = password
            self.owed.pop(account, None)

    @rule(seconds=st.sampled_from([1, 14, 16, 100, 301, 600, 901]))
    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds

    @invariant()
    def no_account_is_asked_too_often(self) -> None:
        """The directory never sees more wrong binds of an account in a window than the budget."""
        for account in self.right:
            moments = [bind.at for bind in self.binds if bind.attempt.name.account == account]
            assert _most(moments) <= _LIMITS.account

    @invariant()
    def no_source_has_more_than_its_share(self) -> None:
        """Of these, no source has more than its share, but for what is exempt."""
        unknown = [bind for bind in self.binds if bind.reservation.proof is None]
        for pair in {bind.pair for bind in unknown}:
            moments = [bind.at for bind in unknown if bind.pair == pair]
            assert _most(moments) <= _LIMITS.share
        for source in {bind.attempt.source for bind in unknown}:
            assert _most([bind.at for bind in unknown if bind.attempt.source == source]) <= _LIMITS.source


def _most(moments: list[float]) -> int:
    """Return the most that ever lie in one window."""
    return max(
        (sum(each <= other < each + _LIMITS.window for other in moments) for each in moments), default=0
    )


def test_the_budgets_hold_whatever_happens() -> None:
    """Some histories in each run."""
    run_state_machine_as_test(Logins, settings=settings(max_examples=20, stateful_step_count=40))


@pytest.mark.slow
def test_the_budgets_hold_in_many_histories() -> None:
    """Many and longer ones."""
    run_state_machine_as_test(Logins, settings=settings(max_examples=500, stateful_step_count=80))
