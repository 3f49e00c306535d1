"""The use case: log in, decide, sign, record."""

from __future__ import annotations

import base64
from datetime import timedelta

import jwt
import pytest

from app.errors import AuditUnavailable, Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.keys import kid
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.protocol.request import RawRequest
from app.telemetry.record import AuditedRecorder, TokenRecord
from app.tokens.realm import Issued
from tests.support.directory import FakeDirectory
from tests.support.parts import NOW, Collector, claims_of, make_issuer, make_realm
from tests.support.records import access, client, scopes
from tests.support.server import SERVICE

CLIENT = client("192.0.2.7", "docker", "docker/27")
SECRET = "alice-password"


def _raw(login: str | None, *scopes: str, service: str = SERVICE) -> RawRequest:
    header = None if login is None else "Basic " + base64.b64encode(login.encode()).decode()
    return RawRequest(CLIENT, header, (service,), scopes)


@pytest.fixture
def told() -> Collector:
    """Give a recorder that keeps what it is told."""
    return Collector()


def _answer(ring: KeyRing, told: Collector, raw: RawRequest) -> Issued | Refusal:
    return make_issuer(make_realm(ring, FakeDirectory()), told).answer(raw, "request-1")


def _issued(answer: Issued | Refusal) -> Issued:
    assert isinstance(answer, Issued), answer
    return answer


def test_a_token_carries_what_was_asked_and_is_allowed(ring: KeyRing, told: Collector) -> None:
    """Of three scopes one is granted whole, one in part, one not at all; in the order of the request."""
    raw = _raw(
        f"alice:{SECRET}",
        "repository:platform/app:pull,push,delete",
        "repository:base/debian:pull",
        "repository:web/app:pull",
    )
    claims = claims_of(_issued(_answer(ring, told, raw)).token, ring)
    assert claims["access"] == [
        {"type": "repository", "name": "platform/app", "actions": ["pull", "push"]},
        {"type": "repository", "name": "base/debian", "actions": ["pull"]},
    ]
    assert (claims["sub"], claims["aud"], claims["jti"]) == ("alice", SERVICE, "request-1")


def test_a_login_without_scopes_is_a_token_without_access(ring: KeyRing, told: Collector) -> None:
    """`docker login` asks for nothing."""
    assert claims_of(_issued(_answer(ring, told, _raw(f"alice:{SECRET}"))).token, ring)["access"] == []


def test_nobody_gets_what_everyone_gets(ring: KeyRing, told: Collector) -> None:
    """An anonymous request gets the public part of what it asks, under an empty subject."""
    raw = _raw(None, "repository:base/debian:pull", "repository:platform/app:pull")
    claims = claims_of(_issued(_answer(ring, told, raw)).token, ring)
    assert [entry["name"] for entry in claims["access"]] == ["base/debian"]
    assert claims["sub"] == ""


def test_an_anonymous_request_without_scopes_is_asked_to_log_in(ring: KeyRing, told: Collector) -> None:
    """That is what a client sends to find out whether it must."""
    answer = _answer(ring, told, _raw(None))
    assert isinstance(answer, Refusal)
    assert answer.code is Code.CREDENTIALS_REQUIRED


def test_a_deny_rule_takes_away(ring: KeyRing, told: Collector) -> None:
    """A team may push everywhere below its name, a contractor in it never to releases."""
    raw = _raw("bob:bob-password", "repository:web/release/app:pull,push")
    assert claims_of(_issued(_answer(ring, told, raw)).token, ring)["access"][0]["actions"] == ["pull"]


@pytest.mark.parametrize(
    ("scope", "seconds"), [("repository:platform/app:pull", 300), ("repository:platform/app:push", 900)]
)
def test_a_token_for_a_push_lives_longer(ring: KeyRing, told: Collector, scope: str, seconds: int) -> None:
    """Five minutes, and fifteen where push is granted; the claims agree with what the client is told."""
    answer = _issued(_answer(ring, told, _raw(f"alice:{SECRET}", scope)))
    assert answer.lifetime == timedelta(seconds=seconds)
    assert claims_of(answer.token, ring)["exp"] == NOW.timestamp() + seconds


def test_the_key_id_and_the_certificates_are_the_services_choice(ring: KeyRing, told: Collector) -> None:
    """Each service has its own form of kid, and x5c only where it asks for it."""
    services = {"plain": Service(kid.LIBTRUST, x5c=False), "chained": Service(kid.RFC7638, x5c=True)}
    issuer = make_issuer(make_realm(ring, FakeDirectory(), services=services), told)
    headers = {
        name: jwt.get_unverified_header(
            _issued(issuer.answer(_raw(f"alice:{SECRET}", service=name), "1")).token
        )
        for name in services
    }
    assert headers["plain"] == {"typ": "JWT", "alg": "ES256", "kid": ring.active.libtrust}
    assert headers["chained"]["kid"] == ring.active.rfc7638
    assert headers["chained"]["x5c"] == list(ring.active.x5c)


