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
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.errors import Problem, UnfitError
from app.keys import fitness
from app.keys.algorithm import Algorithm
from app.keys.certificate import is_by_same_authority
from app.keys.change import LockedKeys
from app.keys.create import new_key
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
        """Return from when on every server publishes a key, so that it may sign."""
        published = key.since or _UNKNOWN
        return published if key.state is KeyState.RETIRED else published + self.propagation

    def until_removed(self, key: SigningKey) -> datetime:
        """Return from when on nothing that a retired key signed can be valid.

        A server may sign with it until it has read that it is retired.
        """
        return (key.since or _UNKNOWN) + self.propagation + self.lifetime + self.backdate + LEEWAY


@dataclass(frozen=True, slots=True)
class RealmKeys:
    """What a configuration says of the keys of a realm.

    Attributes:
        folder: Where they are.
        issuer: The realm's issuer, which is the subject of new certificates.
        services: What the keys sign for.
        waits: How long to wait between two steps.
    """

    folder: Path
    issuer: str
    services: Mapping[str, Service]
    waits: Waits


class RotationStep(enum.StrEnum):
    """What a rotation does next."""

    ANNOUNCE = "announce"
    ACTIVATE = "activate"
    REMOVE = "remove"


class Hold(enum.Enum):
    """Why a step is not taken now."""

    AGE = enum.auto()  # the active key is younger than it should be when a rotation begins
    REGISTRIES = enum.auto()  # nobody said that they are ready for the new key
    TIME = enum.auto()  # it is not due


class Preparation(enum.Enum):
    """What registries need before an announced key signs."""

    NOTHING = enum.auto()  # they trust the authority of its certificate
    FILES = enum.auto()  # the new files, and a restart
    AUTHORITY = (
        enum.auto()
    )  # somebody has to see that they trust the authority: the certificate does not show it


@dataclass(frozen=True, slots=True)
class Plan:
    """The next step of a rotation.

    Attributes:
        step: Which one.
        keys: With which keys; none for a key that is still to be made.
        due: From when on it is safe (aware).
        age: How old the active key is.
        preparation: What registries need before an announced key signs.
        to_certify: Whether an authority has to certify the announced key before.
        problems: What keeps the announced key from signing; it has to be mended first.
    """

    step: RotationStep
    keys: tuple[SigningKey, ...] = ()
    due: datetime = _UNKNOWN
    age: timedelta = timedelta()
    preparation: Preparation = Preparation.NOTHING
    to_certify: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def needs_registries(self) -> bool:
        """Whether somebody has to say that the registries are ready."""
        return self.to_certify or self.preparation is not Preparation.NOTHING

    def hold(self, now: datetime, *, ready: bool = False, older_than: timedelta = timedelta()) -> Hold | None:
        """Return why the step is not taken now; None where it can be.

        Args:
            now: With a time zone.
            ready: Whether every registry is ready for the announced key.
            older_than: How old the active key has to be before a rotation begins.
        """
        if self.step is RotationStep.ANNOUNCE:
            return Hold.AGE if self.age < older_than else None
        if self.step is RotationStep.ACTIVATE and self.needs_registries and not ready:
            return Hold.REGISTRIES
        return Hold.TIME if now < self.due else None


def plan(ring: KeyRing, realm: RealmKeys, now: datetime) -> Plan:
    """Return the next step: what was begun is brought to its end before anything new begins.

    Args:
        ring: The keys of the realm.
        realm: What is configured for them.
        now: With a time zone.

    Raises:
        UnfitError: Several keys are announced.
    """
    waits = realm.waits
    announced = [key for key in ring.published if key.state is KeyState.ANNOUNCED]
    retired = [key for key in ring.published if key.state is KeyState.RETIRED]
    if len(announced) > 1:
        names = ", ".join(key.name for key in announced)
        hint = "activate one by name, or retire all but one"
        raise UnfitError(f"several keys are announced: {names}", hint)
    overdue = tuple(key for key in retired if waits.until_removed(key) <= now)
    if overdue:
        return Plan(RotationStep.REMOVE, overdue, max(map(waits.until_removed, overdue)))
    if announced:
        return _activation(ring, announced[0], realm, now)
    if retired:
        first = min(retired, key=waits.until_removed)
        return Plan(RotationStep.REMOVE, (first,), waits.until_removed(first))
    return Plan(RotationStep.ANNOUNCE, age=now - (ring.active.since or now))


def _activation(ring: KeyRing, key: SigningKey, realm: RealmKeys, now: datetime) -> Plan:
    return Plan(
        RotationStep.ACTIVATE,
        (key,),
        realm.waits.until_active(key),
        preparation=_preparation(ring, key, realm.services),
        to_certify=fitness.is_to_be_certified(ring, key, realm.services),
        problems=tuple(signing_problems(ring, key, realm, now)),
    )


def signing_problems(ring: KeyRing, key: SigningKey, realm: RealmKeys, now: datetime) -> list[Problem]:
    """Return why registries would refuse what a key signs."""
    return [
        *fitness.problems(realm.folder, key, realm.services),
        *fitness.certificate_problems(realm.folder, ring, key, realm.services, now),
    ]


def take(
    keys: LockedKeys,
    ring: KeyRing,
    found: Plan,
    realm: RealmKeys,
    now: datetime,
    *,
    algorithm: Algorithm | None = None,
) -> KeyRing:
    """Take a step that nothing holds.

    Args:
        keys: The realm's folder.
        ring: The keys in it.
        found: The step.
        realm: What is configured for them.
        now: With a time zone.
        algorithm: Of a new key; None is that of the active one.

    Returns:
        The keys that are in the folder then.

    Raises:
        ConfigurationError: The folder does not allow it.
        OSError: The folder cannot be written.
    """
    match found.step:
        case RotationStep.ANNOUNCE:
            key = new_key(None, algorithm or ring.active.algorithm, KeyState.ANNOUNCED, realm.issuer, now)
            keys.add(key, now)
            return KeyRing((*ring.keys, key))
        case RotationStep.ACTIVATE:
            keys.activate(found.keys[0].name, now)
            return _activated(ring, found.keys[0], now)
        case RotationStep.REMOVE:
            keys.discard(*(key.name for key in found.keys))
            return KeyRing(tuple(key for key in ring.keys if key not in found.keys))


def _activated(ring: KeyRing, key: SigningKey, now: datetime) -> KeyRing:
    """Return the keys as they are once a key was activated."""
    changed = {
        key.name: replace(key, state=KeyState.ACTIVE, since=now),
        ring.active.name: replace(ring.active, state=KeyState.RETIRED, since=now),
    }
    return KeyRing(tuple(changed.get(each.name, each) for each in ring.keys))


def _preparation(ring: KeyRing, key: SigningKey, services: Mapping[str, Service]) -> Preparation:
    """Return what registries need before a key signs.

    They know it without being told only where its certificate comes from the authority of the active one's.
    """
    if not all(service.x5c for service in services.values()) or ring.active.is_self_signed:
        return Preparation.FILES
    if key.is_self_signed or is_by_same_authority(key.certificates[-1], ring.active.certificates[-1]):
        return Preparation.NOTHING  # a self-signed one is certified first
    return Preparation.AUTHORITY
