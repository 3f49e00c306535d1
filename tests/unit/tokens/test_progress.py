"""What is recorded of a request, however it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from app.directory.subject import DirectorySubject, Group
from app.dn import parse
from app.errors import AuditUnavailable, Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.keys import kid
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.protocol.request import RawRequest
from app.rules.persona import NamedGroup, Persona
from app.telemetry.record import AuditedRecorder, Timings, TokenRecord
from app.tokens.issue import Issuer
from tests.support.directory import FakeDirectory
from tests.support.parts import NOW, Collector, Holder, make_issuer, make_realm
from tests.support.records import access, scopes
from tests.support.server import SERVICE
from tests.unit.rules.given import rule_set
from tests.unit.tokens.given import ALICE, CLIENT, ScriptedLogin, issued, raw, refused


def _record(ring: KeyRing, request: RawRequest, **realm: Any) -> TokenRecord:
    """Return the one record of a request."""
    told = Collector()
    make_issuer(make_realm(ring, FakeDirectory(), **realm), told).answer(request, "request-1")
    (record,) = told.records
    return record


def test_a_record_says_everything_about_a_token(ring: KeyRing) -> None:
    """Who, from where, for what, what was granted, by which rules and which key."""
    record = _record(ring, raw(ALICE, "repository:platform/app:pull,delete nonsense"))
    assert (record.outcome, record.subject, record.subject_id) == ("issued", "alice", "id-of-alice")
    assert (record.client, record.service, record.realm) == (CLIENT, SERVICE, "demo")
    assert (record.time, record.request_id) == (NOW, "request-1")
    assert record.asked == scopes("repository:platform/app:pull,delete")
    assert record.granted == access("repository:platform/app:pull")
    assert record.scopes_dropped == ("nonsense",)
    assert record.rules == ("team-namespaces",)
    assert record.rules_version
    assert record.key_id == ring.active.libtrust
    assert (record.detail, record.spared, record.account, record.candidate) == ("", "", "", None)


@pytest.mark.parametrize("login", [ALICE, "ALICE:alice-password", "robot$ci:secret"])
def test_a_good_login_leaves_no_typed_name(ring: KeyRing, login: str) -> None:
    """People type passwords there; where somebody logged in, the subject says who, and nothing else does."""
    record = _record(ring, raw(login), login=ScriptedLogin(Persona("known")))
    assert (record.username, record.subject) == ("", "known")


def test_a_refused_login_leaves_the_typed_name(ring: KeyRing) -> None:
    """It is recorded as such, beside what the login said; the subject stays empty."""
    no = Refusal(Code.TOO_MANY_FAILURES, "wait", "detail", spared="account_budget", account="alice")
    record = _record(ring, raw("CORP\\Alice:wrong"), login=ScriptedLogin(no))
    assert (record.outcome, record.username, record.subject) == (no.code, "CORP\\Alice", "")
    assert (record.detail, record.spared, record.account) == ("detail", "account_budget", "alice")
    assert (record.granted, record.rules_version, record.key_id) == ((), "", "")


def test_a_fault_of_the_login_leaves_the_typed_name(ring: KeyRing, told: Collector) -> None:
    """Nobody could find out who it is."""
    realm = make_realm(ring, FakeDirectory(), login=ScriptedLogin(DirectoryUnavailable("ldap1")))
    with pytest.raises(DirectoryUnavailable):
        make_issuer(realm, told).answer(raw("alice:x"), "1")
    assert (told.last.username, told.last.subject) == ("alice", "")


def test_a_request_that_fails_after_the_login_leaves_the_subject_alone(ring: KeyRing) -> None:
    """Who logged in is known, and what was decided; nothing was granted and no key used."""
    record = _record(ring, raw(ALICE, "repository:platform/app:pull"), max_token_bytes=16)
    assert (record.outcome, record.subject, record.username) == (Code.TOKEN_TOO_LARGE, "alice", "")
    assert (record.rules, record.granted, record.key_id) == (("team-namespaces",), (), "")


def test_an_anonymous_request_has_no_subject(ring: KeyRing) -> None:
    """Neither a name, nor an id, nor groups; no login was timed."""
    record = _record(ring, raw(None, "repository:base/debian:pull"))
    assert (record.subject, record.subject_id, record.username, record.groups) == ("", "", "", ())
    assert record.granted == access("repository:base/debian:pull")
    assert record.milliseconds.login == 0


def test_what_the_decision_was_made_with_is_recorded(ring: KeyRing) -> None:
    """Groups with their DNs, attributes, and the id: enough to decide again."""
    groups = (
        Group("web, all", parse("cn=web\\, all,ou=groups,dc=example,dc=com")),
        Group("all", parse("cn=all")),
    )
    subject = DirectorySubject("bob", "id-7", "uid=bob", groups, {"l": ("Berlin",)})
    record = _record(ring, raw(ALICE), login=ScriptedLogin(subject))
    assert (record.subject, record.subject_id) == ("bob", "id-7")
    assert record.groups == ("web, all", "all")
    assert record.group_dns == ("cn=web\\, all,ou=groups,dc=example,dc=com", "cn=all")
    assert record.attributes == {"l": ("Berlin",)}


def test_a_group_of_the_rules_file_has_no_dn(ring: KeyRing) -> None:
    """A robot's groups are names alone."""
    robot = Persona("robot$ci", (NamedGroup("web"),), is_robot=True)
    record = _record(ring, raw("robot$ci:secret"), login=ScriptedLogin(robot))
    assert (record.groups, record.group_dns) == (("web",), ("",))


