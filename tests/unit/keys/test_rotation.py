"""The safe order of a rotation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from app.keys import change, keyring, kid
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.certificate import self_signed
from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.keys.rotation import LEEWAY, Hold, Plan, RealmKeys, RotationStep, Waits, plan, take
from app.keys.signing_key import KeyState, SigningKey
from tests.support.authority import Authority
from tests.unit.conftest import KEY_TIME as NOW

MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]
PutKey = Callable[..., Path]

WAITS = Waits(timedelta(minutes=2), timedelta(minutes=15), timedelta(seconds=10))
PLAIN = {"registry.example.com": Service(kid.LIBTRUST)}
CHAINED = {"registry.example.com": Service(kid.LIBTRUST, x5c=True)}
_PRIVATE = ec.generate_private_key(ec.SECP256R1())
_CERTIFICATE = self_signed(_PRIVATE, Algorithm.ES256, common_name="k", now=NOW)


def _key(name: str, state: str, minutes_ago: float = 0) -> SigningKey:
    since = NOW - timedelta(minutes=minutes_ago)
    return SigningKey(name, KeyState(state), Algorithm.ES256, _PRIVATE, (_CERTIFICATE,), since)


def _realm(services: dict[str, Service]) -> RealmKeys:
    return RealmKeys(Path("/keys"), "https://auth.example.com", services, WAITS)


def _plan(*keys: SigningKey, services: dict[str, Service] = PLAIN, now: datetime = NOW) -> Plan:
    return plan(KeyRing((_key("signs", "active"), *keys)), _realm(services), now)


def _is_due(found: Plan) -> bool:
    return found.due <= NOW


def test_a_rotation_begins() -> None:
    """With nothing but an active key, the next step is a new one."""
    assert _plan() == Plan(RotationStep.ANNOUNCE)


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (1.9, False), (2, True), (1000, True)])
def test_an_announced_key_waits_for_every_server(minutes: float, due: bool) -> None:
    """It is activated once it was published for as long as a change needs to reach every server."""
    found = _plan(_key("next", "announced", minutes))
    assert (found.step, found.keys[0].name, _is_due(found)) == (RotationStep.ACTIVATE, "next", due)


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (18, False), (18.2, True)])
def test_a_retired_key_stays_while_its_tokens_may_live(minutes: float, due: bool) -> None:
    """Propagation, the longest lifetime, wrong clocks and the registries' leeway: 2 + 15 + 1/6 + 1 min."""
    found = _plan(_key("former", "retired", minutes))
    assert (found.step, found.keys[0].name, _is_due(found)) == (RotationStep.REMOVE, "former", due)


def test_what_is_overdue_goes_first() -> None:
    """All retired keys that nobody needs go in one step, before the next key is activated."""
    found = _plan(
        _key("a", "retired", 60), _key("b", "retired", 30), _key("c", "retired", 1), _key("d", "announced", 9)
    )
    assert (found.step, [key.name for key in found.keys]) == (RotationStep.REMOVE, ["a", "b"])


def test_an_announced_key_does_not_wait_for_a_retired_one() -> None:
    """Three keys at a time are no harm."""
    assert _plan(_key("c", "retired", 1), _key("d", "announced", 9)).step is RotationStep.ACTIVATE


def test_the_first_that_will_be_due_is_named() -> None:
    """Of several retired keys that are still needed, the one that retired first."""
    assert _plan(_key("a", "retired", 1), _key("b", "retired", 5)).keys[0].name == "b"


def test_two_announced_keys() -> None:
    """Nobody can tell which one is meant."""
    with pytest.raises(ValueError, match="a, b"):
        _plan(_key("a", "announced"), _key("b", "announced"))


def test_what_holds_a_step() -> None:
    """The age of the active key holds the first step, registries and time the second, time alone the last."""
    assert _plan().hold(NOW, older_than=timedelta(days=1)) is Hold.AGE
    assert _plan().hold(NOW) is None
    fresh, known = _plan(_key("b", "announced")), _plan(_key("b", "announced", 2))
    assert (fresh.hold(NOW), fresh.hold(NOW, ready=True)) == (Hold.REGISTRIES, Hold.TIME)
    assert (known.hold(NOW), known.hold(NOW, ready=True)) == (Hold.REGISTRIES, None)
    assert _plan(_key("c", "retired")).hold(NOW) is Hold.TIME
    assert _plan(_key("c", "retired", 60)).hold(NOW) is None


