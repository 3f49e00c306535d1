"""The files with keys that a registry reads, and what it cannot take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from app.errors import UnfitError
from app.keys import jwks
from app.keys.algorithm import BUNDLED, Algorithm
from app.keys.keyring import KeyRing
from app.keys.kid import KidFormat, required_members
from app.keys.signing_key import SigningKey
from app.registry.agreement import Agreement, RegistryKind

_AT_ONCE = "a new one needs the new file and a restart of the registry at the same moment."
_DEDUPE = (
    "Leave `dedupe` off: with it, whoever may pull from one repository reads any blob of any other whose "
    "digest they know."
)
_EXPIRY = (
    "zot answers an expired token without a challenge, so that clients do not ask for another one: give the "
    "realm lifetimes longer than the longest push and pull, such as `lifetimes: {default: 1h, push: 1h}`."
)
_ZOT_NOTES = (
    f"zot takes one key, and reads it when it starts: {_AT_ONCE}",
    "zot looks at neither issuer nor service: it takes every token of this key. Give it its own realm.",
    _DEDUPE,
    _EXPIRY,
    "Use zot 2.1.18 or newer: before, whoever may push may delete.",
)
BUNDLE, JWK_SET, CERTIFICATE = "certs.pem", "jwks.json", "wharfinger.crt"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a registry must be given of a realm's keys; public, every bit of it.

    Attributes:
        files: By name, as the registry reads them.
        algorithms: What the keys in them sign with.
        notes: What an administrator must know of them.
    """

    files: Mapping[str, bytes]
    algorithms: tuple[Algorithm, ...]
    notes: tuple[str, ...] = ()


def trust(kind: RegistryKind, agreement: Agreement, ring: KeyRing, key: SigningKey | None = None) -> Trust:
    """Return the files by which a kind of registry believes the tokens of a service.

    Args:
        kind: What kind of registry it is for.
        agreement: What the registry and the realm agree on.
        ring: The realm's keys.
        key: The key for a registry that takes one alone; None is the active one.

    Raises:
        UnfitError: It would not, whatever it is given.
    """
    match kind:
        case RegistryKind.DISTRIBUTION2:
            return _distribution2(agreement, ring)
        case RegistryKind.DISTRIBUTION3:
            return _distribution3(agreement, ring)
        case RegistryKind.ZOT:
            return _zot(key or ring.active)


def _distribution2(agreement: Agreement, ring: KeyRing) -> Trust:
    """Return a bundle of certificates: libtrust knows RSA and EC keys by its own ids, and nothing else."""
    if ring.active.algorithm not in BUNDLED:
        raise UnfitError(
            f"the realm signs with an {ring.active.algorithm} key, which Distribution 2.x cannot verify",
            "make an ES256 key the active one, or use Distribution 3.x",
        )
    if agreement.key_id.format is not KidFormat.LIBTRUST and not agreement.x5c:
        raise UnfitError(
            f"the service's key_id is {agreement.key_id}, but Distribution 2.x knows keys by libtrust's ids",
            f"remove key_id from the service {agreement.service!r}: libtrust is the default",
        )
    fit = [key for key in ring.published if key.algorithm in BUNDLED]
    left_out = [key for key in ring.published if key not in fit]
    notes = tuple(
        f"The {key.algorithm} key {key.name} is left out: Distribution 2.x does not start with it."
        for key in left_out
    )
    notes += _own_certificates(agreement, fit)
    return Trust({BUNDLE: _bundle(agreement, fit)}, _algorithms(agreement, fit), notes)


def _distribution3(agreement: Agreement, ring: KeyRing) -> Trust:
    """Return a JWK Set; for tokens with certificates the bundle too, by which alone those are verified."""
    files = {JWK_SET: _jwk_set(agreement, ring)}
    if agreement.x5c:
        files[BUNDLE] = _bundle(agreement, ring.published)
    notes = _own_certificates(agreement, ring.published)
    if agreement.key_id.format is KidFormat.LITERAL:
        notes += (f"Tokens name the key {agreement.key_id.literal!r}, which stands for one key: {_AT_ONCE}",)
    return Trust(files, _algorithms(agreement, ring.published), notes)


def _zot(key: SigningKey) -> Trust:
    """Return the one certificate that zot reads."""
    certificate = key.certificates[0].public_bytes(Encoding.PEM)
    return Trust({CERTIFICATE: certificate}, (key.algorithm,), _ZOT_NOTES)


def _bundle(agreement: Agreement, keys: Sequence[SigningKey]) -> bytes:
    """Return the keys' own certificates; where tokens carry theirs, the last certificate of each chain."""
    if not agreement.x5c:
        return jwks.pem_bundle(keys)
    anchors = dict.fromkeys(key.certificates[-1].public_bytes(Encoding.PEM) for key in keys)
    return b"".join(anchors)


def _own_certificates(agreement: Agreement, keys: Sequence[SigningKey]) -> tuple[str, ...]:
    """Return a note where the bundle has a key's own certificate, because its authority's is missing."""
    alone = [key.name for key in keys if len(key.certificates) == 1 and not key.is_self_signed]
    if not agreement.x5c or not alone:
        return ()
    text = (
        f"{BUNDLE} has the certificate of the key {alone[0]} itself: put that of its authority there instead."
    )
    return (text,)


def _jwk_set(agreement: Agreement, ring: KeyRing) -> bytes:
    if agreement.key_id.format is not KidFormat.LITERAL:
        return ring.jwk_set
    named = {
        **required_members(ring.active.public_key),
        "use": "sig",
        "alg": ring.active.algorithm,
        "kid": agreement.key_id.literal,
    }
    return json.dumps({"keys": [named, *json.loads(ring.jwk_set)["keys"]]}, separators=(",", ":")).encode()


def _algorithms(agreement: Agreement, keys: Sequence[SigningKey]) -> tuple[Algorithm, ...]:
    asked = agreement.algorithm
    return tuple(dict.fromkeys(asked if asked in key.algorithms else key.algorithm for key in keys))
