"""The use case: log in, decide, sign. What is recorded of it stands in test_progress.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.directory.subject import DirectorySubject, Group
from app.dn import parse
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.keys import kid
from app.keys.algorithm import Algorithm
from app.keys.fitness import Service
from app.keys.keyring import HOLD, KeyRing
from app.keys.signing_key import KeyState
from app.protocol.claims import Lifetimes
from app.protocol.credentials import Grant
from app.protocol.request import RawRequest, RequestLimits
from app.protocol.secret import Secret
from app.rules.model import RuleSet
from app.rules.persona import Persona
from app.tokens.issue import Issuer
from tests.support.directory import FakeDirectory
from tests.support.parts import NOW, Collector, Holder, claims_of, make_issuer, make_realm
from tests.support.records import client
from tests.support.server import SERVICE
from tests.unit.conftest import MakeKey
from tests.unit.rules.given import rule_set
from tests.unit.tokens.given import ALICE, CLIENT, Changing, ScriptedLogin, issued, raw, refused

PULL = "repository:platform/app:pull"


def _granted(ring: KeyRing, rules: RuleSet, request: RawRequest, **realm: Any) -> list[str]:
    """Return what alice is granted by rules, as scopes."""
    made = make_realm(ring, FakeDirectory(), rules=Holder(rules), **realm)
    return [str(each) for each in issued(make_issuer(made, Collector()).answer(request, "1")).claims.access]


def test_a_token_carries_what_was_asked_and_is_allowed(ring: KeyRing, told: Collector) -> None:
    """Of three scopes one is granted whole, one in part, one not at all; in the order of the request."""
    request = raw(
        ALICE,
        "repository:platform/app:pull,push,delete",
        "repository:base/debian:pull",
        "repository:web/app:pull",
    )
    answer = make_issuer(make_realm(ring, FakeDirectory()), told).answer(request, "request-1")
    claims = claims_of(issued(answer).token, ring)
    assert claims["access"] == [
        {"type": "repository", "name": "platform/app", "actions": ["pull", "push"]},
        {"type": "repository", "name": "base/debian", "actions": ["pull"]},
    ]
    assert (claims["sub"], claims["aud"], claims["jti"]) == ("alice", SERVICE, "request-1")


def test_the_claims_are_what_the_answer_says(ring: KeyRing, told: Collector) -> None:
    """The token that is sent says the same as the claims beside it."""
    answer = issued(make_issuer(make_realm(ring, FakeDirectory()), told).answer(raw(ALICE, PULL), "1"))
    assert claims_of(answer.token, ring) == answer.claims.to_json()


def test_a_login_without_scopes_is_a_token_without_access(ring: KeyRing, told: Collector) -> None:
    """`docker login` asks for nothing."""
    answer = make_issuer(make_realm(ring, FakeDirectory()), told).answer(raw(ALICE), "1")
    assert claims_of(issued(answer).token, ring)["access"] == []


def test_an_anonymous_request_gets_what_everyone_gets(ring: KeyRing, told: Collector) -> None:
    """It gets the public part of what it asks, under an empty subject, and nobody is logged in."""
    login = ScriptedLogin()
    issuer = make_issuer(make_realm(ring, FakeDirectory(), login=login), told)
    claims = claims_of(issued(issuer.answer(raw(None, "repository:base/debian:pull", PULL), "1")).token, ring)
    assert [entry["name"] for entry in claims["access"]] == ["base/debian"]
    assert claims["sub"] == ""
    assert login.asked == []


def test_an_anonymous_request_without_scopes_is_asked_to_log_in(ring: KeyRing, told: Collector) -> None:
    """That is what a client sends to find out whether it must."""
    answer = make_issuer(make_realm(ring, FakeDirectory()), told).answer(raw(None), "1")
    assert refused(answer) is Code.CREDENTIALS_REQUIRED


def test_a_deny_rule_takes_away(ring: KeyRing, told: Collector) -> None:
    """A team may push everywhere below its name, a contractor in it never to releases."""
    request = raw("bob:bob-password", "repository:web/release/app:pull,push")
    answer = make_issuer(make_realm(ring, FakeDirectory()), told).answer(request, "1")
    assert claims_of(issued(answer).token, ring)["access"][0]["actions"] == ["pull"]


@pytest.mark.parametrize(
    ("address", "rights"),
    [("10.20.0.7", ["pull"]), ("192.0.2.7", []), ("2001:db8::7", ["pull"]), ("", [])],
)
def test_rules_see_the_address_of_the_client(ring: KeyRing, address: str, rights: list[str]) -> None:
    """A rule for networks holds for a client in them, and for no other and none that is unknown."""
    rules = rule_set(
        "- {id: r, users: [alice], repositories: [x], allow: [pull],"
        " when: {networks: [10.20.0.0/16, '2001:db8::/32']}}"
    )
    found = _granted(ring, rules, raw(ALICE, "repository:x:pull", where=client(address)))
    assert found == [f"repository:x:{right}" for right in rights]


@pytest.mark.parametrize(("address", "rights"), [("203.0.113.9", "pull"), ("192.0.2.7", "pull,push")])
def test_a_deny_for_networks_sees_it_too(ring: KeyRing, address: str, rights: str) -> None:
    """What is denied from a network is denied to a client in it."""
    rules = rule_set(
        "- {id: a, users: [alice], repositories: [x], allow: [push]}\n"
        "- {id: d, everyone: true, repositories: [x], deny: [push], when: {networks: [203.0.113.0/24]}}"
    )
    found = _granted(ring, rules, raw(ALICE, "repository:x:pull,push", where=client(address)))
    assert found == [f"repository:x:{rights}"]


def test_rules_see_the_service_of_the_request(ring: KeyRing) -> None:
    """Of a realm's two registries a rule may be about one alone."""
    rules = rule_set(
        "- {id: r, users: [alice], repositories: [x], allow: [pull], when: {services: [one.example.com]}}"
    )
    both = {name: Service(kid.LIBTRUST) for name in ("one.example.com", "two.example.com")}
    found = [
        _granted(ring, rules, raw(ALICE, "repository:x:pull", service=name), services=both) for name in both
    ]
    assert found == [["repository:x:pull"], []]


