"""Nobody learns from refusals which accounts exist, and which are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from app.errors import Code, Refusal
from app.login.attempt import Tagger
from app.login.failure_store import MemoryStore
from app.login.limiter import StoreLimiter
from app.login.login import Circumstances
from app.login.settings import ShieldSettings
from app.login.shield import Shield
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.state.holder import Holder
from tests.support.directory import PASSWORDS, FakeDirectory
from tests.support.records import NOW, client

USED, UNUSED, UNKNOWN = "alice", "bob", "nobody"
SOURCES = [f"192.0.2.{number}" for number in range(1, 6)]
HOME = SOURCES[0]
SETTINGS = ShieldSettings(
    failures_per_account=4, failures_per_source_and_account=2, failures_per_source=3, remember=timedelta()
)


@dataclass(slots=True)
class Scene:
    """A shield, before which the used account has logged in once."""

    now: float = 1_000_000.0
    slept: list[float] = field(default_factory=list)
    shield: Shield = field(init=False)

    def __post_init__(self) -> None:
        timeout = timedelta(seconds=10)
        tagger = Tagger(bytes(32), "demo")
        limiter = StoreLimiter(
            MemoryStore(),
            lambda: tagger,
            SETTINGS.limits(timeout),
            Holder(),
            clock=lambda: self.now,
            timer=lambda: self.now,
        )
        self.shield = Shield(
            FakeDirectory(),
            SETTINGS,
            limiter,
            login_timeout=timeout,
            clock=lambda: 0.0,
            sleep=self.slept.append,
        )
        assert not isinstance(self.log_in(USED, PASSWORDS[USED], HOME), Refusal)

    def log_in(self, name: str, password: str, source: str) -> object:
        """Try to log in."""
        circumstances = Circumstances(client(source), {}, NOW)
        return self.shield.authenticate(Credentials(name, Secret(password)), circumstances)


@dataclass(frozen=True, slots=True)
class Try:
    """One wrong password, after a while."""

    password: str
    source: str
    seconds: int


TRIES = st.lists(
    st.builds(
        Try,
        st.sampled_from([f"wrong{number}" for number in range(7)]),
        st.sampled_from(SOURCES),
        st.sampled_from([0, 1, 200, 301, 901]),
    ),
    max_size=20,
)


def seen(name: str, tries: list[Try]) -> list[tuple[Code, str, int, bool]]:
    """Return what a client sees of a name: status, text, when to come again, and that it had to wait."""
    scene, found = Scene(), []
    for each in tries:
        scene.now += each.seconds
        answer = scene.log_in(name, each.password, each.source)
        assert isinstance(answer, Refusal)
        waited = scene.slept.pop()
        found.append((answer.code, answer.message, answer.retry_after, 0.25 <= waited <= 0.3))
    return found


@given(TRIES)
@settings(max_examples=100, deadline=None)
def test_no_budget_tells_of_an_account(tries: list[Try]) -> None:
    """Whatever is tried, from wherever and whenever, by whoever knows no right password."""
    assert seen(USED, tries) == seen(UNUSED, tries) == seen(UNKNOWN, tries)


@pytest.mark.parametrize("name", [USED, UNUSED, UNKNOWN])
def test_the_place_of_the_owner_is_reserved_in_every_budget(name: str) -> None:
    """Two wrong passwords from each of two addresses: the fourth would be the owner's."""
    tries = [Try(f"wrong{number}", SOURCES[1 + number // 2], 0) for number in range(4)]
    codes = [code for code, *_ in seen(name, tries)]
    assert codes == [Code.WRONG_CREDENTIALS] * 3 + [Code.TOO_MANY_FAILURES]


def test_every_budget_is_played() -> None:
    """The tries above reach all of the limits, so that the comparison means something."""
    scene, reasons = Scene(), set[str]()
    for number, source in enumerate([*[SOURCES[1]] * 3, SOURCES[2], SOURCES[3]]):
        answer = scene.log_in(UNUSED, f"wrong{number}", source)
        reasons.add(getattr(answer, "spared", ""))
    for number in range(4):
        answer = scene.log_in(f"user{number}", "wrong", SOURCES[4])
        reasons.add(getattr(answer, "spared", ""))
    reasons.add(getattr(scene.log_in(UNUSED, "wrong0", HOME), "spared", ""))
    assert reasons == {"", "source_share", "account_budget", "source_budget", "remembered_failure"}