def test_only_some_of_what_a_client_sends_is_recorded(ring: KeyRing) -> None:
    """Of scopes outside the grammar the first ten, and 256 characters of each."""
    words = [f"{number}-{'x' * 300}" for number in range(11)]
    record = _record(ring, raw(ALICE, *words))
    assert record.scopes_dropped == tuple(word[:256] for word in words[:10])


def test_the_key_id_is_recorded_as_the_token_has_it(ring: KeyRing) -> None:
    """In the form of the service."""
    record = _record(ring, raw(ALICE), services={SERVICE: Service(kid.RFC7638)})
    assert record.key_id == ring.active.rfc7638


@pytest.mark.parametrize("fault", [DirectoryUnavailable("ldap1: refused"), DirectoryMisconfigured("no base")])
def test_a_fault_is_recorded_with_its_detail(
    ring: KeyRing, told: Collector, fault: DirectoryUnavailable | DirectoryMisconfigured
) -> None:
    """What the person is not told goes to the record."""
    with pytest.raises(type(fault)):
        make_issuer(make_realm(ring, FakeDirectory(fault=fault)), told).answer(raw(ALICE), "1")
    assert [(each.outcome, each.detail) for each in told.records] == [(fault.code, fault.detail)]


def test_a_fault_of_ours_is_recorded_as_one(ring: KeyRing, told: Collector) -> None:
    """An exception that nobody expected leaves a record too, without its text: that may be a password."""
    realm = make_realm(ring, FakeDirectory(), login=ScriptedLogin(ValueError("marked-password")))
    with pytest.raises(ValueError, match="marked-password"):
        make_issuer(realm, told).answer(raw(ALICE), "1")
    assert [each.outcome for each in told.records] == [Code.INTERNAL]
    assert "marked-password" not in repr(told.records)


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (RawRequest(CLIENT, "Bearer abc"), Code.MALFORMED_CREDENTIALS),
        (raw(None), Code.CREDENTIALS_REQUIRED),
        (raw(ALICE, service="other"), Code.UNKNOWN_SERVICE),
    ],
)
def test_a_request_that_is_refused_before_anything_else_is_recorded(
    ring: KeyRing, request_: RawRequest, outcome: Code
) -> None:
    """Every request leaves a record; nothing of this one is known but where it came from."""
    record = _record(ring, request_)
    assert (record.outcome, record.client) == (outcome, CLIENT)
    assert (record.service, record.asked, record.username, record.subject) == ("", (), "", "")


class _FullAudit:
    """An audit stream on a full disk."""

    def record(self, record: TokenRecord) -> None:
        raise AuditUnavailable("no space left on device")


