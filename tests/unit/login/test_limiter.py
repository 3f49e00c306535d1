"""The limiter: one contract for the store of a process and for that of all processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Engine, event

from app.directory.names import TypedName
from app.errors import StateUnavailable
from app.login.attempt import Attempt, Tagger, source_of
from app.login.budget import (
    Denied,
    FailureLimits,
    InFlight,
    SourceFailures,
    Spared,
    count_guess,
    decide,
)
from app.login.failure_store import AccountRows, FailureStore, MemoryStore
from app.login.limiter import StoreLimiter
from app.login.settlement import BindOutcome, Reservation
from app.protocol.secret import Secret
from app.state.holder import Holder
from app.state.rows import LoginRow, LoginState
from app.state.settings import StateSettings
from app.state.shared import SharedState
from tests.support.postgres import PASSWORD, Postgres
from tests.support.records import client

T = TypeVar("T")
LIMITS = FailureLimits(
    account=4, share=2, source=6, window=900, remember_failures=300, known_good=604_800, lease=15
)
HOME, ELSEWHERE, FAR = "192.0.2.1", "198.51.100.1", "203.0.113.1"


@dataclass(slots=True)
class Scene:
    """One store, and a clock that a test moves."""

    store: FailureStore
    limits: FailureLimits = LIMITS
    now: float = 1_000_000.0
    key: bytes = bytes(32)
    realm: str = "demo"

    def limiter(self, holder: Holder | None = None) -> StoreLimiter:
        """Return the limiter as one process has it, on a server of its own unless a holder is given."""
        tagger = Tagger(self.key, self.realm)
        return StoreLimiter(
            self.store,
            lambda: tagger,
            self.limits,
            holder or Holder(),
            clock=lambda: self.now,
            timer=lambda: self.now,
        )

    def ask(
        self, outcome: BindOutcome, password: str, source: str = HOME, account: str = "alice"
    ) -> BindOutcome | Spared | type[InFlight]:
        """Try once in a process of its own, and return how it ended, or why it was not tried."""
        limiter, attempt = self.limiter(), attempt_of(password, source, account)
        verdict = limiter.reserve(attempt)
        if isinstance(verdict, Reservation):
            limiter.settle(verdict, outcome)
            return outcome
        return verdict.reason if isinstance(verdict, Denied) else InFlight

    def wrong(self, password: str, source: str = HOME, account: str = "alice") -> object:
        """Try a wrong password."""
        return self.ask(BindOutcome.WRONG, password, source, account)

    def right(self, password: str = "right", source: str = HOME) -> object:
        """Try the right one."""
        return self.ask(BindOutcome.RIGHT, password, source)


def attempt_of(password: str, source: str = HOME, account: str = "alice") -> Attempt:
    """Make an attempt."""
    return Attempt(TypedName(account, account), Secret(password), source)


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], SharedState]:
    """Return a function that makes an empty state in a file."""
    folder = tmp_path_factory.mktemp("state")
    template = folder / "template.db"
    SharedState(StateSettings(url=f"sqlite:///{template}")).bring_up_to_date()
    made = 0

    def make() -> SharedState:
        nonlocal made
        made += 1
        path = folder / f"{made}.db"
        path.write_bytes(template.read_bytes())
        return SharedState(StateSettings(url=f"sqlite:///{path}"))

    return make


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], SharedState]]:
    """Return a function that makes an empty state in PostgreSQL."""
    with Postgres() as running:
        made = 0

        def make() -> SharedState:
            nonlocal made
            made += 1
            url = running.make(f"state{made}")
            state = SharedState(
                StateSettings.model_validate({"url": url, "password": PASSWORD, "secret": "x" * 32})
            )
            state.bring_up_to_date()
            return state

        yield make


@pytest.fixture(params=["process", "sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """Return a scene over each of the stores."""
    if request.param == "process":
        yield Scene(MemoryStore())
        return
    state: SharedState = request.getfixturevalue(request.param)()
    yield Scene(state)
    state.close()


def test_a_wrong_password_is_asked_once_by_all_processes(scene: Scene) -> None:
    """Within `remember_failures`; then once more."""
    assert scene.wrong("a") is BindOutcome.WRONG
    assert {scene.wrong("a", source) for source in (HOME, ELSEWHERE, FAR)} == {Spared.REMEMBERED_FAILURE}
    scene.now += 299
    assert scene.wrong("a") is Spared.REMEMBERED_FAILURE
    scene.now += 2
    assert scene.wrong("a") is BindOutcome.WRONG


def test_an_answer_that_comes_very_late_is_remembered_too(scene: Scene) -> None:
    """Though what was written down of its question was thrown away meanwhile."""
    late = scene.limiter()
    reservation = late.reserve(attempt_of("a"))
    assert isinstance(reservation, Reservation)
    scene.now += 2 * 86_400
    assert scene.wrong("b") is BindOutcome.WRONG
    late.settle(reservation, BindOutcome.WRONG)
    assert scene.wrong("a", ELSEWHERE) is Spared.REMEMBERED_FAILURE


def test_one_process_does_not_look_a_failure_up_twice(scene: Scene) -> None:
    """What is known to be wrong is known until its time is over, whatever becomes of the store."""
    limiter = scene.limiter()
    reservation = limiter.reserve(attempt_of("a"))
    assert isinstance(reservation, Reservation)
    limiter.settle(reservation, BindOutcome.WRONG)
    assert isinstance(limiter.reserve(attempt_of("a")), Denied)
    scene.store = MemoryStore()
    assert isinstance(limiter.reserve(attempt_of("a")), Denied)
    scene.now += 301
    assert isinstance(limiter.reserve(attempt_of("a", FAR)), Reservation)


def test_a_source_has_a_share_of_an_account(scene: Scene) -> None:
    """Two from here, and one from elsewhere finds a place."""
    assert [scene.wrong(str(number)) for number in range(4)] == [BindOutcome.WRONG] * 2 + [
        Spared.SOURCE_SHARE
    ] * 2
    assert scene.wrong("elsewhere", ELSEWHERE) is BindOutcome.WRONG


def test_an_account_has_a_budget(scene: Scene) -> None:
    """Four, of which one is reserved for a proved password; after a window there is room again."""
    sources = [HOME, HOME, ELSEWHERE, ELSEWHERE, FAR]
    found = [scene.wrong(str(number), source) for number, source in enumerate(sources)]
    assert found == [BindOutcome.WRONG] * 3 + [Spared.ACCOUNT_BUDGET] * 2
    scene.now += 901
    assert scene.wrong("later", FAR) is BindOutcome.WRONG


def test_it_says_when_to_come_again(scene: Scene) -> None:
    """When the first of the failures that are too many has lasted a window."""
    scene.wrong("a")
    scene.now += 100
    scene.wrong("b")
    scene.now += 100
    denied = scene.limiter().reserve(attempt_of("c"))
    assert isinstance(denied, Denied)
    assert denied.seconds == pytest.approx(700)


def test_it_says_when_to_come_again_beside_the_reserved_place(scene: Scene) -> None:
    """One failure has to expire where the budget is one less, not two, and not none."""
    scene.right()
    for number in range(3):
        scene.now += 100
        scene.wrong(str(number), f"198.51.100.{number}")
    scene.now += 100
    denied = scene.limiter().reserve(attempt_of("c", FAR))
    assert isinstance(denied, Denied)
    assert denied.reason is Spared.ACCOUNT_BUDGET
    assert denied.seconds == pytest.approx(600)


def test_a_source_has_a_budget_over_all_accounts(scene: Scene) -> None:
    """Six; another source is not concerned, nor is an account that was right from here before."""
    scene.right()
    found = [scene.wrong("x", account=f"user{number}") for number in range(8)]
    assert found == [BindOutcome.WRONG] * 6 + [Spared.SOURCE_BUDGET] * 2
    assert scene.wrong("x", ELSEWHERE, "user7") is BindOutcome.WRONG
    assert scene.right() is BindOutcome.RIGHT
    assert scene.right("right", ELSEWHERE) is BindOutcome.RIGHT


def test_a_right_password_costs_nothing(scene: Scene) -> None:
    """However often, and from wherever."""
    assert {scene.right("right", f"192.0.2.{number}") for number in range(20)} == {BindOutcome.RIGHT}
    assert [scene.wrong(str(number)) for number in range(2)] == [BindOutcome.WRONG] * 2


def test_right_passwords_spend_no_budget_of_their_source(scene: Scene) -> None:
    """Any number of people may log in behind one address."""
    for number in range(20):
        assert scene.ask(BindOutcome.RIGHT, "right", account=f"user{number}") is BindOutcome.RIGHT
    assert scene.wrong("x", account="user20") is BindOutcome.WRONG


def test_a_right_password_is_exempt_where_it_was_proved(scene: Scene) -> None:
    """The budget is spent by others, and the owner logs in; from a place where that never was, it waits."""
    scene.right()
    found = [scene.wrong(str(number), f"198.51.100.{number}") for number in range(6)]
    assert found == [BindOutcome.WRONG] * 3 + [Spared.ACCOUNT_BUDGET] * 3
    assert [scene.right() for _ in range(5)] == [BindOutcome.RIGHT] * 5
    assert scene.right("right", ELSEWHERE) is Spared.ACCOUNT_BUDGET
    scene.now += 604_800
    assert scene.wrong("a", FAR) is BindOutcome.WRONG


def test_an_exemption_ends_with_the_password(scene: Scene) -> None:
    """A changed password is tried once, on the reserved place; then all its proofs are gone."""
    scene.right()
    scene.right("right", ELSEWHERE)
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{10 + number}")
    assert scene.wrong("right") is BindOutcome.WRONG
    scene.now += 301
    assert scene.wrong("right", ELSEWHERE) is Spared.REMEMBERED_FAILURE
    assert scene.wrong("else", FAR) is Spared.ACCOUNT_BUDGET
    scene.now += 901
    found = [scene.wrong(f"later{number}", f"203.0.113.{10 + number}") for number in range(5)]
    assert found == [BindOutcome.WRONG] * 3 + [Spared.ACCOUNT_BUDGET] * 2, "the place does not tell of proofs"


def test_there_is_one_right_password(scene: Scene) -> None:
    """Another one that is right ends the proofs of the former."""
    scene.right("old")
    scene.right("new", ELSEWHERE)
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{10 + number}")
    assert scene.ask(BindOutcome.WRONG, "old") is Spared.ACCOUNT_BUDGET
    assert scene.right("new", ELSEWHERE) is BindOutcome.RIGHT


def test_an_exemption_is_exhausted_by_guesses_from_its_source(scene: Scene) -> None:
    """By so many different passwords; not by repetitions of one, and not by anybody elsewhere."""
    scene.limits = replace(LIMITS, guesses=10)
    scene.right()
    limiter = scene.limiter()
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{number}")
    for _ in range(20):
        limiter.reserve(attempt_of("one"))
    for number in range(20):
        limiter.reserve(attempt_of(f"guess{number}", ELSEWHERE))
    assert scene.right() is BindOutcome.RIGHT
    for number in range(8):
        assert limiter.reserve(attempt_of(f"guess{number}")) != InFlight()
    assert scene.right() is BindOutcome.RIGHT
    limiter.reserve(attempt_of("last"))
    denied = limiter.reserve(attempt_of("right"))
    assert isinstance(denied, Denied)
    assert denied.exhausted
    scene.now += 901
    assert scene.right() is BindOutcome.RIGHT


def test_a_success_does_not_give_a_guesser_a_new_budget(scene: Scene) -> None:
    """What others have spent stays spent."""
    for number in range(2):
        scene.wrong(str(number), f"198.51.100.{number}")
    assert scene.right() is BindOutcome.RIGHT
    assert [scene.wrong(each, FAR) for each in "ab"] == [BindOutcome.WRONG, Spared.ACCOUNT_BUDGET]


def test_who_asks_already_is_waited_for(scene: Scene) -> None:
    """The same password, from wherever and in whichever process; another one is not concerned."""
    limiter = scene.limiter()
    reservation = limiter.reserve(attempt_of("a"))
    assert isinstance(reservation, Reservation)
    assert scene.limiter().reserve(attempt_of("a", ELSEWHERE)) == InFlight()
    assert scene.wrong("b") is BindOutcome.WRONG
    limiter.settle(reservation, BindOutcome.WRONG)
    assert scene.wrong("a", ELSEWHERE) is Spared.REMEMBERED_FAILURE


def test_attempts_at_once_are_counted_before_they_end(scene: Scene) -> None:
    """However many are under way, no more than the budget are let through."""
    verdicts = [scene.limiter().reserve(attempt_of(str(each), f"192.0.2.{each}")) for each in range(10)]
    assert sum(isinstance(verdict, Reservation) for verdict in verdicts) == 3


def test_who_died_has_failed(scene: Scene) -> None:
    """An attempt that never ended is not waited for any longer than a lease, and counts for a window."""
    scene.limits = replace(LIMITS, account=5)
    for number in range(2):
        assert isinstance(scene.limiter().reserve(attempt_of(str(number))), Reservation)
    scene.now += 16
    assert scene.wrong("0", ELSEWHERE) is BindOutcome.WRONG
    assert scene.wrong("other") is Spared.SOURCE_SHARE
    scene.now += 900
    assert scene.wrong("other") is BindOutcome.WRONG


class KnownHolder(Holder):
    """A process with a name, one of whose fellows is gone."""

    def __init__(self, name: bytes, gone: bytes = b"") -> None:
        super().__init__()
        self._name, self._gone = name, gone

    def name(self) -> bytes:
        """Return the name."""
        return self._name

    def is_gone(self, name: bytes) -> bool:
        """Whether it is that fellow's."""
        return name == self._gone