@pytest.mark.parametrize(
    ("when", "rights"),
    [
        ("from: '2026-06-01T12:00:00Z'", ["repository:x:pull"]),
        ("from: '2026-06-01T12:00:01Z'", []),
        ("until: '2026-06-01T12:00:00Z'", []),
        ("until: '2026-06-01T12:00:01Z'", ["repository:x:pull"]),
    ],
)
def test_rules_see_the_time_of_the_request(ring: KeyRing, when: str, rights: list[str]) -> None:
    """The clock is read once, at the beginning; here it stands at noon of 1 June 2026."""
    rules = rule_set(f"- {{id: r, users: [alice], repositories: [x], allow: [pull], when: {{{when}}}}}")
    assert _granted(ring, rules, raw(ALICE, "repository:x:pull")) == rights


def test_the_login_is_given_the_request(ring: KeyRing, told: Collector) -> None:
    """The credentials, the robots of the rules in force, the client and the time of the request."""
    rules = rule_set("", rest=f"robots: [{{name: ci, secrets: ['sha256:{64 * '0'}']}}]")
    login = ScriptedLogin()
    realm = make_realm(ring, FakeDirectory(), login=login, rules=Holder(rules))
    make_issuer(realm, told).answer(raw("alice:secret"), "1")
    ((credentials, robots, where, now),) = login.asked
    assert (credentials.username, credentials.password.reveal()) == ("alice", "secret")
    assert (robots, where, now) == (rules.robots, CLIENT, NOW)


def test_a_request_is_decided_by_one_state_of_the_rules(ring: KeyRing, told: Collector) -> None:
    """Rules that change between login and decision do not: both are by what was in force at the beginning."""
    first = rule_set("- {id: r, users: [alice], repositories: [x], allow: [pull]}")
    rules, keys = Changing([first, RuleSet("other", ())]), Changing([ring])
    realm = make_realm(ring, FakeDirectory(), rules=rules, keys=keys)
    answer = make_issuer(realm, told).answer(raw(ALICE, "repository:x:pull"), "1")
    assert [str(each) for each in issued(answer).claims.access] == ["repository:x:pull"]
    assert (rules.reads, keys.reads, told.last.rules_version) == (1, 1, first.version)


def test_rules_that_change_hold_from_the_next_request_on(ring: KeyRing, told: Collector) -> None:
    """Nothing is kept of the former ones."""
    rules = Holder(rule_set("- {id: r, users: [alice], repositories: [x], allow: [pull]}"))
    issuer = make_issuer(make_realm(ring, FakeDirectory(), rules=rules), told)
    assert issued(issuer.answer(raw(ALICE, "repository:x:pull"), "1")).claims.access
    rules.current = RuleSet("other", ())
    assert not issued(issuer.answer(raw(ALICE, "repository:x:pull"), "2")).claims.access


