"""What is published of a realm's keys, in the two forms in which registries take it."""

from __future__ import annotations

import json
from collections.abc import Iterable

from cryptography.hazmat.primitives.serialization import Encoding

from app.keys import kid
from app.keys.algorithm import BUNDLED
from app.keys.signing_key import SigningKey


def jwk_set(keys: Iterable[SigningKey]) -> bytes:
    """Return the JWK Set (RFC 7517 §5) as JSON; `KeyRing.jwk_set` keeps it.

    Every key stands there twice, under its libtrust id and under its RFC 7638 id, so that a registry
    finds it whichever of them its tokens carry.
    """
    members = [_jwk(key, key_id) for key in keys for key_id in (key.libtrust, key.rfc7638)]
    return json.dumps({"keys": members}, separators=(",", ":")).encode()


def pem_bundle(keys: Iterable[SigningKey]) -> bytes:
    """Return the keys' own certificates as one PEM file; `KeyRing.pem_bundle` keeps it.

    The certificates of authorities stay out: a registry takes everything in its `rootcertbundle` for a
    root, and would believe tokens of whoever has a certificate of that authority. Those of keys that
    Distribution 2.8 does not know (EdDSA) stay out too: it does not start with one in its bundle.
    """
    own = (key.certificates[0] for key in keys if key.algorithm in BUNDLED)
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in own)


def _jwk(key: SigningKey, key_id: str) -> dict[str, object]:
    return {
        **kid.required_members(key.public_key),
        "use": "sig",
        "alg": key.algorithm,
        "kid": key_id,
        "x5c": key.x5c,
    }
