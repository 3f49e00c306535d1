"""The safe order in which keys follow each other, and how long to wait between two steps.

    announce   a new key is published and signs nothing
               … until every server publishes it and every registry knows it
    activate   it signs; the one that did so until now is retired, and still published
               … until nothing that the retired one signed can be valid any more
    remove     the retired one is gone

Every step can be told from the keys alone, so that a rotation can stop and go on anywhere.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509

from app.keys.fitness import Service
from app.keys.keyring import KeyRing
from app.keys.signing_key import KeyState, SigningKey

LEEWAY = timedelta(seconds=60)
"""For how long after its expiry a registry still takes a token (Distribution, registry/auth/token)."""
_UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long a realm has to wait.

    Attributes:
        propagation: Until every server has read a change of the keys.
        lifetime: The longest that a token lives.
        backdate: How far behind the clock of a registry may be.
    """

    propagation: timedelta
    lifetime: timedelta
    backdate: timedelta

    def until_active(self, key: SigningKey) -> datetime:
        """Say from when on every server publishes a key, so that it may sign."""
        published = key.since or _UNKNOWN
        return published if key.state is KeyState.RETIRED else published + self.propagation

    def until_removed(self, key: SigningKey) -> datetime:
        """Say from when on nothing that a retired key signed can be valid.

        A server may sign with it until it has read that it is retired.
        """
        return (key.since or _UNKNOWN) + self.propagation + self.lifetime + self.backdate + LEEWAY


class Step(enum.StrEnum):
    """What a rotation does next."""

    ANNOUNCE = "announce"
    ACTIVATE = "activate"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Plan:
    """The next step of a rotation.

    Attributes:
        step: Which one.
        keys: With which keys; none for a key that is still to be made.
        due: From when on it is safe (aware).
        needs_registries: Whether registries have to be given the new key before it.
    """

    step: Step
    keys: tuple[SigningKey, ...] = ()
    due: datetime = _UNKNOWN
    needs_registries: bool = False


def plan(ring: KeyRing, services: Mapping[str, Service], waits: Waits, now: datetime) -> Plan:
    """Find the next step: what was begun is brought to its end before anything new begins.

    Args:
        ring: The keys of the realm.
        services: Its services.
        waits: How long it has to wait.
        now: With a time zone.

    Raises:
        ValueError: Several keys are announced; its text names them.
    """
    announced = [key for key in ring.published if key.state is KeyState.ANNOUNCED]
    retired = [key for key in ring.published if key.state is KeyState.RETIRED]
    if len(announced) > 1:
        raise ValueError(", ".join(key.name for key in announced))
    overdue = tuple(key for key in retired if waits.until_removed(key) <= now)
    if overdue:
        return Plan(Step.REMOVE, overdue, max(map(waits.until_removed, overdue)))
    if announced:
        (key,) = announced
        return Plan(Step.ACTIVATE, (key,), waits.until_active(key), needs_registries(ring, key, services))
    if retired:
        first = min(retired, key=waits.until_removed)
        return Plan(Step.REMOVE, (first,), waits.until_removed(first))
    return Plan(Step.ANNOUNCE)


def needs_registries(ring: KeyRing, key: SigningKey, services: Mapping[str, Service]) -> bool:
    """Tell whether registries have to learn a key: all but those that go by an authority's certificates.

    They know it without being told only where its certificate comes from the authority of the active one's.
    """
    if key.is_self_signed or not _is_by_same_key(key.certificates[-1], ring.active.certificates[-1]):
        return True
    return not all(service.x5c for service in services.values())


def _is_by_same_key(one: x509.Certificate, other: x509.Certificate) -> bool:
    """Tell whether one key of an authority signed both; an authority may change its key and keep its name."""
    signer = _signer(one)
    return one == other or (signer is not None and one.issuer == other.issuer and signer == _signer(other))


def _signer(certificate: x509.Certificate) -> bytes | None:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    return extension.value.key_identifier
