"""`wharfinger registry check` against stand-ins of registries and realms: what real ones seldom do."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import click
import jwt
import pytest
from click.testing import CliRunner

from app import settings
from app.cli.main import main
from app.cli.registry import report
from app.cli.registry.examination import Examined
from app.keys import keyring
from app.keys.algorithm import Algorithm, generate
from app.keys.certificate import self_signed
from app.keys.keyring import KeyRing
from app.keys.kid import KeyId
from app.keys.signing_key import KeyState, SigningKey
from app.registry.check.challenge import Challenge
from app.registry.check.findings import Severity, Topic
from app.registry.check.http import Answer, Unreachable
from app.registry.check.realm import Login, ask, judge_address
from app.registry.config.connection import Connection, RegistryKind
from tests.support.stand_in import (
    ISSUER,
    NOW,
    REALM,
    SERVICE,
    Registry,
    claims_of,
    examined,
    foreign_key,
    signed_by,
    token_answer,
)

CONNECTION = Connection(REALM, SERVICE, ISSUER, KeyId.parse("libtrust"), x5c=False)


def _errors(found: Examined) -> list[Topic]:
    return [each.topic for each in found.findings if each.severity is Severity.ERROR]


@pytest.fixture
def good(ring: KeyRing) -> Registry:
    """Give a registry that trusts the realm's key, beside a realm that signs with it."""
    return Registry(signed_by(ring.active), token_answer(ring.active))


def test_a_registry_that_believes_the_realm(config: Path, good: Registry) -> None:
    """Nothing is found, and the report says so; one token grants something, for our own service."""
    found = examined(config, good)
    assert found.findings == ()
    assert list(report.as_text(found))[-1] == "The registry believes this realm's tokens."
    granted = [jwt.decode(each, options={"verify_signature": False}) for each in good.shown]
    (one,) = [each for each in granted if each["access"]]
    assert one["access"] == [{"type": "repository", "name": "wharfinger/check", "actions": ["pull"]}]
    assert one["aud"] == SERVICE


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(200, {}, b"{}"), "asks for no login: everyone can do everything"),
        (Answer(301, {"location": "https://other.example.com/v2/"}, b""), "'https://other.example.com/v2/'"),
        (Answer(401, {"www-authenticate": 'Basic realm="x"'}, b""), "a password of its own"),
        (Answer(404, {}, b""), "its status is 404"),
        (Answer(502, {"location": "x"}, b""), "its status is 502"),
    ],
)
def test_an_address_that_asks_for_no_token(config: Path, answer: Answer, text: str) -> None:
    """Is one finding, and no token is shown to it."""

    class Other(Registry):
        def get(self, url: str, headers: Mapping[str, str]) -> Answer:
            assert not headers
            return answer

    found = examined(config, Other(lambda _: True, answer))
    (finding,) = found.findings
    assert (finding.topic, finding.severity) == (Topic.REGISTRY, Severity.ERROR)
    assert text in finding.text


def test_a_registry_that_takes_what_anybody_signs(config: Path, good: Registry) -> None:
    """Is the worst finding of all, however well everything else fits."""
    good.takes = lambda _: True
    found = examined(config, good)
    assert _errors(found) == [Topic.KEYS]
    assert "everyone can do everything" in found.findings[0].text


def test_a_registry_that_does_not_look_at_what_tokens_grant(config: Path, good: Registry) -> None:
    """A token that grants nothing opens a repository there."""
    good.looks_at_access = False
    assert _errors(examined(config, good)) == [Topic.ACCESS]


def test_a_clock_that_is_far_away(config: Path, good: Registry) -> None:
    """No token is made that would be valid for years, for whoever says that it is years later there."""
    good.headers = {"date": "Fri, 31 Dec 9999 23:59:59 GMT"}
    found = examined(config, good)
    assert (_errors(found), good.shown) == ([Topic.CLOCK], [])


def test_refusals_without_a_reason_prove_nothing(config: Path, good: Registry) -> None:
    """Of Distribution 3.x that would mean a known key; of a proxy that leaves the reason out, nothing."""
    good.takes = lambda _: False
    good.error = ""
    found = examined(config, good)
    assert _errors(found) == [Topic.KEYS]
    assert "look the same" in found.findings[0].text


def test_zot_trusts_another_key(config: Path, good: Registry) -> None:
    """It is known by its empty scope; the line to change stands in its own form."""
    good.takes = signed_by(foreign_key())
    good.scope = ',scope=""'
    found = examined(config, good)
    assert (found.kind, _errors(found)) == (RegistryKind.ZOT, [Topic.KEYS])
    lines = list(report.as_text(found))
    changed = json.loads(
        "\n".join(lines[lines.index("Change in the registry's configuration, and restart it:") + 1 :])
    )
    assert changed == {"http": {"auth": {"bearer": {"cert": "/etc/zot/wharfinger.crt"}}}}


