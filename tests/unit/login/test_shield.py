"""What spares the directory."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from app.directory import names
from app.directory.names import TypedName
from app.directory.subject import DirectorySubject
from app.errors import AnswerLost, Code, DirectoryUnavailable, Refusal
from app.login.attempt import Attempt, Tagger
from app.login.failure_store import FailureStore, MemoryStore
from app.login.limiter import Limiter, StoreLimiter
from app.login.login import Circumstances
from app.login.settings import ShieldSettings
from app.login.settlement import BindOutcome, Reservation
from app.login.shield import Directory, PersonOrRefusal, Shield
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.secret import Secret
from app.state.holder import Holder
from tests.support.directory import FakeDirectory, log_in
from tests.support.records import client

ALICE = Credentials("alice", Secret("alice-password"))
WRONG = Credentials("alice", Secret("wrong"))
_TIMEOUT = timedelta(seconds=10)


@dataclass(slots=True)
class Clock:
    """Time that passes only where a test lets it, or somebody sleeps."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _shield(
    directory: Directory,
    clock: Clock,
    settings: ShieldSettings | None = None,
    *,
    sleep: Callable[[float], None] | None = None,
    limiter: Limiter | None = None,
    login_timeout: timedelta = _TIMEOUT,
) -> _Asked:
    chosen = settings or ShieldSettings()
    return _Asked(
        Shield(
            directory,
            chosen,
            limiter or _limiter(chosen, clock),
            login_timeout=login_timeout,
            clock=clock,
            sleep=sleep or clock.sleep,
        )
    )


def _limiter(settings: ShieldSettings, clock: Clock, store: FailureStore | None = None) -> StoreLimiter:
    tagger = Tagger(bytes(32), "demo")
    limits = settings.limits(_TIMEOUT)
    return StoreLimiter(store or MemoryStore(), lambda: tagger, limits, Holder(), clock=clock, timer=clock)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A shield that is asked from one place, unless a test says from which."""

    shield: Shield

    def authenticate(self, credentials: Credentials, address: str = "192.0.2.1") -> PersonOrRefusal:
        circumstances = Circumstances(client(address), {}, datetime(2026, 6, 1, tzinfo=UTC))
        return self.shield.authenticate(credentials, circumstances)


def test_a_good_login_is_remembered() -> None:
    """The second login with the same name and password does not reach the directory."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    first, second = shield.authenticate(ALICE), shield.authenticate(ALICE)
    assert isinstance(first, DirectorySubject)
    assert second == first
    assert directory.asked == ["alice"]


@dataclass(slots=True)
class WithUpn(FakeDirectory):
    """A directory in which bob's UPN is `alice@example.com`, and carol has none.

    Attributes:
        resolved: How many names were asked for whose they are.
    """

    resolved: int = 0

    def read_name(self, typed: str) -> TypedName | Refusal:
        plain = typed.removesuffix("@example.com")
        return TypedName(plain, plain, typed if plain != typed else "")

    def resolve(self, name: TypedName, within: timedelta) -> TypedName:
        assert within == timedelta(seconds=3)
        self.resolved += 1
        return TypedName("bob", "bob") if name.upn == "alice@example.com" else name


def test_wrong_passwords_with_a_upn_count_for_whoever_has_it() -> None:
    """They are tried and counted on that account, with those under its other name, and on no other."""
    directory, clock = WithUpn(), Clock()
    shield = _shield(directory, clock)
    answers = [
        shield.authenticate(Credentials(name, Secret(f"wrong {number}")))
        for number, name in enumerate(["alice@example.com", "bob", "alice@example.com", "bob"])
    ]
    assert [_code(answer) for answer in answers] == [Code.WRONG_CREDENTIALS] * 2 + [
        Code.TOO_MANY_FAILURES
    ] * 2
    assert {answer.account for answer in answers if isinstance(answer, Refusal)} == {"bob"}
    assert directory.asked == ["bob", "bob"]
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)


