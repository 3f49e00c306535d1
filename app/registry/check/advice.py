"""From a diagnosis to findings: what is wrong, in words, and which lines to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.keys.kid import KidFormat
from app.registry.agreement import Agreement, RegistryKind
from app.registry.check.diagnosis import Diagnosis, Evidence
from app.registry.check.findings import RegistryFinding, Topic, shown
from app.registry.check.trials import KeyReference

_NOTICEABLE = timedelta(seconds=30)
_NTP = "Have both machines keep their clocks by NTP."
_LOG = (
    "Its own log says which, in the line of the refused request:\n"
    '  "token from untrusted issuer": the issuer;\n'
    '  "token signed by untrusted key with ID": the keys.\n'
    "Or run this again with --issuer and the issuer that stands in its configuration."
)
_SUBJECT = (
    "Or it knows no user of the token's subject, which is wharfinger-check here: some registries, such as "
    "Pulp, take tokens for their own users alone."
)


def advise(diagnosis: Diagnosis, evidence: Evidence, agreement: Agreement) -> Iterator[RegistryFinding]:
    """Yield what is wrong, as a diagnosis says.

    Args:
        diagnosis: What was found out.
        evidence: What was known before the first token was shown.
        agreement: What the registry should agree on with us.
    """
    if diagnosis.takes_anything:
        yield RegistryFinding(
            Topic.KEYS,
            "The registry takes a token that is signed by nobody: everyone can do everything there. "
            "Something before it, or in place of it, does not check tokens.",
        )
        return
    if diagnosis.undecided:
        yield RegistryFinding(
            Topic.KEYS,
            "The registry takes no token of this realm: it trusts none of the realm's keys, or it expects "
            "an issuer that this command did not think of. From outside these look the same.",
            registry={"issuer": agreement.issuer, **_trust(evidence.kind)},
            advice=_LOG if evidence.kind is not None else f"{_LOG}\n{_SUBJECT}",
        )
    if diagnosis.untrusted:
        yield _untrusted(evidence, agreement)
    if diagnosis.wrong_issuer:
        yield _issuer(diagnosis, agreement)
    if diagnosis.key is not None:
        yield _other_key(diagnosis, evidence, agreement)
    if diagnosis.reference is not None:
        yield _reference(diagnosis.reference, evidence, agreement)
    yield from _clock(diagnosis, evidence)


def far_apart(evidence: Evidence) -> RegistryFinding:
    """Return the finding that the clocks are so far apart that no token can be shown."""
    apart = _apart(evidence, evidence.clock - evidence.now)
    text = f"The clocks are too far apart{apart}. Nothing else can be told."
    return RegistryFinding(Topic.CLOCK, text, advice=_NTP)


def _untrusted(evidence: Evidence, agreement: Agreement) -> RegistryFinding:
    text = "The registry trusts none of the realm's keys: it has other certificates, or none of ours."
    if evidence.kind is RegistryKind.DISTRIBUTION3:
        text += " (Or it has `signingalgorithms` without that of our key.)"
    return RegistryFinding(
        Topic.KEYS, text, registry=_trust(evidence.kind), advice=_give_keys(evidence, agreement)
    )


def _give_keys(evidence: Evidence, agreement: Agreement) -> str:
    return (
        f"`wharfinger registry config {agreement.service} --for {evidence.kind or 'distribution2'} "
        "--out DIR` writes the files; put the one with the keys in the place that the registry's "
        "configuration names, and restart the registry."
    )


def _trust(kind: RegistryKind | None) -> dict[str, str]:
    match kind:
        case RegistryKind.DISTRIBUTION3:
            return {"jwks": "/etc/distribution/jwks.json"}
        case RegistryKind.ZOT:
            return {"cert": "/etc/zot/wharfinger.crt"}
        case _:
            return {"rootcertbundle": "/etc/docker/registry/certs.pem"}


def _issuer(diagnosis: Diagnosis, agreement: Agreement) -> RegistryFinding:
    ours = shown(agreement.issuer)
    text = f"The registry expects another issuer than {ours}; which one, it does not say."
    if diagnosis.issuer is not None:
        text = f"The registry expects the issuer {shown(diagnosis.issuer)}; tokens say {ours}."
    return RegistryFinding(Topic.ISSUER, text, registry={"issuer": agreement.issuer})


def _other_key(diagnosis: Diagnosis, evidence: Evidence, agreement: Agreement) -> RegistryFinding:
    trusted = diagnosis.key
    name = trusted.name if trusted is not None else ""
    state = trusted.state if trusted is not None else ""
    return RegistryFinding(
        Topic.KEYS,
        f"The registry trusts the {state} key {name} and not the active one: its files are older or newer.",
        registry=_trust(evidence.kind),
        advice=_give_keys(evidence, agreement),
    )


def _reference(reference: KeyReference, evidence: Evidence, agreement: Agreement) -> RegistryFinding:
    if reference.x5c:
        text = "The registry goes by the certificate in the token (x5c), and there is none in it."
        return RegistryFinding(Topic.CERTIFICATES, text, here={"x5c": True})
    if agreement.x5c:
        text = "The registry has nothing to which the certificate in the token (x5c) leads; it knows key ids."
        same = reference.key_id == agreement.key_id
        return RegistryFinding(
            Topic.CERTIFICATES, text, here={"x5c": False} | ({} if same else _key_id(reference))
        )
    theirs, ours = reference.key_id, agreement.key_id
    text = f"The registry knows the key by its {theirs.format} id; tokens name it by {ours}."
    advice = ""
    if evidence.kind is RegistryKind.DISTRIBUTION3 and theirs.format is KidFormat.RFC7638:
        advice = "Or give the registry `jwks` in place of `rootcertbundle`: there the key has both ids."
    return RegistryFinding(Topic.KEY_ID, text, here=_key_id(reference), advice=advice)


def _key_id(reference: KeyReference) -> dict[str, object]:
    return {"key_id": str(reference.key_id)}


def _clock(diagnosis: Diagnosis, evidence: Evidence) -> Iterator[RegistryFinding]:
    apart = evidence.clock - evidence.now
    if diagnosis.clock:
        yield RegistryFinding(
            Topic.CLOCK, f"The clocks are too far apart{_apart(evidence, apart)}.", advice=_NTP
        )
    elif abs(apart) >= _NOTICEABLE:
        text = f"The clocks are apart{_apart(evidence, apart)}; the registry still takes new tokens."
        yield RegistryFinding(Topic.CLOCK, text, is_warning=True, advice=_NTP)


def _apart(evidence: Evidence, apart: timedelta) -> str:
    if abs(apart) < timedelta(seconds=1):
        return ""
    way = "ahead of" if apart > timedelta() else "behind"
    return f": the registry's ({_time(evidence.clock)}) is {abs(apart).total_seconds():.0f} s {way} ours"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