def test_who_is_known_to_be_gone_is_not_waited_for(scene: Scene) -> None:
    """Its row stays a failure, and the next one asks at once."""
    dead = scene.limiter(KnownHolder(b"dead"))
    assert isinstance(dead.reserve(attempt_of("a")), Reservation)
    other = scene.limiter(KnownHolder(b"other", gone=b"unknown"))
    assert other.reserve(attempt_of("a", ELSEWHERE)) == InFlight()
    fellow = scene.limiter(KnownHolder(b"fellow", gone=b"dead"))
    assert isinstance(fellow.reserve(attempt_of("a", ELSEWHERE)), Reservation)
    assert [scene.wrong(each, FAR) for each in "bc"] == [BindOutcome.WRONG, Spared.ACCOUNT_BUDGET]


def test_who_cannot_wait_asks_beside_another(scene: Scene) -> None:
    """Within the budget, so that a row that a dead process left refuses no right password."""
    assert isinstance(scene.limiter().reserve(attempt_of("right")), Reservation)
    assert scene.limiter().reserve(attempt_of("right", ELSEWHERE)) == InFlight()
    verdicts = [
        scene.limiter().reserve(attempt_of("right", f"203.0.113.{number}"), waits=False)
        for number in range(3)
    ]
    assert [type(verdict) for verdict in verdicts] == [Reservation, Reservation, Denied]