def test_a_upn_that_nobody_has_counts_for_the_name_before_it() -> None:
    """Both are one account there."""
    directory, clock = WithUpn(), Clock()
    shield = _shield(directory, clock)
    for number, name in enumerate(["carol@example.com", "carol", "carol@example.com"]):
        answer = shield.authenticate(Credentials(name, Secret(f"wrong {number}")))
    assert _code(answer) is Code.TOO_MANY_FAILURES
    assert directory.asked == ["carol", "carol"]


def test_a_remembered_login_is_not_that_of_a_upn_that_begins_alike() -> None:
    """With the password of alice, her name is remembered for her, and the UPN is still bob's."""
    directory, clock = WithUpn(), Clock()
    shield = _shield(directory, clock)
    upn = "alice@example.com"
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    assert _code(shield.authenticate(Credentials(upn, ALICE.password))) is Code.WRONG_CREDENTIALS
    bob = shield.authenticate(Credentials(upn, Secret("bob-password")))
    assert isinstance(bob, DirectorySubject)
    assert bob.name == "bob"
    asked = directory.resolved
    assert shield.authenticate(Credentials(upn, Secret("bob-password"))) == bob
    assert directory.resolved == asked


def test_a_remembered_login_is_forgotten_in_time() -> None:
    """After `remember` the directory is asked again: a disabled account works no longer than that."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    shield.authenticate(ALICE)
    clock.now += 61
    shield.authenticate(ALICE)
    assert directory.asked == ["alice", "alice"]


def test_remembering_can_be_switched_off() -> None:
    """With `remember: 0` every login reaches the directory."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock(), ShieldSettings(remember=timedelta()))
    shield.authenticate(ALICE)
    shield.authenticate(ALICE)
    assert directory.asked == ["alice", "alice"]


def test_a_remembered_login_does_not_let_another_password_in() -> None:
    """Memory is of a name and a password together."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock())
    shield.authenticate(ALICE)
    assert isinstance(shield.authenticate(WRONG), Refusal)


def test_name_and_password_are_not_run_together() -> None:
    """`ab` + `c` is not `a` + `bc`."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock())
    shield.authenticate(ALICE)
    shifted = Credentials("alicea", Secret("lice-password"))
    assert isinstance(shield.authenticate(shifted), Refusal)


def test_another_spelling_is_asked_for_itself() -> None:
    """That wrong passwords are counted together does not make a name good that the directory refuses."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock())
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    shield.authenticate(Credentials("Alice", ALICE.password))
    assert directory.asked == ["alice", "Alice"]


def test_a_wrong_password_is_asked_once() -> None:
    """For five minutes nobody's repetition reaches the directory; then it may have become right."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    answers = [shield.authenticate(WRONG, f"192.0.2.{number}") for number in range(1, 20)]
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {Code.WRONG_CREDENTIALS}
    assert len({answer.message for answer in answers if isinstance(answer, Refusal)}) == 1
    assert [bool(answer.spared) for answer in answers if isinstance(answer, Refusal)] == [False, *[True] * 18]
    assert directory.asked == ["alice"]
    clock.now += 301
    shield.authenticate(WRONG)
    assert directory.asked == ["alice", "alice"]


