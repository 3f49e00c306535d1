"""Whether registries accept what keys sign: what cannot work, and what an operator should know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from app.errors import Problem
from app.expiry import ends_soon
from app.keys.algorithm import BUNDLED, Algorithm, has_full_coordinates
from app.keys.keyring import KeyRing
from app.keys.kid import KeyId, KidFormat
from app.keys.signing_key import KeyState, SigningKey


@dataclass(frozen=True, slots=True)
class Service:
    """One registry, and what its tokens must look like.

    Attributes:
        key_id: Which id of the key its tokens carry.
        x5c: Whether they carry the key's certificates.
        algorithm: The `alg` of its tokens; None is the key's own.
        is_zot: Whether it is a zot, which takes one key and asks for its catalog by `repository::pull`.
    """

    key_id: KeyId
    x5c: bool = False
    algorithm: Algorithm | None = None
    is_zot: bool = False


def problems(folder: Path, key: SigningKey, services: Mapping[str, Service]) -> list[Problem]:
    """Return what keeps a key from signing for a realm's services."""
    able = ", ".join(key.algorithms)
    return [
        Problem.of_file(
            folder,
            f"the key {key.name} cannot sign with {service.algorithm}, which service {name} asks for",
            f"it can: {able}; change the service's `algorithm`, or the key",
        )
        for name, service in services.items()
        if service.algorithm is not None and service.algorithm not in key.algorithms
    ]


def certificate_problems(
    folder: Path, ring: KeyRing, key: SigningKey, services: Mapping[str, Service], now: datetime
) -> list[Problem]:
    """Return why registries that verify certificates would not trust a key that is to sign."""
    certificate, path = key.certificates[0], str(folder / f"{key.name}.crt")
    if not any(service.x5c for service in services.values()):
        return []
    if is_to_be_certified(ring, key, services):
        text = "is self-signed: registries that trust the authority of the active key would refuse it"
        return [Problem.of_file(path, text, "have the authority certify the key, and replace the file")]
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return [Problem.of_file(path, "is not valid now, and services have `x5c`", "replace it")]
    return []


def is_to_be_certified(ring: KeyRing, key: SigningKey, services: Mapping[str, Service]) -> bool:
    """Whether a key has to be certified by the authority of the active one before it signs."""
    carried = any(service.x5c for service in services.values())
    return carried and key.is_self_signed and not ring.active.is_self_signed


def warnings(key: SigningKey, services: Mapping[str, Service], now: datetime) -> list[str]:
    """Return what an operator should know of a key."""
    found = [*_of_coordinates(key)]
    if key.state is not KeyState.RETIRED:
        found += [*_of_time(key, now), *_of_algorithm(key, services)]
    if key.state is not KeyState.ACTIVE:
        found += _of_literal_ids(services)
    return found


def all_warnings(ring: KeyRing, services: Mapping[str, Service], now: datetime) -> Iterator[str]:
    """Yield what an operator should know of a realm's keys, each with the name of its key."""
    for key in ring.published:
        for warning in warnings(key, services, now):
            yield f"key {key.name}: {warning}"
    for name in ring.superseded:
        yield (
            f"key {name}: its file is called active, but another key was activated later; "
            "it counts as retired"
        )


def _of_coordinates(key: SigningKey) -> Iterable[str]:
    public = key.public_key
    if isinstance(public, ec.EllipticCurvePublicKey) and not has_full_coordinates(public):
        yield (
            "a coordinate begins with a zero byte: Distribution 3.x with `rootcertbundle` computes "
            "another key id and refuses its tokens; rotate to a key made by `wharfinger keys`"
        )


def _of_time(key: SigningKey, now: datetime) -> Iterable[str]:
    certificate = key.certificates[0]
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now < begins:
        yield f"its certificate is not valid before {begins:%Y-%m-%d %H:%M} UTC"
    elif now > ends:
        yield f"its certificate expired on {ends:%Y-%m-%d}: services with `x5c` are refused"
    elif ends_soon(ends, now):
        yield f"its certificate expires on {ends:%Y-%m-%d}: rotate before that"


def _of_algorithm(key: SigningKey, services: Mapping[str, Service]) -> Iterable[str]:
    if key.algorithm in BUNDLED:
        return
    for name, service in services.items():
        if service.x5c or service.key_id.format is KidFormat.LIBTRUST:
            yield (
                f"service {name}: Distribution 2.8 knows no {key.algorithm}, and its certificate is not in "
                "certs.pem; for 3.x with `jwks` write `key_id: rfc7638`"
            )


def _of_literal_ids(services: Mapping[str, Service]) -> Iterable[str]:
    for name, service in services.items():
        if service.key_id.format is KidFormat.LITERAL and not service.x5c:
            yield (
                f"service {name} names its key id literally, so its registry cannot tell two keys apart; "
                "write `key_id: libtrust` or `rfc7638` before the keys change"
            )