def test_a_proved_password_does_not_wait(scene: Scene) -> None:
    """Not for one that asks already; for two it does: where it was changed, each of them would be wrong."""
    scene.right()
    first, second, third = (scene.limiter().reserve(attempt_of("right")) for _ in range(3))
    assert isinstance(first, Reservation)
    assert isinstance(second, Reservation)
    assert third == InFlight()


def test_what_proves_right_was_no_failure(scene: Scene) -> None:
    """Attempts with the same password whose answers got lost are given back; others stay."""
    scene.ask(BindOutcome.LOST, "right", ELSEWHERE)
    assert isinstance(scene.limiter().reserve(attempt_of("right", FAR)), Reservation)
    scene.now += 16
    assert scene.right() is BindOutcome.RIGHT
    found = [scene.wrong(str(number), f"192.0.2.{10 + number}") for number in range(4)]
    assert found == [BindOutcome.WRONG] * 3 + [Spared.ACCOUNT_BUDGET]


@dataclass(slots=True)
class Unsteady:
    """A store that may be unavailable, over another one."""

    store: FailureStore
    is_away: bool = False

    def transact(self, account: bytes, source: bytes, now: float, work: Callable[[AccountRows], T]) -> T:
        """Work on the rows of an account."""
        if self.is_away:
            raise StateUnavailable("no route to host")
        return self.store.transact(account, source, now, work)