@given(
    st.lists(st.tuples(st.sampled_from(["retired", "announced"]), st.floats(0, 100)), max_size=5),
    st.integers(0, 120),
)
def test_no_step_is_due_too_early(others: list[tuple[str, float]], later: int) -> None:
    """Whatever keys there are: none signs before it is everywhere, none goes while its tokens may live."""
    keys = [_key(f"k{number}", state, ago) for number, (state, ago) in enumerate(others)]
    now = NOW + timedelta(minutes=later)
    try:
        found = _plan(*keys, now=now)
    except ValueError:
        assert sum(state == "announced" for state, _ in others) > 1
        return
    if found.due > now:
        return
    for key in found.keys:
        assert key.since is not None
        lived = now - key.since
        assert key.state is not KeyState.ACTIVE
        assert lived >= WAITS.propagation
        if found.step is RotationStep.REMOVE:
            assert lived >= WAITS.propagation + WAITS.lifetime + LEEWAY


@pytest.fixture(scope="module")
def authority() -> Authority:
    """Return a site's authority."""
    return Authority.make(NOW)


def _certified(key: SigningKey, authority: Authority) -> SigningKey:
    chain = x509.load_pem_x509_certificates(authority.certify(key.public_key, NOW))
    return replace(key, certificates=tuple(chain))


def _needs_registries(active: SigningKey, key: SigningKey, services: dict[str, Service]) -> bool:
    return plan(KeyRing((active, key)), _realm(services), NOW).needs_registries


def test_registries_that_trust_the_authority_need_nothing(authority: Authority) -> None:
    """They do where every service has `x5c`, and both keys have a certificate of the same authority."""
    active, key = _key("a", "active"), _key("b", "announced")
    both = _certified(active, authority), _certified(key, authority)
    assert not _needs_registries(*both, CHAINED)
    assert _needs_registries(*both, PLAIN)
    assert _needs_registries(*both, {**CHAINED, "other.example.com": Service(kid.RFC7638)})


def test_other_registries_need_the_new_key(authority: Authority) -> None:
    """Self-signed certificates, and those of another authority, have to be given to them."""
    active, key = _key("a", "active"), _key("b", "announced")
    namesake = _certified(key, Authority.make(NOW))
    assert _needs_registries(active, key, CHAINED)
    assert _needs_registries(_certified(active, authority), key, CHAINED)
    assert _needs_registries(active, _certified(key, authority), CHAINED)
    assert not _needs_registries(_certified(active, authority), _certified(key, authority), CHAINED)
    assert _needs_registries(_certified(active, authority), namesake, CHAINED)


def test_a_certificate_with_an_extension_twice() -> None:
    """Proves no authority: the registries have to be given the key."""
    active, key = (_named_issuer(_key(*each)) for each in (("a", "active"), ("b", "announced")))
    assert not _needs_registries(active, key, CHAINED)
    subject_key, authority_key = bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d23")
    der = key.certificates[0].public_bytes(Encoding.DER).replace(subject_key, authority_key)
    odd = x509.load_der_x509_certificate(der)
    with pytest.raises(x509.DuplicateExtension):
        _ = odd.extensions
    assert _needs_registries(active, replace(key, certificates=(odd,)), CHAINED)


def _named_issuer(key: SigningKey) -> SigningKey:
    """Return a key a certificate that says which key of which authority signed it."""
    issuer = ec.derive_private_key(7, ec.SECP256R1())
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, "Example keys")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([common_name]))
        .public_key(key.public_key)
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
        .sign(issuer, hashes.SHA256())
    )
    return replace(key, certificates=(certificate,))


def test_the_steps_of_a_rotation_in_the_folder(put_key: PutKey) -> None:
    """Each does what it says, and returns the keys as they are in the folder then."""
    folder, now = put_key(_PRIVATE, "old.active-20250101T000000Z.pem"), NOW
    realm = replace(_realm(PLAIN), folder=folder)
    for step in (RotationStep.ANNOUNCE, RotationStep.ACTIVATE, RotationStep.REMOVE):
        with change.locked(folder) as keys:
            ring = keys.load()
            found = plan(ring, realm, now)
            assert found.step is step
            made = take(keys, ring, found, realm, now)
        there = keyring.load(folder)
        assert [(key.name, key.state, key.since) for key in made.keys] == [
            (key.name, key.state, key.since) for key in there.keys
        ]
        assert {key.algorithm for key in there.keys} == {Algorithm.ES256}
        now += timedelta(hours=1)
    assert [key.state for key in there.keys] == [KeyState.ACTIVE]
    assert there.active.name != "old"
