"""A key ring as octets, for the other processes of the same server; never for a disk or the network."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from app.keys.algorithm import Algorithm, fitting
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey


def pack(ring: KeyRing) -> bytes:
    """Return what the keys folder says, with the private keys in clear."""
    return json.dumps({"keys": [_key(key) for key in ring.keys], "superseded": ring.superseded}).encode()


def unpack(data: bytes) -> KeyRing:
    """Return the ring of which these are the octets."""
    content = json.loads(data)
    keys = tuple(_signing_key(**each) for each in content["keys"])
    return KeyRing(keys, superseded=tuple(content["superseded"]))


def _key(key: SigningKey) -> dict[str, Any]:
    private = key.private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return {
        "name": key.name,
        "state": key.state,
        "algorithm": key.algorithm,
        "private_key": base64.b64encode(private).decode(),
        "certificates": key.x5c,
        "since": key.since.isoformat() if key.since is not None else None,
    }


def _signing_key(
    *, name: str, state: str, algorithm: str, private_key: str, certificates: list[str], since: str | None
) -> SigningKey:
    return SigningKey(
        name,
        KeyState(state),
        Algorithm(algorithm),
        fitting(load_der_private_key(base64.b64decode(private_key), password=None))[0],
        tuple(x509.load_der_x509_certificate(base64.b64decode(each)) for each in certificates),
        datetime.fromisoformat(since) if since is not None else None,
    )