def test_what_could_not_be_settled_is_settled_later(scene: Scene) -> None:
    """Before the same process reserves anything else; until then its row is a failure."""
    store = scene.store = Unsteady(scene.store)
    limiter = scene.limiter()
    reservation = limiter.reserve(attempt_of("right"))
    assert isinstance(reservation, Reservation)
    store.is_away = True
    with pytest.raises(StateUnavailable):
        limiter.settle(reservation, BindOutcome.RIGHT)
    with pytest.raises(StateUnavailable):
        limiter.reserve(attempt_of("x", account="bob"))
    store.is_away = False
    assert scene.limiter().reserve(attempt_of("right", ELSEWHERE)) == InFlight()
    assert isinstance(limiter.reserve(attempt_of("x", account="bob")), Reservation)
    assert scene.right("right", ELSEWHERE) is BindOutcome.RIGHT
    found = [scene.wrong(str(number), f"198.51.100.{10 + number}") for number in range(4)]
    assert found == [BindOutcome.WRONG] * 3 + [Spared.ACCOUNT_BUDGET]


def test_a_row_of_its_own_that_is_not_in_flight_is_waited_for_by_nobody(scene: Scene) -> None:
    """A reservation that was made, though the store did not say so in time, has no settlement."""
    holder = KnownHolder(b"own")
    assert isinstance(scene.limiter(holder).reserve(attempt_of("a")), Reservation)
    again = scene.limiter(holder)  # as after the answer of the store got lost
    assert isinstance(again.reserve(attempt_of("a", ELSEWHERE)), Reservation)