@pytest.mark.parametrize(("scope", "seconds"), [(PULL, 300), ("repository:platform/app:push", 900)])
def test_a_token_for_a_push_lives_longer(ring: KeyRing, told: Collector, scope: str, seconds: int) -> None:
    """Five minutes, and fifteen where push is granted; the claims agree with what the client is told."""
    answer = issued(make_issuer(make_realm(ring, FakeDirectory()), told).answer(raw(ALICE, scope), "1"))
    assert answer.lifetime == timedelta(seconds=seconds)
    assert claims_of(answer.token, ring)["exp"] == NOW.timestamp() + seconds


def test_a_push_that_is_not_granted_makes_no_token_longer(ring: KeyRing, told: Collector) -> None:
    """What counts is what the token grants, not what was asked."""
    request = raw(ALICE, "repository:base/debian:pull,push")
    answer = issued(make_issuer(make_realm(ring, FakeDirectory()), told).answer(request, "1"))
    assert answer.lifetime == timedelta(seconds=300)


def test_the_realm_says_who_issues_and_for_how_long(ring: KeyRing, told: Collector) -> None:
    """The issuer's URL as configured; each lifetime, and how far a token is backdated."""
    lifetimes = Lifetimes(timedelta(minutes=2), timedelta(minutes=3), timedelta(seconds=30))
    realm = make_realm(ring, FakeDirectory(), lifetimes=lifetimes)
    claims = claims_of(issued(make_issuer(realm, told).answer(raw(ALICE, PULL), "1")).token, ring)
    now = NOW.timestamp()
    assert (claims["iss"], claims["iat"], claims["nbf"], claims["exp"]) == (
        realm.issuer,
        now - 30,
        now - 30,
        now + 120,
    )


def test_the_key_id_and_the_certificates_are_the_services_choice(ring: KeyRing, told: Collector) -> None:
    """Each service has its own form of kid, and x5c only where it asks for it."""
    services = {"plain": Service(kid.LIBTRUST, x5c=False), "chained": Service(kid.RFC7638, x5c=True)}
    issuer = make_issuer(make_realm(ring, FakeDirectory(), services=services), told)
    headers = {
        name: jwt.get_unverified_header(issued(issuer.answer(raw(ALICE, service=name), "1")).token)
        for name in services
    }
    assert headers["plain"] == {"typ": "JWT", "alg": "ES256", "kid": ring.active.libtrust}
    assert headers["chained"]["kid"] == ring.active.rfc7638
    assert headers["chained"]["x5c"] == list(ring.active.x5c)


@pytest.mark.parametrize(("configured", "used"), [(None, "RS256"), (Algorithm.RS512, "RS512")])
def test_the_algorithm_is_the_services_choice(
    rsa_key: rsa.RSAPrivateKey, make_key: MakeKey, told: Collector, configured: Algorithm | None, used: str
) -> None:
    """An RSA key signs by its own algorithm, unless the service names another that it can."""
    keys = KeyRing((make_key(rsa_key, Algorithm.RS256),))
    services = {SERVICE: Service(kid.LIBTRUST, algorithm=configured)}
    realm = make_realm(keys, FakeDirectory(), services=services)
    token = issued(make_issuer(realm, told).answer(raw(ALICE), "1")).token
    assert jwt.get_unverified_header(token)["alg"] == used


@pytest.fixture
def renewed(ring: KeyRing, rsa_key: rsa.RSAPrivateKey, make_key: MakeKey) -> KeyRing:
    """Return keys of which the active one was announced by nobody; the first workers saw it just now."""
    former = replace(ring.active, state=KeyState.RETIRED)
    new = replace(make_key(rsa_key, Algorithm.RS256), name="second")
    return KeyRing((former, new)).after(ring, NOW)


@pytest.mark.parametrize(("after", "signs"), [(HOLD, "second"), (HOLD - timedelta(seconds=1), "first")])
def test_a_new_key_signs_once_every_worker_publishes_it(
    renewed: KeyRing, told: Collector, after: timedelta, signs: str
) -> None:
    """Until the end of its hold the former key signs, although another one is active."""
    issuer = Issuer(make_realm(renewed, FakeDirectory()), told, lambda: NOW + after)
    token = issued(issuer.answer(raw(ALICE), "1")).token
    (key,) = (key for key in renewed.keys if key.name == signs)
    assert jwt.get_unverified_header(token)["kid"] == key.libtrust == told.last.key_id


def test_a_token_may_be_as_long_as_the_limit(ring: KeyRing, told: Collector) -> None:
    """A token of just that many bytes is issued; one byte less of a limit, and it is refused."""
    realm = make_realm(ring, FakeDirectory())
    length = len(issued(make_issuer(realm, told).answer(raw(ALICE, PULL), "1")).token)
    exact, short = (replace(realm, max_token_bytes=limit) for limit in (length, length - 1))
    assert len(issued(make_issuer(exact, told).answer(raw(ALICE, PULL), "1")).token) == length
    assert refused(make_issuer(short, told).answer(raw(ALICE, PULL), "1")) is Code.TOKEN_TOO_LARGE


