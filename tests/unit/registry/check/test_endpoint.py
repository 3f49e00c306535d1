"""What the address answers to which a registry sends clients."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest

from app.keys.algorithm import Algorithm, generate
from app.keys.certificate import self_signed
from app.keys.keyring import KeyRing
from app.keys.kid import KeyId
from app.keys.signing_key import KeyState, SigningKey
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from app.registry.agreement import Agreement
from app.registry.check.address import RealmAddress
from app.registry.check.endpoint import ask
from app.registry.check.http import Response, Unreachable
from tests.support.stand_in import ISSUER, NOW, REALM, SERVICE, foreign_key, token_answer

AGREEMENT = Agreement(REALM, SERVICE, ISSUER, KeyId.parse("libtrust"), x5c=False)


def _named(realm: str) -> RealmAddress:
    return RealmAddress(realm, AGREEMENT.realm, "https://registry.example.com")


def test_a_realm_with_keys_of_several_kinds(ring: KeyRing) -> None:
    """A key of another kind than the token's is simply not the one."""
    edwards = generate(Algorithm.EDDSA)
    certificate = self_signed(edwards, Algorithm.EDDSA, common_name="x", now=NOW)
    old = SigningKey("announced", KeyState.ANNOUNCED, Algorithm.EDDSA, edwards, (certificate,))
    both = KeyRing((old, ring.active))
    assert _asked(both, token_answer(ring.active)) == ""
    assert "a key that is not in" in _asked(both, token_answer(foreign_key()))


def _asked(
    ring: KeyRing, answer: Response | Unreachable, realm: str = REALM, login: Credentials | None = None
) -> str:
    def get(url: str, headers: Mapping[str, str]) -> Response:
        assert url.startswith(realm)
        assert headers.keys() <= {"Authorization"}
        if isinstance(answer, Unreachable):
            raise answer
        return answer

    return " ".join(f"{each.topic}: {each.text}" for each in ask(get, _named(realm), AGREEMENT, ring, login))


def test_what_the_realm_answers(ring: KeyRing) -> None:
    """A token of ours is right; anything else is said as it is."""
    key = ring.active
    assert _asked(ring, token_answer(key)) == ""
    assert "issues as 'https://other'" in _asked(ring, token_answer(key, iss="https://other"))
    assert "a key that is not in" in _asked(ring, token_answer(foreign_key()))
    assert "redirects to 'https://x'" in _asked(ring, Response(302, {"location": "https://x"}, b""))
    message = b'{"errors": [{"code": "UNSUPPORTED", "message": "unknown service"}]}'
    assert "answers 400: 'unknown service'" in _asked(ring, Response(400, {}, message))
    deep = b"[" * 60_000
    odd = (b'{"token": 1}', b'{"token": "a.b.c"}', b'{"token": "\\ud800.b.c"}')
    deep_claims = json.dumps({"token": f"e30.{base64.urlsafe_b64encode(deep).decode()}.c"}).encode()
    for body in (b"", b"[]", b"{}", *odd, b"\xff", deep, deep_claims):
        assert "no token" in _asked(ring, Response(200, {}, body))
    assert "answers 500." in _asked(ring, Response(500, {}, b"<html>"))
    assert "does not answer" in _asked(ring, Unreachable("x does not answer"))


@pytest.mark.parametrize(("realm", "changed"), [(REALM, {}), ("https://other.example.com", {"realm": REALM})])
def test_a_realm_that_does_not_answer(ring: KeyRing, realm: str, changed: dict[str, str]) -> None:
    """There is a line to change only where the registry has another one."""

    def get(url: str, _: Mapping[str, str]) -> Response:
        raise Unreachable(f"{url} does not answer")

    (found,) = ask(get, _named(realm), AGREEMENT, ring, None)
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

    def get(url: str, headers: Mapping[str, str]) -> Response:
        assert url.startswith(realm)
        seen.append(headers["Authorization"])
        return token_answer(ring.active)

    login = Credentials("alice", Secret("alice-password"))
    found = list(ask(get, _named(realm), AGREEMENT, ring, login))
    assert bool(seen) is sent
    assert any("was not sent" in each.text for each in found) is not sent
    assert "alice-password" not in repr(login)