def test_a_clock_that_was_ahead_counts_no_longer_than_any_other(scene: Scene) -> None:
    """Failures that it dated a year ahead count from when they are next read."""
    year = 365 * 86_400
    scene.right()
    scene.now += year
    scene.right("later", FAR)
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{10 + number}")
        scene.wrong(str(number), account=f"user{number}")
    scene.now -= year
    denied = scene.limiter().reserve(attempt_of("x", ELSEWHERE))
    assert isinstance(denied, Denied)
    assert denied.reason is Spared.ACCOUNT_BUDGET
    assert denied.seconds == pytest.approx(900)
    for number in range(3, 6):
        scene.wrong(str(number), account=f"user{number}")
    denied = scene.limiter().reserve(attempt_of("x", account="user6"))
    assert isinstance(denied, Denied)
    assert denied.reason is Spared.SOURCE_BUDGET
    assert denied.seconds == pytest.approx(900)
    scene.now += 901
    assert scene.wrong("x", ELSEWHERE) is BindOutcome.WRONG
    assert scene.wrong("x", account="user6") is BindOutcome.WRONG


def test_an_unknown_address_is_no_source(scene: Scene) -> None:
    """Nobody is kept out by what others did at other accounts, as they would be from one known address."""
    for number in range(2 * LIMITS.source):
        assert scene.wrong("guess", source="", account=f"a{number}") is BindOutcome.WRONG
    assert scene.wrong("guess", source="", account="alice") is BindOutcome.WRONG
    for number in range(LIMITS.source):
        scene.wrong("guess", source=HOME, account=f"b{number}")
    assert scene.wrong("guess", source=HOME, account="bob") is Spared.SOURCE_BUDGET