def test_a_token_over_the_limit_is_refused_with_what_to_do(ring: KeyRing, told: Collector) -> None:
    """The text says how many scopes were asked; nothing half is issued."""
    issuer = make_issuer(make_realm(ring, FakeDirectory(), max_token_bytes=1024), told)
    scopes = [f"repository:platform/application-{number}:pull,push" for number in range(30)]
    answer = issuer.answer(raw(ALICE, *scopes), "1")
    assert isinstance(answer, Refusal)
    assert answer.code is Code.TOKEN_TOO_LARGE
    assert "30 scopes" in answer.message


@pytest.mark.parametrize(
    "answer", [Refusal(Code.WRONG_CREDENTIALS, "no", account="alice"), Refusal(Code.ACCOUNT_LOCKED, "locked")]
)
def test_a_refused_login_is_the_answer(ring: KeyRing, told: Collector, answer: Refusal) -> None:
    """As the login said it: nothing is decided, nothing is signed."""
    keys = Changing([])
    realm = make_realm(ring, FakeDirectory(), login=ScriptedLogin(answer), keys=keys)
    assert make_issuer(realm, told).answer(raw(ALICE, "repository:base/debian:pull"), "1") is answer
    assert (keys.reads, told.last.rules_version) == (0, "")


@pytest.mark.parametrize("fault", [DirectoryUnavailable("ldap1: refused"), DirectoryMisconfigured("no base")])
def test_a_fault_is_raised(
    ring: KeyRing, told: Collector, fault: DirectoryUnavailable | DirectoryMisconfigured
) -> None:
    """What could not be found out is no refusal, and no token."""
    issuer = make_issuer(make_realm(ring, FakeDirectory(fault=fault)), told)
    with pytest.raises(type(fault)) as raised:
        issuer.answer(raw(ALICE), "1")
    assert raised.value is fault


@pytest.mark.parametrize("login", ["alice:", ":secret", ":", "alice:\0\0", "\0:x"])
def test_nothing_empty_reaches_the_directory(ring: KeyRing, told: Collector, login: str) -> None:
    """An LDAP bind with an empty password would succeed as anonymous."""
    directory = FakeDirectory()
    answer = make_issuer(make_realm(ring, directory), told).answer(raw(login), "1")
    assert refused(answer) is Code.WRONG_CREDENTIALS
    assert directory.asked == []


def test_the_realm_limits_what_is_asked(ring: KeyRing, told: Collector) -> None:
    """Too many scopes are refused before anybody logs in; so is a service of another realm."""
    login = ScriptedLogin()
    realm = make_realm(ring, FakeDirectory(), login=login, limits=RequestLimits(scopes=1))
    issuer = make_issuer(realm, told)
    assert refused(issuer.answer(raw(ALICE, PULL, PULL), "1")) is Code.TOO_MANY_SCOPES
    assert refused(issuer.answer(raw(ALICE, PULL, service="other"), "1")) is Code.UNKNOWN_SERVICE
    assert login.asked == []


def test_a_robot_gets_its_groups_rights(ring: KeyRing, told: Collector) -> None:
    """`robot$ci-platform` of the sample rules may do what its group may, from its network."""
    request = raw(
        "robot$ci-platform:ci-platform-secret",
        "repository:platform/app:pull,push",
        where=client("10.30.0.9"),
    )
    claims = claims_of(
        issued(make_issuer(make_realm(ring, FakeDirectory()), told).answer(request, "1")).token, ring
    )
    assert claims["sub"] == "robot$ci-platform"
    assert claims["access"][0]["actions"] == ["pull", "push"]


def test_a_robot_from_elsewhere_gets_nothing(ring: KeyRing, told: Collector) -> None:
    """Not even what everyone gets: it is refused."""
    request = raw("robot$ci-platform:ci-platform-secret", "repository:base/debian:pull")
    answer = make_issuer(make_realm(ring, FakeDirectory()), told).answer(request, "1")
    assert refused(answer) is Code.NETWORK_NOT_ALLOWED


def test_the_subject_is_the_canonical_name(ring: KeyRing, told: Collector) -> None:
    """As the login found it, whatever was typed."""
    realm = make_realm(ring, FakeDirectory(), login=ScriptedLogin(Persona("alice")))
    claims = claims_of(issued(make_issuer(realm, told).answer(raw("CORP\\Alice:x"), "1")).token, ring)
    assert claims["sub"] == "alice"