def test_memory_is_bounded() -> None:
    """More people than `remembered` push the oldest out."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock(), ShieldSettings(remembered=1))
    shield.authenticate(ALICE)
    shield.authenticate(Credentials("bob", Secret("bob-password")))
    shield.authenticate(ALICE)
    assert directory.asked == ["alice", "bob", "alice"]


@pytest.mark.parametrize(
    "credentials", [WRONG, Credentials("nobody", Secret("x")), Credentials("dave", Secret("x"))]
)
def test_every_refusal_takes_as_long(credentials: Credentials) -> None:
    """A wrong password, an unknown name and a locked account wait for the same floor, with a little blur."""
    clock = Clock()
    start = clock.now
    _shield(FakeDirectory(), clock).authenticate(credentials)
    assert 0.25 <= clock.now - start <= 0.30


def test_an_account_state_that_is_not_told_takes_as_long() -> None:
    """389 Directory Server refuses disabled accounts before the password: the time must not tell of them."""
    hidden = Refusal(Code.ACCOUNT_DISABLED, WRONG_CREDENTIALS, "inactivated")
    directory = SlowDirectory(lambda: hidden)
    directory.go.set()
    clock = Clock()
    assert _shield(directory, clock).authenticate(WRONG) == replace(hidden, account="alice")
    assert sum(clock.slept) >= 0.25


def test_an_account_state_that_is_told_takes_as_long() -> None:
    """What decides is whether the password was proved, not how the refusal reads."""
    told = Refusal(Code.ACCOUNT_DISABLED, "This account is disabled.")
    directory = SlowDirectory(lambda: told)
    directory.go.set()
    clock = Clock()
    assert _shield(directory, clock).authenticate(WRONG) == replace(told, account="alice")
    assert sum(clock.slept) >= 0.25


def test_who_has_proved_the_password_does_not_wait() -> None:
    """Such a refusal tells a guesser nothing, in whatever time it comes."""
    directory = SlowDirectory(lambda: Refusal(Code.PASSWORD_EXPIRED, "expired", proved=True))
    directory.go.set()
    clock = Clock()
    assert isinstance(_shield(directory, clock).authenticate(ALICE), Refusal)
    assert clock.slept == []


def test_a_remembered_login_keeps_no_password() -> None:
    """What is remembered knows it by a hash alone."""
    password = Secret("alice-password")
    before = sys.getrefcount(password)
    shield = _shield(FakeDirectory(), Clock())
    assert isinstance(shield.authenticate(Credentials("alice", password)), DirectorySubject)
    assert sys.getrefcount(password) == before


def test_a_good_login_waits_for_nothing() -> None:
    """The floor is for refusals alone."""
    clock = Clock()
    _shield(FakeDirectory(), clock).authenticate(ALICE)
    assert clock.slept == []


def test_waiting_refusals_do_not_hold_all_the_threads() -> None:
    """With `failures_waiting` of them asleep, the next one is answered at once, and tells nothing."""
    asleep, wake = threading.Event(), threading.Event()
    wake.set()
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        asleep.set()
        assert wake.wait(10)

    shield = _shield(FakeDirectory(), Clock(), ShieldSettings(failures_waiting=1), sleep=sleep)
    nobody = Credentials("nobody", Secret("x"))
    assert [_code(shield.authenticate(each)) for each in (WRONG, nobody)] == [Code.WRONG_CREDENTIALS] * 2
    asleep.clear()
    wake.clear()
    with ThreadPoolExecutor(1) as pool:
        sleeper = pool.submit(shield.authenticate, WRONG)
        assert asleep.wait(10)
        answers = [shield.authenticate(each) for each in (WRONG, nobody, Credentials("\0", Secret("x")))]
        wake.set()
        assert _code(sleeper.result(10)) is Code.WRONG_CREDENTIALS
    assert {_code(answer) for answer in answers} == {Code.TOO_MANY_FAILURES}
    assert len({answer.message for answer in answers if isinstance(answer, Refusal)}) == 1
    assert len(naps) == 3


def test_no_refusal_of_the_directory_is_quicker_under_load() -> None:
    """One that was asked about waits in its turn, however many others wait: its time would tell of names."""
    naps: list[float] = []
    asleep, wake = threading.Barrier(4, timeout=10), threading.Event()

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        asleep.wait()
        assert wake.wait(10)

    shield = _shield(FakeDirectory(), Clock(), ShieldSettings(failures_waiting=1), sleep=sleep)
    with ThreadPoolExecutor(3) as pool:
        asked = [
            pool.submit(shield.authenticate, Credentials(name, Secret("wrong")))
            for name in ("alice", "bob", "nobody")
        ]
        asleep.wait()
        wake.set()
        assert {_code(each.result(10)) for each in asked} == {Code.WRONG_CREDENTIALS}
    assert all(each >= 0.25 for each in naps)


@dataclass(slots=True)
class SlowDirectory:
    """A directory that answers when it is told to."""

    answer: Callable[[], DirectorySubject | Refusal]
    asked: int = 0
    reached: threading.Event = field(default_factory=threading.Event)
    go: threading.Event = field(default_factory=threading.Event)

    def read_name(self, typed: str) -> TypedName:
        return TypedName(typed, names.canonical(typed))

    def resolve(self, name: TypedName, within: timedelta) -> TypedName:
        return name

    def authenticate(self, name: TypedName, password: Secret) -> DirectorySubject | Refusal:
        self.asked += 1
        self.reached.set()
        assert self.go.wait(10)
        return self.answer()


def _crowd(directory: SlowDirectory, size: int) -> list[DirectorySubject | Refusal | BaseException]:
    """Log the same person in from several threads while the first login is under way."""
    shield = _shield(directory, Clock(), ShieldSettings(failure_floor=timedelta()), sleep=lambda _: None)
    arrived = threading.Semaphore(0)

    def ask() -> DirectorySubject | Refusal | BaseException:
        arrived.release()
        try:
            return shield.authenticate(ALICE)
        except DirectoryUnavailable as error:
            return error

    with ThreadPoolExecutor(size) as pool:
        logins = [pool.submit(ask) for _ in range(size)]
        assert directory.reached.wait(10)
        for _ in range(size):
            assert arrived.acquire(timeout=10)
        directory.go.set()
        return [login.result(10) for login in logins]


def test_identical_logins_at_once_are_one() -> None:
    """Eight threads with one name and password are one login at the directory, and all get its answer."""
    subject = log_in(FakeDirectory(), ALICE)
    directory = SlowDirectory(lambda: subject)
    assert _crowd(directory, 8) == [subject] * 8
    assert directory.asked == 1


def test_a_fault_reaches_everybody_who_waits() -> None:
    """Where the directory fails, each thread gets an error of its own with the same detail."""

    def fail() -> Refusal:
        raise DirectoryUnavailable("no server")

    answers = _crowd(SlowDirectory(fail), 4)
    assert [str(answer) for answer in answers] == ["no server"] * 4
    assert len(set(map(id, answers))) == 4


def test_after_a_fault_the_directory_is_asked_again() -> None:
    """A fault is not remembered."""
    directory = FakeDirectory(fault=DirectoryUnavailable("down"))
    shield = _shield(directory, Clock())
    with pytest.raises(DirectoryUnavailable):
        shield.authenticate(ALICE)
    directory.fault = None
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)


@pytest.mark.parametrize("proved", [False, True])
def test_a_refusal_of_one_account_is_remembered_as_long_as_a_good_login(proved: bool) -> None:
    """The same login again does not reach the directory, reads alike and takes as long; later it does."""
    refusal = Refusal(Code.PASSWORD_EXPIRED, "expired", proved=proved)
    directory, clock = SlowDirectory(lambda: refusal), Clock()
    directory.go.set()
    shield = _shield(directory, clock)
    told = replace(refusal, account="alice")
    assert shield.authenticate(ALICE) == told
    clock.slept.clear()
    assert shield.authenticate(ALICE) == replace(told, spared="remembered_refusal")
    assert sum(clock.slept) >= 0.25
    assert directory.asked == 1
    assert shield.authenticate(WRONG) == told
    assert directory.asked == 2
    clock.now += 60
    assert shield.authenticate(ALICE) == told
    assert directory.asked == 3


def test_refusals_push_no_good_login_out() -> None:
    """However many passwords are tried at a locked account."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock(), ShieldSettings(remembered=1))
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    locked = SlowDirectory(lambda: Refusal(Code.ACCOUNT_LOCKED, "locked"))
    locked.go.set()
    shield.shield._directory = locked
    for number in range(3):
        shield.authenticate(Credentials("bob", Secret(f"x{number}")))
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    assert locked.asked == 3