def test_an_unknown_address_has_no_share_of_its_own(scene: Scene) -> None:
    """Failures from everywhere count against it."""
    scene.wrong("a", ELSEWHERE)
    scene.wrong("b", FAR)
    assert scene.wrong("c", "") is Spared.SOURCE_SHARE
    assert scene.wrong("c", HOME) is BindOutcome.WRONG


def test_a_lost_answer_has_failed_but_is_not_wrong(scene: Scene) -> None:
    """It may have been counted by the directory; the password may be right."""
    assert [scene.ask(BindOutcome.LOST, "a") for _ in range(3)] == [BindOutcome.LOST] * 2 + [
        Spared.SOURCE_SHARE
    ]


def test_a_lost_answer_does_not_end_an_exemption(scene: Scene) -> None:
    """A directory that loses answers keeps nobody out whose password was right lately."""
    scene.right()
    assert {scene.ask(BindOutcome.LOST, "right") for _ in range(10)} == {BindOutcome.LOST}
    assert scene.right() is BindOutcome.RIGHT


def test_what_was_not_asked_has_not_failed(scene: Scene) -> None:
    """A directory that is down spends nobody's budget."""
    assert {scene.ask(BindOutcome.NOT_ASKED, str(number)) for number in range(20)} == {BindOutcome.NOT_ASKED}


def test_an_account_that_may_not_log_in_has_not_failed_and_has_no_proof(scene: Scene) -> None:
    """Its password was not wrong; and nothing of it is remembered as right."""
    scene.right()
    assert {scene.ask(BindOutcome.REFUSED, "right") for _ in range(10)} == {BindOutcome.REFUSED}
    for number in range(4):
        scene.wrong(str(number), f"198.51.100.{number}")
    assert scene.right() is Spared.ACCOUNT_BUDGET


def test_accounts_and_realms_are_apart(scene: Scene) -> None:
    """Another account has its own budget; another realm's failures are not ours."""
    scene.wrong("a")
    scene.wrong("b")
    assert scene.wrong("a", account="bob") is BindOutcome.WRONG
    scene.realm = "other"
    assert isinstance(scene.limiter().reserve(attempt_of("a")), Reservation)


def test_proofs_can_be_switched_off(scene: Scene) -> None:
    """With `known_good: 0` nothing is noted of a right password."""
    scene.limits = replace(LIMITS, known_good=0)
    scene.right()
    for number in range(4):
        assert scene.wrong(str(number), f"198.51.100.{number}") is BindOutcome.WRONG
    assert scene.right() is Spared.ACCOUNT_BUDGET


def test_a_full_store_lets_nobody_unknown_in() -> None:
    """A flood pushes no failure out; who is exempt still logs in; time makes room."""
    scene = Scene(MemoryStore(most=3))
    scene.right()
    scene.wrong("a", account="bob")
    scene.wrong("a", account="carol")
    assert scene.wrong("a", account="dave") is Spared.MEMORY_FULL
    assert scene.right() is BindOutcome.RIGHT
    assert scene.wrong("a", account="bob") is Spared.REMEMBERED_FAILURE
    scene.now += 901
    assert scene.wrong("a", account="dave") is BindOutcome.WRONG


