"""Key ids: known answers, shapes, and the words of the configuration file."""

from __future__ import annotations

import base64
import json
import re

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.keys import kid
from app.keys.kid import KeyId, KidFormat

# The key printed in RFC 7638 §3.1.
_MODULUS = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
    "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
    "nqDKgw"
)
# The key printed in RFC 8037 appendix A.2.
_ED25519 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.fixture
def rfc_key() -> rsa.RSAPublicKey:
    """The RSA key of RFC 7638."""
    return rsa.RSAPublicNumbers(65537, int.from_bytes(_decoded(_MODULUS), "big")).public_key()


_ec_keys = st.builds(
    ec.derive_private_key,
    st.integers(1, 2**255),
    st.sampled_from([ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()]),
)
_key_ids = st.sampled_from([kid.LIBTRUST, kid.RFC7638]) | st.builds(
    KeyId, st.just(KidFormat.LITERAL), st.text(min_size=1)
)


def test_libtrust_known_answer(rfc_key: rsa.RSAPublicKey) -> None:
    """The libtrust id of the RFC's key is the one that libtrust itself computes."""
    assert kid.libtrust(rfc_key) == "VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5"


def test_rfc7638_known_answer_for_rsa(rfc_key: rsa.RSAPublicKey) -> None:
    """The thumbprint of the RFC's key is the one that the RFC prints."""
    assert kid.rfc7638(rfc_key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_rfc7638_known_answer_for_ed25519() -> None:
    """The thumbprint of RFC 8037's key is the one printed in its appendix A.3."""
    key = ed25519.Ed25519PublicKey.from_public_bytes(_decoded(_ED25519))
    assert kid.rfc7638(key) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@settings(deadline=None)
@given(_ec_keys)
def test_libtrust_shape(key: ec.EllipticCurvePrivateKey) -> None:
    """A libtrust id is twelve groups of four base32 characters, whatever the key."""
    assert re.fullmatch(r"[A-Z2-7]{4}(:[A-Z2-7]{4}){11}", kid.libtrust(key.public_key()))


@settings(deadline=None)
@given(_ec_keys)
def test_rfc7638_shape(key: ec.EllipticCurvePrivateKey) -> None:
    """A thumbprint is 256 bits in base64url without padding, whatever the key."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", kid.rfc7638(key.public_key()))


@settings(deadline=None)
@given(_ec_keys)
def test_ec_coordinates_keep_their_width(key: ec.EllipticCurvePrivateKey) -> None:
    """The coordinates of a JWK are as wide as the curve, leading zeros included."""
    members = kid.required_members(key.public_key())
    width = (key.key_size + 7) // 8
    assert [len(_decoded(members[each])) for each in "xy"] == [width, width]


@settings(deadline=None)
@given(_ec_keys)
def test_required_members_are_the_key(key: ec.EllipticCurvePrivateKey) -> None:
    """Who reads the members of a JWK gets the same key back."""
    read = jwt.algorithms.ECAlgorithm.from_jwk(json.dumps(kid.required_members(key.public_key())))
    assert read == key.public_key()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("libtrust", KeyId(KidFormat.LIBTRUST)),
        ("rfc7638", KeyId(KidFormat.RFC7638)),
        ("literal:my-kid", KeyId(KidFormat.LITERAL, "my-kid")),
        ("literal:a:b", KeyId(KidFormat.LITERAL, "a:b")),
    ],
)
def test_parse(text: str, expected: KeyId) -> None:
    """Each format has its word; a literal is everything after the first colon."""
    assert KeyId.parse(text) == expected


@pytest.mark.parametrize("text", ["", "Libtrust", "literal", "literal:", "libtrust:", "rfc7638:x", "my-kid"])
def test_parse_refuses(text: str) -> None:
    """Whatever is no format is refused with a text that lists them."""
    with pytest.raises(ValueError, match="write `libtrust`, `rfc7638` or `literal:ID`"):
        KeyId.parse(text)


@settings(deadline=None)
@given(
    st.sampled_from([kid.LIBTRUST, kid.RFC7638])
    | st.text(min_size=1).map(lambda t: KeyId(KidFormat.LITERAL, t))
)
def test_parse_reads_what_str_writes(key_id: KeyId) -> None:
    """A format survives being written and read."""
    assert KeyId.parse(str(key_id)) == key_id