_UNNAMED = Group("", parse("ou=contractors,dc=example,dc=com"))
_ALICE = DirectorySubject("alice", "1", "uid=alice", (_UNNAMED,))
_EVERYONE = "{id: a, authenticated: true, repositories: [x/**], allow: [pull, push]}"


def _denying(group: str) -> RuleSet:
    return rule_set(f"- {_EVERYONE}\n- {{id: b, groups: ['{group}'], repositories: [x/**], deny: [push]}}")


@pytest.mark.parametrize("who", ["contractors", "contr*"])
def test_a_group_without_a_known_name_fails_where_a_rule_denies_by_name(
    ring: KeyRing, told: Collector, who: str
) -> None:
    """It could be the one that the rule means; the record names it."""
    realm = make_realm(ring, FakeDirectory(), rules=Holder(_denying(who)), login=ScriptedLogin(_ALICE))
    with pytest.raises(DirectoryMisconfigured):
        make_issuer(realm, told).answer(raw(ALICE, "repository:x/y:pull"), "1")
    assert "ou=contractors,dc=example,dc=com" in told.last.detail


def test_a_group_without_a_known_name_is_no_matter_to_other_rules(ring: KeyRing, told: Collector) -> None:
    """No allow rule by name applies, and a deny by DN knows the group."""
    rules = _denying("ou=contractors,dc=example,dc=com")
    realm = make_realm(ring, FakeDirectory(), rules=Holder(rules), login=ScriptedLogin(_ALICE))
    answer = issued(make_issuer(realm, told).answer(raw(ALICE, "repository:x/y:pull,push"), "1"))
    assert [str(each) for each in answer.claims.access] == ["repository:x/y:pull"]


@pytest.mark.parametrize(
    ("who", "is_zot", "granted"),
    [
        ("alice", True, [{"type": "repository", "name": "", "actions": ["pull"]}]),
        ("alice", False, []),
        ("bob", True, []),
    ],
)
def test_the_catalog_of_a_zot(ring: KeyRing, who: str, is_zot: bool, granted: list[object]) -> None:
    """Zot's scope is answered by the rules about the catalog, in zot's form; never for another registry."""
    rules = rule_set(
        "- {id: c, users: [alice], catalog: true, allow: ['*']}\n"
        "- {id: p, everyone: true, repositories: ['**'], allow: [pull]}"
    )
    services = {SERVICE: Service(kid.LIBTRUST, is_zot=is_zot)}
    made = make_realm(ring, FakeDirectory(), rules=Holder(rules), services=services)
    answer = make_issuer(made, Collector()).answer(raw(f"{who}:{who}-password", "repository::pull"), "1")
    assert claims_of(issued(answer).token, ring)["access"] == granted


@pytest.mark.parametrize("is_zot", [False, True])
def test_the_catalog_beside_a_repository(ring: KeyRing, is_zot: bool) -> None:
    """A zot is told of the catalog in its own form, every other registry in the protocol's."""
    rules = rule_set(
        "- {id: c, users: [alice], catalog: true, allow: ['*']}\n"
        "- {id: p, everyone: true, repositories: [a], allow: [pull]}"
    )
    services = {SERVICE: Service(kid.LIBTRUST, is_zot=is_zot)}
    made = make_realm(ring, FakeDirectory(), rules=Holder(rules), services=services)
    catalog = "repository::pull" if is_zot else "registry:catalog:*"
    answer = make_issuer(made, Collector()).answer(raw(ALICE, catalog, "repository:a:pull"), "1")
    entry = {"type": "repository", "name": "", "actions": ["pull"]}
    if not is_zot:
        entry = {"type": "registry", "name": "catalog", "actions": ["*"]}
    access = claims_of(issued(answer).token, ring)["access"]
    assert sorted(access, key=str) == sorted(
        [entry, {"type": "repository", "name": "a", "actions": ["pull"]}], key=str
    )


@pytest.mark.parametrize(("taken", "code"), [(True, None), (False, Code.PASSWORD_GRANT_OFF)])
def test_a_realm_may_take_no_passwords_by_post(ring: KeyRing, taken: bool, code: Code | None) -> None:
    """Whether it does is the realm's to say."""
    grant = Grant("password", "alice", Secret("alice-password"))
    asked = replace(raw(None, "repository:platform/app:pull"), grant=grant)
    issuer = make_issuer(make_realm(ring, FakeDirectory(), password_grant=taken), Collector())
    answer = issuer.answer(asked, "1")
    assert (answer.code if isinstance(answer, Refusal) else None) is code