def test_what_others_allow_does_not_grow_the_store_of_a_process() -> None:
    """It keeps what it has, and while it does not know of all failures it lets nobody unknown in."""
    store = MemoryStore(most=10)
    scene = Scene(store)
    limiter = scene.limiter()
    for number in range(30):
        attempt = attempt_of("wrong", account=f"user{number}")
        limiter.settle(limiter.record(attempt), BindOutcome.WRONG)
        scene.now += 1
    assert len(store.kept) == 11
    scene.now += 880  # the rows that were kept are over, some of the others would not be
    assert scene.wrong("a", account="dave") is Spared.MEMORY_FULL
    scene.now += 21
    assert scene.wrong("a", account="dave") is BindOutcome.WRONG


def test_the_store_of_a_process_forgets_what_is_over() -> None:
    """Neither rows nor indexes are left."""
    store = MemoryStore()
    scene = Scene(store)
    for number in range(5):
        scene.wrong("a", f"192.0.2.{number}", f"user{number}")
    scene.now += 901
    store.most = 0
    scene.wrong("b")
    assert (store.kept, dict(store.of_account), dict(store.of_source)) == ({}, {}, {})


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_source_is_what_one_has_at_once(address: str, source: str) -> None:
    """Whoever has one IPv6 address has its whole /64."""
    assert source_of(client(address).address) == source