def test_a_directory_that_hangs_does_not_hold_every_thread() -> None:
    """With `concurrent` logins waiting the next one is refused soon; it has its turn when one ends."""
    subject = log_in(FakeDirectory(), ALICE)
    directory = SlowDirectory(lambda: subject)
    shield = _shield(directory, Clock(), ShieldSettings(concurrent=1))
    bob = Credentials("bob", Secret("bob-password"))
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(shield.authenticate, ALICE)
        assert directory.reached.wait(10)
        with pytest.raises(DirectoryUnavailable, match="concurrent"):
            shield.authenticate(bob)
        directory.go.set()
        assert hanging.result(10) == subject
    assert shield.authenticate(bob) == subject


def _code(answer: PersonOrRefusal) -> Code | None:
    return answer.code if isinstance(answer, Refusal) else None


def test_spellings_of_a_name_are_one_account() -> None:
    """They multiply neither the binds of one wrong password nor the budget."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock())
    for name in ("alice", "ALICE", "Alice"):
        answer = shield.authenticate(Credentials(name, Secret("wrong")))
        assert isinstance(answer, Refusal)
        assert answer.account == "alice"
    assert directory.asked == ["alice"]
    codes = [_code(shield.authenticate(Credentials(name, Secret(name)))) for name in ("aLICE", "alicE")]
    assert codes == [Code.WRONG_CREDENTIALS, Code.TOO_MANY_FAILURES]


def test_a_name_that_nobody_has_spends_nothing() -> None:
    """The directory refuses it without asking a server, however often; the refusal takes as long as any."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    answers = [shield.authenticate(Credentials("alice ", Secret(f"x{number}"))) for number in range(60)]
    assert {_code(answer) for answer in answers} == {Code.WRONG_CREDENTIALS}
    assert len(clock.slept) == 60
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)


