"""From what a registry takes and refuses to what is wrong.

A registry says no more of a refused token than `invalid_token`. So it is shown tokens that differ in one
thing each, until it takes one; then everything in which that one differs from the usual is put back, one
thing after the other, and what makes the registry refuse it is wrong.

Where it takes none, Distribution 3.x still tells whether it trusts a key: it names no error for a token whose
signature alone is wrong. Distribution 2.8 does not, so that there a wrong issuer that nobody thinks of cannot
be told from an untrusted key, unless the administrator says which issuer the registry has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.keys.keyring import KeyRing
from app.keys.signing_key import SigningKey
from app.registry.check.trials import Present, Shape, Trial, Verdict, issuers, shapes
from app.registry.config.connection import RegistryKind


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the first token is shown.

    Attributes:
        kind: The kind of the registry; None where nothing tells it.
        service: What the registry calls itself.
        realm: Where it sends clients; empty where that is no address.
        said: The issuer that the registry has, as the administrator says; empty if nobody said.
        others: Further issuers that it may have.
        clock: The time there.
        now: The time here.
    """

    kind: RegistryKind | None
    service: str
    realm: str
    said: str
    others: tuple[str, ...]
    clock: datetime
    now: datetime


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found out by showing tokens.

    Attributes:
        good: Whether the registry takes the realm's usual token.
        taken: A token that it takes; None where it takes none.
        shape: How a token must name its key; None where that is the usual way or unknown.
        issuer: The issuer that it expects; None where that is ours or unknown.
        key: The key that it trusts instead of the active one.
        clock: Whether the clocks are too far apart.
        wrong_issuer: Whether it expects another issuer, known or not.
        untrusted: Whether it trusts none of the realm's keys.
        undecided: Whether it may be the issuer or the keys.
        takes_anything: Whether it takes a token that anybody could make.
    """

    good: bool = False
    taken: Trial | None = None
    shape: Shape | None = None
    issuer: str | None = None
    key: SigningKey | None = None
    clock: bool = False
    wrong_issuer: bool = False
    untrusted: bool = False
    undecided: bool = False
    takes_anything: bool = False


def diagnose(present: Present, usual: Trial, known: Known, ring: KeyRing, stranger: SigningKey) -> Diagnosis:
    """Find out what a registry expects.

    Args:
        present: Shows a token to it.
        usual: The token that the realm would issue.
        known: What is known already.
        ring: The realm's keys.
        stranger: A key that nobody trusts.
    """
    strange = replace(usual, key=stranger)
    if present(strange) is Verdict.TAKEN:
        return Diagnosis(takes_anything=True)
    if present(usual) is Verdict.TAKEN:
        return Diagnosis(good=True, taken=usual)
    wide = replace(usual, audience=known.service or usual.audience).at_any_time(known.now, known.clock)
    tells = not _is_known(present, strange)  # what says so of every key says nothing
    trusted = [each for each in _by_key(wide, ring) if tells and _is_known(present, each)]
    ways = trusted or list(_by_key(wide, ring))
    for trial in _trials(ways, known, wide):
        if present(trial) is Verdict.TAKEN:
            return _differences(present, trial, usual)
    return _without_any(known, usual, trusted[0] if trusted else None)


def _by_key(trial: Trial, ring: KeyRing) -> Iterator[Trial]:
    """Give a token under every key and every name of it, the usual one first."""
    keys = (trial.key, *(key for key in ring.published if key is not trial.key))
    for key in keys:
        for shape in shapes(trial.shape):
            yield replace(trial, key=key, shape=shape)


def _is_known(present: Present, trial: Trial) -> bool:
    return present(replace(trial, broken=True)) is Verdict.KEY_KNOWN


def _trials(ways: list[Trial], known: Known, trial: Trial) -> Iterator[Trial]:
    """Give tokens with every issuer that the registry may have: all keys with ours first."""
    said = (known.said,) if known.said else ()
    for issuer in issuers(trial.issuer, known.realm, (*said, *known.others)):
        for way in ways:
            if issuer in (trial.issuer, known.said) or way.key is trial.key:
                yield replace(way, issuer=issuer)


def _differences(present: Present, taken: Trial, usual: Trial) -> Diagnosis:
    """Put back one thing after the other; what is refused then is wrong."""

    def wrong(changed: Trial) -> bool:
        return changed != taken and present(changed) is not Verdict.TAKEN

    return Diagnosis(
        taken=taken,
        shape=taken.shape if wrong(replace(taken, shape=usual.shape)) else None,
        issuer=taken.issuer if (other := wrong(replace(taken, issuer=usual.issuer))) else None,
        key=taken.key if wrong(replace(taken, key=usual.key)) else None,
        clock=wrong(replace(taken, start=usual.start, end=usual.end)),
        wrong_issuer=other,
    )


def _without_any(known: Known, usual: Trial, trusted: Trial | None) -> Diagnosis:
    """Say what is wrong where the registry took nothing at all."""
    if trusted is not None:
        return Diagnosis(
            shape=trusted.shape if trusted.shape != usual.shape else None,
            key=trusted.key if trusted.key is not usual.key else None,
            wrong_issuer=True,
        )
    sure = known.kind in (RegistryKind.DISTRIBUTION3, RegistryKind.ZOT) or bool(known.said)
    return Diagnosis(
        untrusted=sure,
        undecided=not sure,
        wrong_issuer=bool(known.said) and known.said != usual.issuer,
        issuer=known.said if known.said and known.said != usual.issuer else None,
    )
