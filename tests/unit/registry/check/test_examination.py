"""The examination of stand-ins of registries and realms: what real ones seldom do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from app import settings
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.registry.agreement import RegistryKind
from app.registry.check.changes import changes
from app.registry.check.examination import Examination
from app.registry.check.findings import Topic
from app.registry.check.http import Response
from app.registry.service import UnknownServiceError
from tests.support.stand_in import (
    NOW,
    REALM,
    SERVICE,
    Registry,
    Zot,
    claims_of,
    examined,
    foreign_key,
    signed_by,
    token_answer,
)


def _errors(found: Examination) -> list[Topic]:
    return [each.topic for each in found.findings if not each.is_warning]


@pytest.fixture
def good(ring: KeyRing) -> Registry:
    """Return a registry that trusts the realm's key, beside a realm that signs with it."""
    return Registry(signed_by(ring.active), token_answer(ring.active))


def test_a_registry_that_believes_the_realm(config: Path, good: Registry) -> None:
    """Nothing is found; one token grants something, for our own service."""
    found = examined(config, good)
    assert found.findings == ()
    granted = [claims_of(each) for each in good.shown]
    (one,) = [each for each in granted if each["access"]]
    assert one["access"] == [{"type": "repository", "name": "wharfinger/check", "actions": ["pull"]}]
    assert one["aud"] == SERVICE


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Response(200, {}, b"{}"), "asks for no login: everyone can do everything"),
        (
            Response(301, {"location": "https://other.example.com/v2/"}, b""),
            "'https://other.example.com/v2/'",
        ),
        (Response(401, {"www-authenticate": 'Basic realm="x"'}, b""), "a password of its own"),
        (Response(404, {}, b""), "its status is 404"),
        (Response(502, {"location": "x"}, b""), "its status is 502"),
    ],
)
def test_an_address_that_asks_for_no_token(config: Path, answer: Response, text: str) -> None:
    """Is one finding, and no token is shown to it."""

    class Other(Registry):
        def get(self, url: str, headers: Mapping[str, str]) -> Response:
            assert not headers
            return answer

    found = examined(config, Other(lambda _: True, answer))
    (finding,) = found.findings
    assert (finding.topic, finding.severity) == (Topic.REGISTRY, "error")
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
    changed = json.loads("\n".join(changes(found).registry))
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


@pytest.mark.parametrize("realm", ["https://[::1", "https://auth.example.com:99999/", "", "no address"])
def test_a_realm_that_is_no_address(config: Path, good: Registry, realm: str) -> None:
    """Is a finding; the rest is examined all the same, and nothing is asked of it."""
    good.challenge = f'Bearer realm="{realm}",service="{SERVICE}"'
    good.takes = lambda _: False
    found = examined(config, good, login=Credentials("alice", Secret("alice-password")))
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
    with pytest.raises(UnknownServiceError, match="one, two"):
        examined(config, good)


@pytest.fixture
def zot(ring: KeyRing) -> Zot:
    """Return a zot that trusts the realm's key."""
    return Zot(signed_by(ring.active), token_answer(ring.active))


def test_a_zot_that_believes_the_realm(config: Path, zot: Zot) -> None:
    """It is known by its challenge; nothing is wrong."""
    found = examined(config, zot)
    assert (found.kind, found.findings) == (RegistryKind.ZOT, ())


@pytest.mark.parametrize(("version", "warned"), [((2, 1, 8), True), ((2, 1, 17), True), ((2, 1, 18), False)])
def test_whether_push_and_delete_are_kept_apart(
    config: Path, zot: Zot, version: tuple[int, int, int], warned: bool
) -> None:
    """An unauthenticated DELETE names the right that is needed; an old zot, and Pulp, name `push`."""
    zot.version = version
    found = examined(config, zot).findings
    assert [each.topic for each in found] == [Topic.ACCESS] * warned
    assert all("whoever may push may delete" in each.text and each.is_warning for each in found)
    assert all("2.1.18" in each.advice for each in found)


def test_a_zot_that_shares_a_realm(config: Path, zot: Zot) -> None:
    """A token for another registry of the realm is good there too."""
    text = config.read_text()
    config.write_text(
        text.replace("      registry.example.com: {}", "      registry.example.com: {}\n      two: {}")
    )
    (finding,) = examined(config, zot).findings
    assert (finding.topic, finding.is_warning) == (Topic.ACCESS, True)
    assert "the realm has 2 services" in finding.text


def test_a_zot_with_another_key(config: Path, zot: Zot) -> None:
    """Its refusals have no challenge; the certificate is what to change, in zot's own form."""
    zot.takes = signed_by(foreign_key())
    found = examined(config, zot)
    assert _errors(found) == [Topic.KEYS]
    assert "--for zot" in found.findings[0].advice


def test_a_zot_that_was_given_no_new_key(config: Path, zot: Zot, ring_folder: Path) -> None:
    """After a change of the key: what writes its files is named, not what writes those of others."""
    create(
        ring_folder,
        name="old",
        algorithm=Algorithm.ES256,
        state=KeyState.RETIRED,
        common_name="corp",
        now=NOW,
    )
    (old,) = (key for key in keyring.load(ring_folder).published if key.name == "old")
    zot.takes = signed_by(old)
    (finding,) = examined(config, zot).findings
    assert "trusts the retired key old" in finding.text
    assert "--for zot" in finding.advice


def test_a_registry_that_sends_clients_to_itself(config: Path, good: Registry) -> None:
    """Distribution with `autoredirect: true`: its `realm` may be right already, and does nothing."""
    good.challenge = f'Bearer realm="https://registry.example.com/auth/token",service="{SERVICE}"'
    good.realm = Response(404, {}, b"")
    found = examined(config, good)
    assert _errors(found) == [Topic.REALM]
    assert changes(found).registry == ("auth:", "  token:", "    autoredirect: false")
    assert "`autoredirect: true`" in found.findings[0].advice


def test_a_registry_of_an_unknown_kind_may_know_no_such_user(config: Path, good: Registry) -> None:
    """Pulp has the headers of Distribution 3.x and other words, and takes tokens of its own users alone."""
    good.takes = lambda _: False
    good.headers = {"docker-distribution-api-version": "registry/2.0", "content-type": "application/json"}
    found = examined(config, good)
    assert found.kind is None
    assert _errors(found) == [Topic.KEYS]
    assert "such as Pulp" in found.findings[0].advice


@pytest.mark.parametrize(
    ("content_type", "kind"),
    [
        ("application/json; charset=utf-8", RegistryKind.DISTRIBUTION2),
        ("application/json", RegistryKind.DISTRIBUTION3),
        ("text/html", None),
    ],
)
def test_the_kinds_of_distribution(
    config: Path, good: Registry, content_type: str, kind: RegistryKind | None
) -> None:
    """Their errors have the same words and different types."""
    good.headers = {"docker-distribution-api-version": "registry/2.0", "content-type": content_type}
    good.body = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":null}]}'
    assert examined(config, good).kind is kind