def test_beyond_the_budget_one_has_to_wait() -> None:
    """429 says for how long, takes as long as any refusal, and the directory hears nothing."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    for number in range(2):
        shield.authenticate(Credentials("alice", Secret(f"wrong{number}")))
    start = clock.now
    answer = shield.authenticate(Credentials("alice", Secret("another")))
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.spared) == (Code.TOO_MANY_FAILURES, "source_share")
    assert 890 <= answer.retry_after <= 900
    assert clock.now - start >= 0.25
    assert directory.asked == ["alice"] * 2


def test_unknown_names_and_wrong_passwords_look_alike() -> None:
    """Code, text and what comes after so many: nobody learns from these which names exist."""

    def seen(name: str) -> list[tuple[Code, str, str]]:
        shield = _shield(FakeDirectory(), Clock())
        answers = [shield.authenticate(Credentials(name, Secret(f"wrong{number}"))) for number in range(4)]
        return [(each.code, each.message, each.spared) for each in answers if isinstance(each, Refusal)]

    assert seen("alice") == seen("nobody")


def test_the_right_password_works_while_others_guess() -> None:
    """From where it worked before, long after the process has forgotten it; from elsewhere it waits."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    shield.authenticate(ALICE)
    for number in range(10):
        shield.authenticate(Credentials("alice", Secret(f"guess{number}")), f"198.51.100.{number}")
    clock.now += 120
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    assert _code(shield.authenticate(ALICE, "203.0.113.1")) is Code.TOO_MANY_FAILURES


def test_what_is_remembered_is_not_for_others_to_guess_at() -> None:
    """A good login is remembered for its source alone: from elsewhere the directory is asked."""
    directory = FakeDirectory()
    shield = _shield(directory, Clock())
    shield.authenticate(ALICE)
    shield.authenticate(ALICE, "203.0.113.1")
    assert directory.asked == ["alice", "alice"]


