"""One budget over all accounts and sources, for a directory that blocks our address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

import pytest

from app.errors import StateUnavailable
from app.login.attempt import Attempt, Tagger
from app.login.budget import Denied, FailureLimits, InFlight, Spared
from app.login.directory_budget import DirectoryLimits
from app.login.directory_limiter import DirectoryLimiter
from app.login.failure_store import MemoryStore
from app.login.limiter import StoreLimiter
from app.login.settings import ShieldSettings
from app.login.settlement import BindOutcome, Reservation
from app.state.holder import Holder
from tests.unit.login.test_limiter import HOME, LIMITS, attempt_of

IN_ALL = DirectoryLimits(failures=3, window=10, reserved=1, lease=15)


@dataclass(slots=True)
class Scene:
    """One store, a clock that a test moves, and as many processes as it asks for."""

    limits: FailureLimits = LIMITS
    in_all: DirectoryLimits = IN_ALL
    store: MemoryStore = field(default_factory=MemoryStore)
    now: float = 1_000_000.0
    sources: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    def limiter(self) -> DirectoryLimiter:
        """Return the limiter of one process."""
        tagger, holder = Tagger(bytes(32), "demo"), Holder()

        def clock() -> float:
            return self.now

        inner = StoreLimiter(self.store, lambda: tagger, self.limits, holder, clock=clock, timer=clock)
        return DirectoryLimiter(inner, self.store, lambda: tagger, self.in_all, clock=clock)

    def reserve(
        self, account: str, password: str = "wrong", source: str = "", *, waits: bool = True
    ) -> object:
        """Reserve in a process of its own."""
        return self.limiter().reserve(self.attempt(account, password, source), waits=waits)

    def attempt(self, account: str, password: str, source: str) -> Attempt:
        """Make an attempt, from a source of its own where none is given."""
        return attempt_of(password, source or f"192.0.2.{self.sources()}", account)

    def ask(self, outcome: BindOutcome, account: str, password: str = "wrong", source: str = "") -> object:
        """Try once in a process of its own; return how it ended, or why it was not tried."""
        limiter = self.limiter()
        verdict = limiter.reserve(self.attempt(account, password, source))
        if isinstance(verdict, Reservation):
            limiter.settle(verdict, outcome)
            return outcome
        return verdict.reason if isinstance(verdict, Denied) else InFlight


def test_failures_of_all_accounts_and_sources_count_together() -> None:
    """Two of three; the third place is reserved, and after the window there are as many again."""
    scene = Scene()
    asked = [scene.ask(BindOutcome.WRONG, f"person{number}") for number in range(4)]
    assert asked == [BindOutcome.WRONG] * 2 + [Spared.DIRECTORY_BUDGET] * 2
    scene.now += 9.9
    denied = scene.reserve("carol")
    assert isinstance(denied, Denied)
    assert denied.reason is Spared.DIRECTORY_BUDGET
    assert denied.seconds == pytest.approx(0.1)
    scene.now += 0.2
    assert scene.ask(BindOutcome.WRONG, "carol") is BindOutcome.WRONG


@pytest.mark.parametrize("outcome", [BindOutcome.WRONG, BindOutcome.REFUSED, BindOutcome.LOST])
def test_whatever_the_directory_may_have_counted_is_a_failure(outcome: BindOutcome) -> None:
    """A refusal for the account's sake and a lost answer too, though the account's own budget forgives it."""
    scene = Scene()
    assert [scene.ask(outcome, name) for name in ("alice", "bob")] == [outcome] * 2
    assert scene.ask(outcome, "carol") is Spared.DIRECTORY_BUDGET


@pytest.mark.parametrize("outcome", [BindOutcome.RIGHT, BindOutcome.NOT_ASKED])
def test_a_place_is_given_back(outcome: BindOutcome) -> None:
    """By a right password, and by an attempt that sent no bind."""
    scene = Scene()
    assert {scene.ask(outcome, f"person{number}") for number in range(10)} == {outcome}


def test_who_finds_binds_under_way_waits_and_at_the_end_is_told_to_come_again() -> None:
    """They may all be right; nothing of the account is spent meanwhile."""
    scene = Scene()
    under_way = [scene.limiter() for _ in range(2)]
    places = [each.reserve(scene.attempt("alice", f"{each}", "")) for each in under_way]
    assert isinstance(scene.reserve("bob"), InFlight)
    denied = scene.reserve("bob", waits=False)
    assert isinstance(denied, Denied)
    assert (denied.reason, denied.seconds) == (Spared.DIRECTORY_BUDGET, 1.0)
    for limiter, place in zip(under_way, places, strict=True):
        assert isinstance(place, Reservation)
        limiter.settle(place, BindOutcome.RIGHT)
    assert scene.ask(BindOutcome.WRONG, "bob") is BindOutcome.WRONG


def test_one_place_is_for_passwords_that_were_right_lately_and_no_more() -> None:
    """Others cannot keep them out by guessing; but beyond the budget the directory would block everybody."""
    scene = Scene()
    assert scene.ask(BindOutcome.RIGHT, "alice", "right", HOME) is BindOutcome.RIGHT
    for name in ("bob", "carol"):
        assert scene.ask(BindOutcome.WRONG, name) is BindOutcome.WRONG
    assert scene.ask(BindOutcome.WRONG, "dave") is Spared.DIRECTORY_BUDGET
    assert scene.ask(BindOutcome.RIGHT, "alice", "right", HOME) is BindOutcome.RIGHT
    first = scene.limiter()
    assert isinstance(first.reserve(scene.attempt("alice", "right", HOME)), Reservation)
    assert isinstance(scene.reserve("alice", "right", HOME), InFlight)


def test_a_process_that_dies_leaves_a_place_taken_for_its_lease() -> None:
    """Its bind may have failed."""
    scene = Scene(in_all=DirectoryLimits(failures=2, window=10, reserved=1, lease=15))
    assert isinstance(scene.reserve("alice"), Reservation)
    scene.now += 14.9
    assert isinstance(scene.reserve("bob"), InFlight)
    scene.now += 0.2
    assert isinstance(scene.reserve("bob"), Reservation)


def test_what_another_limiter_has_allowed_is_counted() -> None:
    """Beyond the budget too."""
    scene = Scene()
    limiter = scene.limiter()
    for number in range(4):
        recorded = limiter.record(scene.attempt(f"person{number}", "wrong", ""))
        limiter.settle(recorded, BindOutcome.WRONG)
    assert scene.ask(BindOutcome.WRONG, "alice") is Spared.DIRECTORY_BUDGET


def test_a_store_that_fails_leaves_no_place_of_the_account_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's place is given back, although the directory's could not be taken."""
    scene = Scene()
    limiter, transact = scene.limiter(), scene.store.transact

    def failing(account: bytes, *rest: object) -> object:
        if account == Tagger(bytes(32), "demo").directory:
            raise StateUnavailable("away")
        return transact(account, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(scene.store, "transact", failing)
    with pytest.raises(StateUnavailable):
        limiter.reserve(scene.attempt("alice", "wrong", HOME))
    assert scene.store.kept == {}


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"failures_per_directory": 1}, "with one failure nobody could log in"),
        ({"failures_per_directory": 3, "directory_window": "0s"}, "this window lasts 1s to 1h"),
        ({"failures_per_directory": 3, "directory_window": "2h"}, "this window lasts 1s to 1h"),
    ],
)
def test_what_makes_no_sense_is_an_error(section: dict[str, object], text: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=text):
        ShieldSettings.model_validate(section)