def test_no_access_is_granted_for_a_service_that_is_not_ours(config: Path, good: Registry) -> None:
    """What a registry calls itself is its own choice: tokens for that name grant nothing."""
    good.challenge = f'Bearer realm="{REALM}",service="bank.example.com"'
    good.takes = lambda token: claims_of(token)["aud"] == "bank.example.com" and good_key(token)
    good_key = signed_by(_key_of(config))
    found = examined(config, good)
    assert _errors(found) == [Topic.SERVICE]
    assert all(claims_of(each)["access"] == [] for each in good.shown if claims_of(each)["aud"] != SERVICE)


def _key_of(config: Path) -> SigningKey:
    return keyring.load(settings.load(config).realms["corp"].keys).active


def test_what_others_send_reaches_no_terminal(config: Path, good: Registry) -> None:
    """Control characters are written out, in the text and in the lines to change."""
    evil_answer = Answer(400, {}, json.dumps({"errors": [{"message": "\x1b[31mno"}]}).encode())
    evil = "https://auth\x1b.example.com/\x1b]0;owned\x07\u202e\x9b31m"
    good.realm = evil_answer
    for realm in (evil, REALM):
        good.challenge = f'Bearer realm="{realm}",service="\x1b[2J{SERVICE}"'
        found = examined(config, good)
        text = "\n".join(report.as_text(found)) + json.dumps(report.as_json(found))
        assert all(each.isprintable() or each == "\n" for each in text)


@pytest.mark.parametrize("realm", ["https://[::1", "https://auth.example.com:99999/", "", "no address"])
def test_a_realm_that_is_no_address(config: Path, good: Registry, realm: str) -> None:
    """Is a finding; the rest is examined all the same, and nothing is asked of it."""
    good.challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
    good.takes = lambda _: False
    found = examined(config, good, login=Login("alice", "alice-password"))
    assert _errors(found) == [Topic.REALM, Topic.KEYS]


@pytest.mark.parametrize(
    "date",
    ["", "x", "Fri, 31 Dec 9999 23:59:59 -2359", "Fri, 31 Dec 2025 23:59:59 +99999999999999"],
)
def test_a_date_that_is_none(config: Path, good: Registry, date: str) -> None:
    """Is taken for ours: a date nobody can reckon with is no reason to fail."""
    good.headers = {"date": date}
    assert examined(config, good).findings == ()


def test_a_registry_with_another_name_where_there_are_several(config: Path, good: Registry) -> None:
    """Which of the services is meant cannot be guessed."""
    text = config.read_text()
    config.write_text(text.replace("      registry.example.com: {}", "      one: {}\n      two: {}"))
    with pytest.raises(click.BadParameter, match="one, two"):
        examined(config, good)


@pytest.mark.parametrize(
    ("realm", "severity", "text"),
    [
        (REALM, None, ""),
        ("http://auth.example.com/token", Severity.ERROR, "not encrypted"),
        ("http://10.0.0.1/token", Severity.ERROR, "not encrypted"),
        ("https://10.0.0.1/token", Severity.WARNING, "IP address"),
        ("https://[2001:db8::1]/token", Severity.WARNING, "IP address"),
        ("http://127.0.0.1:5001/token", Severity.WARNING, "loopback"),
        ("https://localhost/token", Severity.WARNING, "loopback"),
        ("http://[::1]/token", Severity.WARNING, "loopback"),
        ("", Severity.ERROR, "no address"),
        ("/auth/token", Severity.ERROR, "no address"),
        ("ftp://auth.example.com/", Severity.ERROR, "no address"),
        ("https://[::1", Severity.ERROR, "no address"),
        ("https://auth.example.com:99999/token", Severity.ERROR, "no address"),
        ("https://alice@auth.example.com/token", Severity.ERROR, "no address"),
        ("https://evil.example\\@auth.example.com/token", Severity.ERROR, "no address"),
        ("https://auth.example.com/to ken", Severity.ERROR, "no address"),
        ("https://auth.\texample.com/token", Severity.ERROR, "no address"),
        ("https://auth.ex\u00e4mple.com/token", Severity.ERROR, "no address"),
    ],
)
def test_the_address_of_the_realm(realm: str, severity: Severity | None, text: str) -> None:
    """The first thing that is wrong with it; what clients cannot use, or should not, is an error."""
    found = list(judge_address(realm, REALM))
    assert [each.severity for each in found][:1] == ([severity] if severity else [])
    assert all(text in each.text for each in found[:1])


def test_a_realm_with_keys_of_several_kinds(ring: KeyRing) -> None:
    """A key of another kind than the token's is simply not the one."""
    edwards = generate(Algorithm.EDDSA)
    certificate = self_signed(edwards, Algorithm.EDDSA, common_name="x", now=NOW)
    old = SigningKey("announced", KeyState.ANNOUNCED, Algorithm.EDDSA, edwards, (certificate,))
    both = KeyRing((old, ring.active))
    assert _asked(both, token_answer(ring.active)) == ""
    assert "a key that is not in" in _asked(both, token_answer(foreign_key()))