def test_so_many_guesses_beside_a_good_login_end_its_memory() -> None:
    """Whoever sits behind the same address has a hundred in a window; then the owner has to wait too."""
    shield = _shield(FakeDirectory(), Clock(), ShieldSettings(failure_floor=timedelta()))
    shield.authenticate(ALICE)
    for number in range(99):
        shield.authenticate(Credentials("alice", Secret(f"guess{number}")))
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    for number in range(99, 110):
        shield.authenticate(Credentials("alice", Secret(f"guess{number}")))
    assert _code(shield.authenticate(ALICE)) is Code.TOO_MANY_FAILURES


def test_an_account_that_is_locked_is_forgotten() -> None:
    """A refusal that is no wrong password ends what is remembered of the account, and is no failure."""
    directory, clock = FakeDirectory(), Clock()
    shield = _shield(directory, clock)
    bob = Credentials("bob", Secret("bob-password"))
    shield.authenticate(bob)
    locked = SlowDirectory(lambda: Refusal(Code.ACCOUNT_LOCKED, "locked"))
    locked.go.set()
    shield.shield._directory = locked
    for number in range(10):
        answer = shield.authenticate(Credentials("bob", Secret(f"x{number}")))
        assert _code(answer) is Code.ACCOUNT_LOCKED
    assert _code(shield.authenticate(bob)) is Code.ACCOUNT_LOCKED


def test_a_lost_answer_is_a_failure_and_another_fault_is_none() -> None:
    """The directory may have counted the first; it never saw the others."""
    directory = FakeDirectory(fault=DirectoryUnavailable("down"))
    shield = _shield(directory, Clock())
    for number in range(20):
        with pytest.raises(DirectoryUnavailable):
            shield.authenticate(Credentials("alice", Secret(f"x{number}")))
    directory.fault = AnswerLost("reset")
    for number in range(2):
        with pytest.raises(AnswerLost):
            shield.authenticate(Credentials("alice", Secret(f"y{number}")))
    assert _code(shield.authenticate(WRONG)) is Code.TOO_MANY_FAILURES


@pytest.mark.parametrize(("timeout", "patience"), [(10, 3), (11, 3), (12, 2), (13, 1)])
def test_another_process_that_asks_the_same_is_waited_for_a_while(timeout: int, patience: int) -> None:
    """Three seconds, or what a long login leaves of Docker's patience; then the directory is asked too."""
    clock, store, settings = Clock(), MemoryStore(), ShieldSettings()
    other = _limiter(settings, clock, store)
    attempt = Attempt(TypedName("alice", "alice"), ALICE.password, "192.0.2.9")
    reservation = other.reserve(attempt)
    assert isinstance(reservation, Reservation)
    limiter = _limiter(settings, clock, store)
    shield = _shield(FakeDirectory(), clock, limiter=limiter, login_timeout=timedelta(seconds=timeout))
    start = clock.now
    assert isinstance(shield.authenticate(ALICE), DirectorySubject)
    assert patience <= clock.now - start < patience + 0.1


def test_the_answer_to_another_process_is_taken() -> None:
    """Whoever waits for it does not ask the directory."""
    clock, store, settings = Clock(), MemoryStore(), ShieldSettings()
    other, directory = _limiter(settings, clock, store), FakeDirectory()
    reservation = other.reserve(Attempt(TypedName("alice", "alice"), WRONG.password, "192.0.2.9"))
    assert isinstance(reservation, Reservation)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 1001:
            other.settle(reservation, BindOutcome.WRONG)

    shield = _shield(directory, clock, limiter=_limiter(settings, clock, store), sleep=sleep)
    assert _code(shield.authenticate(WRONG)) is Code.WRONG_CREDENTIALS
    assert directory.asked == []
