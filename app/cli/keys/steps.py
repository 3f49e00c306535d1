"""What `wharfinger keys rotate` says of each step: what was done, and what is to be done before the next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import click

from app.cli.keys.new import ids
from app.cli.keys.realm import KeysOfRealm, moment
from app.keys.algorithm import Algorithm
from app.keys.fitness import is_to_be_certified, warnings
from app.keys.keyring import KeyRing
from app.keys.rotation import Plan, Step, needs_registries
from app.keys.signing_key import KeyState, SigningKey


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call.

    Attributes:
        text: For the operator.
        step: The step that was taken, or that has to wait; None where there is nothing to do.
        keys: The names of its keys.
        due: When to call again at the earliest.
        good: Whether nothing has to wait.
    """

    text: str
    step: Step | None = None
    keys: tuple[str, ...] = ()
    due: datetime | None = None
    good: bool = True

    def fields(self) -> dict[str, Any]:
        """Give it for programs."""
        return {
            "step": self.step,
            "done": self.good,
            "keys": self.keys,
            "next_at": self.due.isoformat() if self.due else None,
            "text": self.text,
        }


def young(key: SigningKey, age: timedelta) -> Outcome:
    """Say that there is nothing to do yet."""
    return Outcome(f"The active key {key.name} is {age.days} days old; nothing to do.")


def would_announce(algorithm: Algorithm) -> Outcome:
    """Say what a first step would be."""
    return Outcome(f"Would make and announce a new {algorithm} key.", Step.ANNOUNCE)


def announced(realm: KeysOfRealm, ring: KeyRing, key: SigningKey, now: datetime) -> Outcome:
    """Say that there is a new key, and what has to happen before it signs."""
    due = realm.waits.until_active(key)
    text = _lines(
        f"Announced the {key.algorithm} key {key.name}:",
        ids(key),
        "It is published, and signs nothing yet.",
        *(_warning(each) for each in warnings(key, realm.services, now)),
        "",
        *_before_it_signs(realm, ring, key, due),
    )
    return Outcome(text, Step.ANNOUNCE, (key.name,), due)


def registries_first(realm: KeysOfRealm, ring: KeyRing, key: SigningKey, due: datetime) -> Outcome:
    """Say what has to happen before an announced key signs."""
    text = _lines(
        f"The key {key.name} is announced. Every registry must know it before it signs.",
        "",
        *_before_it_signs(realm, ring, key, due),
    )
    return Outcome(text, Step.ACTIVATE, (key.name,), due, good=False)


def wait(found: Plan, reason: str) -> Outcome:
    """Say until when to wait."""
    names = tuple(key.name for key in found.keys)
    text = f"The next step is to {found.step} {', '.join(names)}.\nWait until {moment(found.due)}: {reason}."
    return Outcome(text, found.step, names, found.due, good=False)


def activated(realm: KeysOfRealm, ring: KeyRing, key: SigningKey, now: datetime, *, dry: bool) -> Outcome:
    """Say that another key signs."""
    former = ring.active
    if dry:
        return Outcome(f"Would activate {key.name} and retire {former.name}.", Step.ACTIVATE, (key.name,))
    due = realm.waits.until_removed(replace(former, since=now))
    text = _lines(
        f"Activated the key {key.name}: it signs as soon as the servers have read it.",
        f"Retired the key {former.name}: it stays published while a token of it may live.",
        "",
        f"Next, not before {moment(due)}:",
        f"  wharfinger keys rotate{realm.option}",
    )
    return Outcome(text, Step.ACTIVATE, (key.name,), due)


def removed(realm: KeysOfRealm, ring: KeyRing, keys: Iterable[SigningKey], *, dry: bool) -> Outcome:
    """Say that a former key is gone."""
    names = tuple(key.name for key in keys)
    if dry:
        return Outcome(f"Would remove {', '.join(names)}.", Step.REMOVE, names)
    left = [key for key in ring.published if key.name not in names and key.state is not KeyState.ACTIVE]
    text = _lines(
        f"Removed {', '.join(names)}: nothing that was signed by it is valid any more.",
        "The rotation is complete; the next call begins another."
        if not left
        else f"The next step is about {', '.join(key.name for key in left)}: call again.",
        "Registries should forget the key too. When they next start, give them:",
        f"  wharfinger keys publish DIR{realm.option}",
    )
    return Outcome(text, Step.REMOVE, names)


def _before_it_signs(realm: KeysOfRealm, ring: KeyRing, key: SigningKey, due: datetime) -> Iterator[str]:
    is_uncertified = is_to_be_certified(ring, key, realm.services)
    if is_uncertified:
        yield "Have your authority certify the key, and put the certificate, then those of"
        yield f"intermediate authorities, into {realm.folder / key.name}.crt"
        yield ""
    option = " --registries-ready"
    if not all(service.x5c for service in realm.services.values()) or ring.active.is_self_signed:
        yield "Give every registry the new files, and restart one after the other:"
        yield f"  wharfinger keys publish DIR{realm.option}"
    elif not is_uncertified and needs_registries(ring, key, realm.services):
        yield "Nothing in its certificate shows that it is of the active key's authority (an"
        yield "authority key identifier would). Make sure that every registry trusts its own."
    else:
        option = ""
        yield "Registries that trust the authority need nothing."
    yield f"Then, not before {moment(due)}:"
    yield f"  wharfinger keys rotate{option}{realm.option}"


def _warning(text: str) -> str:
    return click.wrap_text(f"Warning: {text}", 78, "", "  ")


def _lines(*lines: str) -> str:
    return "\n".join(lines)