def _asked(
    ring: KeyRing, answer: Answer | Unreachable, realm: str = REALM, login: Login | None = None
) -> str:
    def get(url: str, headers: Mapping[str, str]) -> Answer:
        assert url.startswith(realm)
        assert headers.keys() <= {"Authorization"}
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    return " ".join(f"{each.topic}: {each.text}" for each in ask(get, realm, CONNECTION, ring, login))


def test_what_the_realm_answers(ring: KeyRing) -> None:
    """A token of ours is right; anything else is said as it is."""
    key = ring.active
    assert _asked(ring, token_answer(key)) == ""
    assert "issues as 'https://other'" in _asked(ring, token_answer(key, iss="https://other"))
    assert "a key that is not in" in _asked(ring, token_answer(foreign_key()))
    assert "redirects to 'https://x'" in _asked(ring, Answer(302, {"location": "https://x"}, b""))
    message = b'{"errors": [{"code": "UNSUPPORTED", "message": "unknown service"}]}'
    assert "answers 400: 'unknown service'" in _asked(ring, Answer(400, {}, message))
    deep = b"[" * 60_000
    odd = (b'{"token": 1}', b'{"token": "a.b.c"}', b'{"token": "\\ud800.b.c"}')
    deep_claims = json.dumps({"token": f"e30.{base64.urlsafe_b64encode(deep).decode()}.c"}).encode()
    for body in (b"", b"[]", b"{}", *odd, b"\xff", deep, deep_claims):
        assert "no token" in _asked(ring, Answer(200, {}, body))
    assert "answers 500." in _asked(ring, Answer(500, {}, b"<html>"))
    assert "does not answer" in _asked(ring, Unreachable("x does not answer"))


@pytest.mark.parametrize(("realm", "changed"), [(REALM, {}), ("https://other.example.com", {"realm": REALM})])
def test_a_realm_that_does_not_answer(ring: KeyRing, realm: str, changed: dict[str, str]) -> None:
    """There is a line to change only where the registry has another one."""

    def get(url: str, _: Mapping[str, str]) -> Answer:
        raise Unreachable(f"{url} does not answer")

    (found,) = ask(get, realm, CONNECTION, ring, None)
    assert found.registry == changed
    assert ("names the right address" in found.advice) is (not changed)


@pytest.mark.parametrize(
    ("realm", "sent"),
    [
        (REALM, True),
        ("https://evil.example.com/token", False),
        ("https://auth.example.com:444/token", False),
        ("http://auth.example.com/token", False),
        ("https://auth.example.com@evil.example.com/token", False),
        ("https://evil.example.com\\@auth.example.com/token", False),
        ("https://auth.example.com:99999/token", False),
    ],
)
def test_a_password_goes_to_the_realms_own_host_alone(ring: KeyRing, realm: str, sent: bool) -> None:
    """And never in the clear: the registry says where clients log in, and may be anybody."""
    seen: list[str] = []

    def get(url: str, headers: Mapping[str, str]) -> Answer:
        assert url.startswith(realm)
        seen.append(headers["Authorization"])
        return token_answer(ring.active)

    login = Login("alice", "alice-password")
    found = list(ask(get, realm, CONNECTION, ring, login))
    assert bool(seen) is sent
    assert any("was not sent" in each.text for each in found) is not sent
    assert "alice" not in repr(login)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Bearer realm="a",service="b"', Challenge("a", "b")),
        ('bearer  realm="a", service="b",scope="",error="e"', Challenge("a", "b", "e", "")),
        (r'Bearer realm="a\"b\\c",service="d"', Challenge(r'a"b\c', "d")),
        ('Bearer realm="a",realm="b"', Challenge("a", "")),
        ("Bearer", Challenge("", "")),
        ('Basic realm="a"', None),
        ("", None),
    ],
)
def test_challenges(header: str, expected: Challenge | None) -> None:
    """As Go writes them and RFC 7235 has them; the first of two counts."""
    assert Challenge.parse(header) == expected


@pytest.mark.parametrize(
    "words",
    [
        ("ftp://registry.example.com",),
        ("https://user:password@registry.example.com",),
        ("https://registry.example.com/?x",),
        ("registry.example.com", "--username", "alice"),
        ("registry.example.com", "--password-stdin"),
    ],
)
def test_a_command_line_that_cannot_be_meant(config: Path, words: tuple[str, ...]) -> None:
    """Exit code 2, and nothing is asked of anybody."""
    done = CliRunner().invoke(main, ["registry", "check", *words, "--config", str(config)])
    assert done.exit_code == 2, done.output