@pytest.mark.parametrize("login", [ALICE, "alice:wrong"])
def test_what_cannot_be_written_down_does_not_happen(ring: KeyRing, told: Collector, login: str) -> None:
    """Where the audit line cannot be written, the answer is a fault, and all other recorders are told so."""
    recorder = AuditedRecorder(_FullAudit(), told)
    issuer = make_issuer(make_realm(ring, FakeDirectory()), recorder)
    with pytest.raises(AuditUnavailable):
        issuer.answer(raw(login, "repository:platform/app:pull"), "1")
    (record,) = told.records
    assert (record.outcome, record.granted) == (Code.AUDIT_UNAVAILABLE, ())
    assert record.detail == "no space left on device"


def test_the_record_is_there_before_the_answer(ring: KeyRing, told: Collector) -> None:
    """One for each request, whether it got a token or not."""
    issuer = make_issuer(make_realm(ring, FakeDirectory()), told)
    issued(issuer.answer(raw(ALICE), "first"))
    assert [each.request_id for each in told.records] == ["first"]
    refused(issuer.answer(raw("alice:wrong"), "second"))
    assert [each.request_id for each in told.records] == ["first", "second"]


@dataclass(slots=True)
class _Timer:
    """Seconds that a test lets pass; every look at them takes a tenth of a millisecond."""

    seconds: float = 0.0

    def __call__(self) -> float:
        self.seconds += 0.0001
        return self.seconds


@dataclass(slots=True)
class _SlowLogin(ScriptedLogin):
    """A login that takes two seconds."""

    timer: _Timer = field(default_factory=_Timer)

    def authenticate(self, *_: object) -> Persona:
        self.timer.seconds += 2
        return Persona("alice")


@dataclass(slots=True)
class _SlowKeys:
    """Keys that take half a second to sign."""

    ring: KeyRing
    timer: _Timer

    @property
    def current(self) -> KeyRing:
        """Return the keys."""
        self.timer.seconds += 0.5
        return self.ring


def _timed(ring: KeyRing, timer: _Timer, **realm: Any) -> Timings:
    told = Collector()
    issuer = Issuer(make_realm(ring, FakeDirectory(), **realm), told, lambda: NOW, timer)
    issuer.answer(raw(ALICE, "repository:platform/app:pull"), "1")
    return told.last.milliseconds


def test_each_part_of_a_request_is_timed(ring: KeyRing) -> None:
    """Milliseconds to log in, to decide, to sign, and in all."""
    timer = _Timer()
    took = _timed(ring, timer, login=_SlowLogin(timer=timer), keys=_SlowKeys(ring, timer))
    assert took.login == pytest.approx(2000.1)
    assert took.deciding == pytest.approx(0.1)
    assert took.signing == pytest.approx(500.1)
    assert took.all == pytest.approx(timer.seconds * 1000 - 0.1)


def test_a_login_that_is_refused_is_timed_and_nothing_after_it(ring: KeyRing) -> None:
    """What was not reached took no time."""
    took = _timed(ring, _Timer(), login=ScriptedLogin(Refusal(Code.WRONG_CREDENTIALS, "no")))
    assert took.login > 0
    assert (took.deciding, took.signing) == (0, 0)
    assert took.all > took.login


def test_no_password_is_in_any_record(ring: KeyRing, told: Collector) -> None:
    """Neither a right nor a wrong one, in any field."""
    issuer = make_issuer(make_realm(ring, FakeDirectory()), told)
    for login in (ALICE, "alice:marked-wrong-password"):
        issuer.answer(raw(login), "1")
    assert "alice-password" not in repr(told.records)
    assert "marked-wrong-password" not in repr(told.records)


def test_rules_that_said_nothing_are_not_named(ring: KeyRing) -> None:
    """Only the rules that allowed or denied something that was asked."""
    rules = rule_set(
        "- {id: a, users: [alice], repositories: [x], allow: [pull]}\n"
        "- {id: b, users: [alice], repositories: [y], allow: [pull]}\n"
        "- {id: c, users: [alice], repositories: [x], deny: [push]}"
    )
    record = _record(ring, raw(ALICE, "repository:x:pull,push"), rules=Holder(rules))
    assert (record.rules, record.rules_version) == (("a", "c"), rules.version)
