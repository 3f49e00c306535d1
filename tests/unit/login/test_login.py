"""Which kind of credential, in which order; and the robots of the rules file."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from app.directory.subject import DirectorySubject
from app.errors import Code, Refusal
from app.login.login import Login, Subject
from app.login.robots import RobotLogin
from app.protocol.credentials import WRONG_CREDENTIALS, Credentials
from app.protocol.request import Client
from app.protocol.secret import Secret
from app.rules.model import Robot
from app.rules.persona import NamedGroup, Persona
from app.rules.robot_names import RobotNames
from tests.support.directory import FakeDirectory, Unshielded
from tests.support.records import client

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
FIRST, SECOND = "first-secret", "second-secret"
ROBOT = Robot(
    name="ci",
    secret_hashes=tuple(hashlib.sha256(text.encode()).digest() for text in (FIRST, SECOND)),
    groups=(NamedGroup("team-web"),),
    expires=datetime(2026, 7, 1, tzinfo=UTC),
    networks=(ip_network("10.30.0.0/16"),),
)
ONE_SECRET = replace(ROBOT, name="one", secret_hashes=ROBOT.secret_hashes[:1])
INSIDE = client("10.30.1.2")


def _log_in(
    name: str,
    password: str,
    client: Client = INSIDE,
    now: datetime = NOW,
    directory: FakeDirectory | None = None,
) -> Subject | Refusal:
    login = Login((RobotLogin(RobotNames("ci.")), Unshielded(directory or FakeDirectory())))
    robots = {robot.name: robot for robot in (ROBOT, ONE_SECRET)}
    return login.authenticate(Credentials(name, Secret(password)), robots, client, now)


def test_a_person_goes_to_the_directory() -> None:
    """A name without `robot$` is the directory's."""
    assert isinstance(_log_in("alice", "alice-password"), DirectorySubject)


@pytest.mark.parametrize("name", ["robot$ci", "robot$", "Robot$nobody", "ROBOT$", "ci.ci", "CI.x"])
def test_a_robot_never_goes_to_the_directory(name: str) -> None:
    """A directory account called `robot$ci` cannot become that robot, nor the robot that account."""
    directory = FakeDirectory()
    _log_in(name, "x", directory=directory)
    assert directory.asked == []


@pytest.mark.parametrize("name", ["Robot$ci", "ROBOT$ci", "ci.ci", "CI.ci"])
def test_a_robot_has_one_name(name: str) -> None:
    """Whichever prefix is typed, in whatever case, its tokens and audit lines say `robot$ci`."""
    subject = _log_in(name, FIRST)
    assert isinstance(subject, Persona)
    assert subject.name == "robot$ci"


@pytest.mark.parametrize("secret", [FIRST, SECOND])
def test_a_robot_has_two_secrets(secret: str) -> None:
    """Either works, so that one can be changed while the other is in use."""
    subject = _log_in("robot$ci", secret)
    assert isinstance(subject, Persona)
    assert (subject.name, subject.is_robot) == ("robot$ci", True)
    assert [group.name for group in subject.groups] == ["team-web"]


@pytest.mark.parametrize(("name", "secret"), [("robot$ci", "wrong"), ("robot$other", FIRST), ("robot$", "x")])
def test_a_wrong_secret_and_an_unknown_robot_are_alike(name: str, secret: str) -> None:
    """Nobody learns which robots there are."""
    answer = _log_in(name, secret)
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WRONG_CREDENTIALS


@pytest.mark.parametrize(("name", "secret"), [("ci", FIRST), ("ci", "wrong"), ("one", "x"), ("nobody", "x")])
def test_every_login_takes_as_many_comparisons(
    name: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In constant time, of as many hashes, whether there is such a robot and whichever secret is right."""
    compared: list[int] = []

    def compare(left: bytes, right: bytes) -> bool:
        compared.append(len(left) == len(right) == hashlib.sha256().digest_size)
        return left == right

    monkeypatch.setattr(hmac, "compare_digest", compare)
    _log_in(f"robot${name}", secret)
    assert compared == [True, True]


def test_the_robot_that_stands_for_nobody_has_no_secret() -> None:
    """The hash that unknown robots are compared with is no hash of any text that we know."""
    answer = _log_in("robot$", "\0" * 32)
    assert isinstance(answer, Refusal)


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (datetime(2026, 6, 30, 23, 59, tzinfo=UTC), None),
        (datetime(2026, 7, 1, tzinfo=UTC), Code.ACCOUNT_EXPIRED),
    ],
)
def test_a_robot_expires(now: datetime, code: Code | None) -> None:
    """It works up to its moment of expiry and not from then on."""
    answer = _log_in("robot$ci", FIRST, now=now)
    assert (answer.code if isinstance(answer, Refusal) else None) is code


@pytest.mark.parametrize("address", ["192.0.2.1", "", "::1"])
def test_a_robot_stays_in_its_networks(address: str) -> None:
    """From elsewhere, or from nowhere that is known, the right secret is refused."""
    answer = _log_in("robot$ci", FIRST, client(address))
    assert isinstance(answer, Refusal)
    assert answer.code is Code.NETWORK_NOT_ALLOWED


def test_expiry_and_network_are_told_only_to_who_has_the_secret() -> None:
    """A wrong secret of an expired robot is a wrong secret."""
    answer = _log_in("robot$ci", "wrong", client("192.0.2.1"), datetime(2030, 1, 1, tzinfo=UTC))
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WRONG_CREDENTIALS


def test_a_refused_robot_is_told_why_once_it_has_proved_its_secret() -> None:
    """The texts say what to do; before the proof nothing is told."""
    late = _log_in("robot$ci", FIRST, now=datetime(2030, 1, 1, tzinfo=UTC))
    away = _log_in("robot$ci", FIRST, client("192.0.2.1"))
    wrong = _log_in("robot$ci", "wrong")
    assert late == Refusal(
        Code.ACCOUNT_EXPIRED, "This robot account has expired. Ask for a new date in the rules.", proved=True
    )
    assert away == Refusal(
        Code.NETWORK_NOT_ALLOWED, "This robot account may not log in from this network.", proved=True
    )
    assert wrong == Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="unknown robot or wrong secret")