def test_a_token_over_the_limit_is_refused(ring: KeyRing, told: Collector) -> None:
    """The text says how many scopes were asked; nothing half is issued."""
    issuer = make_issuer(make_realm(ring, FakeDirectory(), max_token_bytes=1024), told)
    scopes = [f"repository:platform/application-{number}:pull,push" for number in range(30)]
    answer = issuer.answer(_raw(f"alice:{SECRET}", *scopes), "1")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.TOKEN_TOO_LARGE
    assert "30 scopes" in answer.message
    assert told.last.granted == ()


def test_a_record_tells_everything_about_a_token(ring: KeyRing, told: Collector) -> None:
    """Who, from where, for what, what was granted, by which rules and which key."""
    _answer(ring, told, _raw(f"alice:{SECRET}", "repository:platform/app:pull,delete nonsense"))
    record = told.last
    assert (record.outcome, record.subject, record.subject_id) == ("issued", "alice", "id-of-alice")
    assert record.client == CLIENT
    assert (record.service, record.realm, record.time) == (SERVICE, "demo", NOW)
    assert record.asked == scopes("repository:platform/app:pull,delete")
    assert record.granted == access("repository:platform/app:pull")
    assert record.scopes_dropped == ("nonsense",)
    assert record.rules == ("team-namespaces",)
    assert record.key_id == ring.active.libtrust
    assert record.milliseconds.all >= record.milliseconds.login > 0


def test_a_record_of_a_refusal_names_who_it_claimed_to_be(ring: KeyRing, told: Collector) -> None:
    """The typed name is told as such, and the subject stays empty."""
    _answer(ring, told, _raw("alice:wrong"))
    assert (told.last.outcome, told.last.username, told.last.subject) == ("wrong_credentials", "alice", "")


@pytest.mark.parametrize("fault", [DirectoryUnavailable("ldap1: refused"), DirectoryMisconfigured("no base")])
def test_a_fault_is_recorded_and_raised(
    ring: KeyRing, told: Collector, fault: DirectoryUnavailable | DirectoryMisconfigured
) -> None:
    """What could not be found out is no refusal; its detail goes to the record."""
    issuer = make_issuer(make_realm(ring, FakeDirectory(fault=fault)), told)
    with pytest.raises(type(fault)):
        issuer.answer(_raw(f"alice:{SECRET}"), "1")
    assert (told.last.outcome, told.last.detail) == (fault.code, fault.detail)


def test_a_malformed_request_is_recorded(ring: KeyRing, told: Collector) -> None:
    """Every request leaves a record, also one that is refused before anything else."""
    answer = _answer(ring, told, RawRequest(CLIENT, "Bearer abc"))
    assert isinstance(answer, Refusal)
    assert told.last.outcome == "malformed_credentials"


@pytest.mark.parametrize("login", ["alice:", ":secret", ":", "alice:\0\0", "\0:x"])
def test_nothing_empty_reaches_the_directory(ring: KeyRing, told: Collector, login: str) -> None:
    """An LDAP bind with an empty password would succeed as anonymous."""
    directory = FakeDirectory()
    answer = make_issuer(make_realm(ring, directory), told).answer(_raw(login), "1")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.WRONG_CREDENTIALS
    assert directory.asked == []


class _FullAudit:
    """An audit stream on a full disk."""

    def record(self, record: TokenRecord) -> None:
        raise AuditUnavailable("no space left on device")


def test_a_token_that_cannot_be_accounted_for_is_not_issued(ring: KeyRing, told: Collector) -> None:
    """Where the audit stream takes no line, the answer is a fault, and all others hear of that."""
    recorder = AuditedRecorder(_FullAudit(), told)
    issuer = make_issuer(make_realm(ring, FakeDirectory()), recorder)
    with pytest.raises(AuditUnavailable):
        issuer.answer(_raw(f"alice:{SECRET}", "repository:platform/app:pull"), "1")
    assert (told.last.outcome, told.last.granted) == ("audit_unavailable", ())


def test_a_robot_gets_its_groups_rights(ring: KeyRing, told: Collector) -> None:
    """`robot$ci-platform` of the sample rules may do what its group may, from its network."""
    raw = _raw("robot$ci-platform:ci-platform-secret", "repository:platform/app:pull,push")
    inside = RawRequest(client("10.30.0.9"), raw.authorization, raw.services, raw.scopes)
    issuer = make_issuer(make_realm(ring, FakeDirectory()), told)
    claims = claims_of(_issued(issuer.answer(inside, "1")).token, ring)
    assert claims["sub"] == "robot$ci-platform"
    assert claims["access"][0]["actions"] == ["pull", "push"]


def test_no_password_is_in_any_record(ring: KeyRing, told: Collector) -> None:
    """Neither a right nor a wrong one, in any field."""
    _answer(ring, told, _raw(f"alice:{SECRET}"))
    _answer(ring, told, _raw("alice:marked-wrong-password"))
    assert SECRET not in repr(told.records)
    assert "marked-wrong-password" not in repr(told.records)
