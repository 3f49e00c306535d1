"""What `wharfinger keys rotate` prints: what was done, and what is to be done before the next step."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.cli.keys.new import ids
from app.cli.keys.realm import NamedRealm, moment
from app.cli.output import wrapped
from app.keys.algorithm import Algorithm
from app.keys.fitness import warnings
from app.keys.keyring import KeyRing
from app.keys.rotation import Hold, Plan, Preparation, RotationStep, plan
from app.keys.signing_key import KeyState, SigningKey

_BEFORE = {
    RotationStep.ACTIVATE: "not every server may publish the announced key before then",
    RotationStep.REMOVE: "what the retired key signed may be valid until then",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a call.

    Attributes:
        text: For the operator.
        step: The step that was taken, or that has to wait; None where there is nothing to do.
        keys: The names of its keys.
        due: When to call again at the earliest.
        good: Whether nothing has to wait.
    """

    text: str
    step: RotationStep | None = None
    keys: tuple[str, ...] = ()
    due: datetime | None = None
    good: bool = True

    def fields(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "step": self.step,
            "done": self.good,
            "keys": self.keys,
            "next_at": self.due.isoformat() if self.due else None,
            "text": self.text,
        }


def held(realm: NamedRealm, ring: KeyRing, found: Plan, hold: Hold) -> Told:
    """Say why the next step is not taken now."""
    names = tuple(key.name for key in found.keys)
    if hold is Hold.AGE:
        return Told(f"The active key {ring.active.name} is {found.age.days} days old; nothing to do.")
    if hold is Hold.REGISTRIES:
        heading = f"The key {names[0]} is announced. Every registry must know it before it signs."
        text = _lines(heading, "", *_before_it_signs(realm, found))
    else:
        heading = f"The next step is to {found.step} {', '.join(names)}."
        text = f"{heading}\nWait until {moment(found.due)}: {_BEFORE[found.step]}."
    return Told(text, found.step, names, found.due, good=False)


def would(ring: KeyRing, found: Plan, algorithm: Algorithm | None) -> Told:
    """Say what the next step would be."""
    names = tuple(key.name for key in found.keys)
    text = {
        RotationStep.ANNOUNCE: f"make and announce a new {algorithm or ring.active.algorithm} key",
        RotationStep.ACTIVATE: f"activate {', '.join(names)} and retire {ring.active.name}",
        RotationStep.REMOVE: f"remove {', '.join(names)}",
    }
    return Told(f"Would {text[found.step]}.", found.step, names)


def taken(realm: NamedRealm, before: KeyRing, found: Plan, after: KeyRing, now: datetime) -> Told:
    """Say what was done, and what comes next.

    Args:
        realm: Whose keys.
        before: The keys before the step.
        found: The step.
        after: The keys now.
        now: With a time zone.
    """
    match found.step:
        case RotationStep.ANNOUNCE:
            known = {key.name for key in before.keys}
            (key,) = (key for key in after.keys if key.name not in known)
            return _announced(realm, key, plan(after, realm.keys, now), now)
        case RotationStep.ACTIVATE:
            retired = next(key for key in after.keys if key.name == before.active.name)
            return _activated(realm, after.active, retired)
        case RotationStep.REMOVE:
            return _removed(realm, found, after)


def _announced(realm: NamedRealm, key: SigningKey, then: Plan, now: datetime) -> Told:
    text = _lines(
        f"Announced the {key.algorithm} key {key.name}:",
        ids(key),
        "It is published, and signs nothing yet.",
        *(_warning(each) for each in warnings(key, realm.keys.services, now)),
        "",
        *_before_it_signs(realm, then),
    )
    return Told(text, RotationStep.ANNOUNCE, (key.name,), then.due)


def _activated(realm: NamedRealm, key: SigningKey, former: SigningKey) -> Told:
    due = realm.keys.waits.until_removed(former)
    text = _lines(
        f"Activated the key {key.name}: it signs as soon as the servers have read it.",
        f"Retired the key {former.name}: it stays published while a token of it may live.",
        "",
        f"Next, not before {moment(due)}:",
        f"  wharfinger keys rotate{realm.option}",
    )
    return Told(text, RotationStep.ACTIVATE, (key.name,), due)


def _removed(realm: NamedRealm, found: Plan, after: KeyRing) -> Told:
    names = tuple(key.name for key in found.keys)
    left = [key.name for key in after.published if key.state is not KeyState.ACTIVE]
    text = _lines(
        f"Removed {', '.join(names)}: nothing that was signed by it is valid any more.",
        "The rotation is complete; the next call begins another."
        if not left
        else f"The next step is about {', '.join(left)}: call again.",
        "Registries should forget the key too. When they next start, give them:",
        f"  wharfinger keys publish DIR{realm.option}",
    )
    return Told(text, RotationStep.REMOVE, names)


def _before_it_signs(realm: NamedRealm, found: Plan) -> Iterator[str]:
    if found.to_certify:
        yield "Have your authority certify the key, and put the certificate, then those of"
        yield f"intermediate authorities, into {realm.keys.folder / found.keys[0].name}.crt"
        yield ""
    option = " --registries-ready"
    match found.preparation:
        case Preparation.FILES:
            yield from _files(realm)
        case Preparation.AUTHORITY:
            yield "Nothing in its certificate shows that it is of the active key's authority (an"
            yield "authority key identifier would). Make sure that every registry trusts its own."
        case Preparation.NOTHING:
            option = ""
            yield "Registries that trust the authority need nothing."
    yield f"Then, not before {moment(found.due)}:"
    yield f"  wharfinger keys rotate{option}{realm.option}"


def _files(realm: NamedRealm) -> Iterator[str]:
    """Say how registries get the new key; zot, which takes one key, gets it when that begins to sign."""
    services = realm.keys.services
    zots = [name for name, service in services.items() if service.is_zot]
    if len(zots) < len(services):
        yield "Give every registry the new files, and restart one after the other:"
        yield f"  wharfinger keys publish DIR{realm.option}"
    if zots:
        yield "zot takes one key. Have its new certificate ready, and put it in place and"
        yield "restart zot at the moment of the next step:"
    for name in zots:
        options = f"--for zot --key announced --out DIR{realm.option}"
        yield f"  wharfinger registry config {shlex.quote(name)} {options}"


def _warning(text: str) -> str:
    return _lines(*wrapped(f"Warning: {text}", 2))


def _lines(*lines: str) -> str:
    return "\n".join(lines)