def test_tags_say_nothing_without_the_key() -> None:
    """Another key, another realm, another account or password: another tag. No tag holds a name."""
    tags = Tagger(b"k" * 32, "demo").tags(attempt_of("secret"))
    others = [
        Tagger(b"l" * 32, "demo").tags(attempt_of("secret")),
        Tagger(b"k" * 32, "other").tags(attempt_of("secret")),
        Tagger(b"k" * 32, "demo").tags(attempt_of("secret", account="alic")),
        Tagger(b"k" * 32, "demo").tags(attempt_of("esecret", account="alic")),
        Tagger(b"k" * 32, "demo").tags(attempt_of("Secret")),
    ]
    assert len({tags.login, *(each.login for each in others)}) == 6
    assert len(tags.proof) == 3


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Return a list to which every statement is added that SQLite is given."""
    given: list[str] = []

    def listen(connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(given.append)

    event.listen(Engine, "connect", listen)
    yield given
    event.remove(Engine, "connect", listen)


def test_a_login_takes_few_statements(sqlite: Callable[[], SharedState], statements: list[str]) -> None:
    """What was read is not read again, and the row of an attempt becomes the note that it was right."""
    scene = Scene(sqlite())
    scene.right()
    found = []
    for source in (HOME, ELSEWHERE):
        statements.clear()
        scene.right(source=source)
        found.append([statement.split()[0] for statement in statements])
    admitted = ["BEGIN", "SELECT", "INSERT", "COMMIT"]
    assert found[0] == [*admitted, "BEGIN", "DELETE", "COMMIT"]
    assert found[1] == ["BEGIN", "SELECT", *admitted[1:], "BEGIN", "SELECT", "UPDATE", "COMMIT"]


def test_nothing_readable_lies_in_the_database(tmp_path: Path) -> None:
    """No name, password or address, and not the key."""
    state = SharedState(StateSettings(url=f"sqlite:///{tmp_path}/state.db"))
    state.bring_up_to_date()
    tagger = Tagger(state.key(), "demo")
    scene = Scene(state, key=state.key())
    limiter = scene.limiter()
    for password, outcome in (("pa55word", BindOutcome.WRONG), ("cOrrect", BindOutcome.RIGHT)):
        attempt = attempt_of(password, "192.0.2.77", "somebody")
        reservation = limiter.reserve(attempt)
        assert isinstance(reservation, Reservation)
        limiter.settle(reservation, outcome)
    full = tagger.tags(attempt_of("cOrrect", "192.0.2.77", "somebody")).login
    state.close()
    octets = b"".join(path.read_bytes() for path in tmp_path.glob("state.db*") if path.suffix != ".secret")
    secret = (tmp_path / "state.db.secret").read_bytes()
    for hidden in (b"somebody", b"pa55word", b"cOrrect", b"192.0.2.77", secret, state.key(), full):
        assert hidden not in octets


def test_an_account_that_logs_in_from_everywhere_stays_small(scene: Scene) -> None:
    """A job that comes from a new address each time is exempt at the latest ones: all are read each time."""
    for number in range(70):
        assert scene.right(source=f"198.51.100.{number}") is BindOutcome.RIGHT
        scene.now += 1
    attempt = attempt_of("right")
    tags = Tagger(scene.key, "demo").tags(attempt)
    kept = scene.store.transact(tags.account, tags.source, scene.now, lambda rows: rows.all())
    assert len(kept) == 64
    for number, source in enumerate(("203.0.113.1", "203.0.113.2", "203.0.113.3")):
        assert scene.wrong(f"guess {number}", source) is BindOutcome.WRONG
    assert scene.right(source="203.0.113.4") is Spared.ACCOUNT_BUDGET
    assert scene.right(source="198.51.100.5") is Spared.ACCOUNT_BUDGET
    assert scene.right(source="198.51.100.69") is BindOutcome.RIGHT


def test_a_right_password_is_noted_once() -> None:
    """However often it is right, and whoever admitted it: the store does not grow."""
    store = MemoryStore()
    scene = Scene(store)
    limiter = scene.limiter()
    for _ in range(5):
        limiter.settle(limiter.record(attempt_of("right")), BindOutcome.RIGHT)
        assert scene.right() is BindOutcome.RIGHT
    assert len(store.kept) == 1


def test_a_proof_lasts_while_it_is_used(scene: Scene) -> None:
    """It is renewed by the logins that it exempts, and ends with its time where nobody logs in."""
    scene.right()
    for _ in range(3):
        scene.now += 400_000
        for number in range(3):
            scene.wrong(str(number), f"198.51.100.{number}")
        assert scene.right() is BindOutcome.RIGHT
    scene.now += 604_800
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{number}")
    assert scene.right() is Spared.ACCOUNT_BUDGET


def test_a_password_that_is_wrong_now_is_exempt_nowhere(scene: Scene) -> None:
    """The proof from every other source goes too, so that it costs no second failure."""
    scene.right()
    scene.right("right", ELSEWHERE)
    for number in range(2):
        scene.wrong(str(number), f"203.0.113.{number}")
    assert scene.wrong("right") is BindOutcome.WRONG
    scene.now += 301
    assert scene.wrong("right", ELSEWHERE) is Spared.REMEMBERED_FAILURE


def test_guesses_beside_a_proof_are_forgotten_with_their_window(scene: Scene) -> None:
    """A window later the proof exempts again, while others spend the budget anew."""
    scene.limits = replace(LIMITS, guesses=2)
    scene.right()
    for number in range(3):
        scene.wrong(str(number), f"198.51.100.{number}")
    limiter = scene.limiter()
    for number in range(2):
        limiter.reserve(attempt_of(f"guess{number}"))
    assert scene.right() is Spared.ACCOUNT_BUDGET
    scene.now += 901
    for number in range(3):
        scene.wrong(f"later{number}", f"198.51.100.{number}")
    assert scene.right() is BindOutcome.RIGHT


def test_guesses_are_counted_from_the_first_on() -> None:
    """A further one does not begin the window anew."""
    proof = LoginRow(1, b"", b"", b"", LoginState.PROOF, 0, 9, guesses=2, guessed_since=900.0)
    assert count_guess(proof, LIMITS, 1000.0) == (3, 900.0)
    assert count_guess(proof, LIMITS, 1900.0) == (1, 1900.0)


def test_a_failure_is_remembered_for_the_rest_of_its_time() -> None:
    """The seconds say for how long the directory is not asked again."""
    tags = Tagger(bytes(32), "demo").tags(attempt_of("a"))
    row = LoginRow(1, tags.account, tags.login, tags.source, LoginState.WRONG, 1000.0, 2000.0)
    found = decide([row], lambda: SourceFailures(0), tags, LIMITS, 1100.0)
    assert found == Denied(Spared.REMEMBERED_FAILURE, 200.0)
