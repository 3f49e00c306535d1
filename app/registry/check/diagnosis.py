"""From what a registry takes and refuses to what is wrong.

A registry says no more of a refused token than `invalid_token`. So it is shown tokens that differ from the
usual one, until it takes one. Then each difference is taken back by itself: if the registry refuses the token
without it, that is what is wrong.

If it takes none, Distribution 3.x still tells whether it trusts a key: it names no error for a token whose
signature alone is wrong. Distribution 2.8 does not tell. So there an issuer that is not among those tried
cannot be told from an untrusted key, unless the administrator names the issuer that the registry has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from app.keys.keyring import KeyRing
from app.keys.signing_key import SigningKey
from app.registry.agreement import RegistryKind
from app.registry.check.trials import KeyReference, Present, Trial, Verdict, issuers, references


@dataclass(frozen=True, slots=True)
class Evidence:
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
        reference: How a token must name its key; None where that is the usual way or unknown.
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
    reference: KeyReference | None = None
    issuer: str | None = None
    key: SigningKey | None = None
    clock: bool = False
    wrong_issuer: bool = False
    untrusted: bool = False
    undecided: bool = False
    takes_anything: bool = False


def diagnose(
    present: Present, usual: Trial, evidence: Evidence, ring: KeyRing, stranger: SigningKey
) -> Diagnosis:
    """Find out what a registry expects.

    Args:
        present: Shows a token to it.
        usual: The token that the realm would issue.
        evidence: What is known already.
        ring: The realm's keys.
        stranger: A key that nobody trusts.
    """
    strange = replace(usual, key=stranger)
    if present(strange) is Verdict.TAKEN:
        return Diagnosis(takes_anything=True)
    if present(usual) is Verdict.TAKEN:
        return Diagnosis(good=True, taken=usual)
    wide = replace(usual, audience=evidence.service or usual.audience).at_any_time(
        evidence.now, evidence.clock
    )
    tells = not _is_known(present, strange)  # what says so of every key says nothing
    trusted = [each for each in _by_key(wide, ring) if tells and _is_known(present, each)]
    ways = trusted or list(_by_key(wide, ring))
    for trial in _trials(ways, evidence, wide):
        if present(trial) is Verdict.TAKEN:
            return _differences(present, trial, usual)
    return _without_any(evidence, usual, trusted[0] if trusted else None)


def _by_key(trial: Trial, ring: KeyRing) -> Iterator[Trial]:
    """Yield a token under every key and every name of it, the usual one first."""
    keys = (trial.key, *(key for key in ring.published if key is not trial.key))
    for key in keys:
        for reference in references(trial.reference):
            yield replace(trial, key=key, reference=reference)


def _is_known(present: Present, trial: Trial) -> bool:
    return present(replace(trial, broken=True)) is Verdict.KEY_KNOWN


def _trials(ways: list[Trial], evidence: Evidence, trial: Trial) -> Iterator[Trial]:
    """Yield tokens with every issuer that the registry may have: all keys with ours first."""
    said = (evidence.said,) if evidence.said else ()
    for issuer in issuers(trial.issuer, evidence.realm, (*said, *evidence.others)):
        for way in ways:
            if issuer in (trial.issuer, evidence.said) or way.key is trial.key:
                yield replace(way, issuer=issuer)


def _differences(present: Present, taken: Trial, usual: Trial) -> Diagnosis:
    """Change one thing after the other back to the usual; what is refused then is wrong."""

    def wrong(changed: Trial) -> bool:
        return changed != taken and present(changed) is not Verdict.TAKEN

    return Diagnosis(
        taken=taken,
        reference=taken.reference if wrong(replace(taken, reference=usual.reference)) else None,
        issuer=taken.issuer if (other := wrong(replace(taken, issuer=usual.issuer))) else None,
        key=taken.key if wrong(replace(taken, key=usual.key)) else None,
        clock=wrong(replace(taken, start=usual.start, end=usual.end)),
        wrong_issuer=other,
    )


def _without_any(evidence: Evidence, usual: Trial, trusted: Trial | None) -> Diagnosis:
    """Return what is wrong where the registry took no token at all."""
    if trusted is not None:
        return Diagnosis(
            reference=trusted.reference if trusted.reference != usual.reference else None,
            key=trusted.key if trusted.key is not usual.key else None,
            wrong_issuer=True,
        )
    sure = evidence.kind in (RegistryKind.DISTRIBUTION3, RegistryKind.ZOT) or bool(evidence.said)
    return Diagnosis(
        untrusted=sure,
        undecided=not sure,
        wrong_issuer=bool(evidence.said) and evidence.said != usual.issuer,
        issuer=evidence.said if evidence.said and evidence.said != usual.issuer else None,
    )
