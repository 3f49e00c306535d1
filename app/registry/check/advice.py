"""From a diagnosis to findings: what is wrong, in words, and which lines to change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.keys.kid import KidFormat
from app.registry.check.diagnosis import Diagnosis, Known
from app.registry.check.findings import Finding, Severity, Topic, shown
from app.registry.check.trials import Shape
from app.registry.config.connection import Connection, RegistryKind

_NOTICEABLE = timedelta(seconds=30)
_NTP = "Have both machines keep their clocks by NTP."
_LOG = (
    "Its own log says which, in the line of the refused request:\n"
    '  "token from untrusted issuer": the issuer;\n'
    '  "token signed by untrusted key with ID": the keys.\n'
    "Or run this again with --issuer and the issuer that stands in its configuration."
)


def advise(diagnosis: Diagnosis, known: Known, connection: Connection) -> Iterator[Finding]:
    """Give what is wrong.

    Args:
        diagnosis: What was found out.
        known: What was known before.
        connection: What the registry should agree on with us.
    """
    if diagnosis.takes_anything:
        yield Finding(
            Topic.KEYS,
            "The registry takes a token that is signed by nobody: everyone can do everything there. "
            "Something before it, or in place of it, does not check tokens.",
        )
        return
    if diagnosis.undecided:
        yield Finding(
            Topic.KEYS,
            "The registry takes no token of this realm: it trusts none of the realm's keys, or it expects "
            "an issuer that this command did not think of. From outside these look the same.",
            registry={"issuer": connection.issuer, **_trust(known.kind)},
            advice=_LOG,
        )
    if diagnosis.untrusted:
        yield _untrusted(known, connection)
    if diagnosis.wrong_issuer:
        yield _issuer(diagnosis, connection)
    if diagnosis.key is not None:
        yield _other_key(diagnosis, known)
    if diagnosis.shape is not None:
        yield _shape(diagnosis.shape, known, connection)
    yield from _clock(diagnosis, known)


def far_apart(known: Known) -> Finding:
    """Say that the clocks are so far apart that no token can be shown."""
    text = f"The clocks are too far apart{_apart(known, known.clock - known.now)}. Nothing else can be told."
    return Finding(Topic.CLOCK, text, advice=_NTP)


def _untrusted(known: Known, connection: Connection) -> Finding:
    text = "The registry trusts none of the realm's keys: it has other certificates, or none of ours."
    if known.kind is RegistryKind.DISTRIBUTION3:
        text += " (Or it has `signingalgorithms` without that of our key.)"
    advice = (
        f"`wharfinger registry config {connection.service} --for {known.kind or 'distribution2'} --out DIR` "
        "writes the files; put the one with the keys in the place that the registry's configuration names, "
        "and restart the registry."
    )
    return Finding(Topic.KEYS, text, registry=_trust(known.kind), advice=advice)


def _trust(kind: RegistryKind | None) -> dict[str, str]:
    match kind:
        case RegistryKind.DISTRIBUTION3:
            return {"jwks": "/etc/distribution/jwks.json"}
        case RegistryKind.ZOT:
            return {"cert": "/etc/zot/wharfinger.crt"}
        case _:
            return {"rootcertbundle": "/etc/docker/registry/certs.pem"}


def _issuer(diagnosis: Diagnosis, connection: Connection) -> Finding:
    ours = shown(connection.issuer)
    text = f"The registry expects another issuer than {ours}; which one, it does not say."
    if diagnosis.issuer is not None:
        text = f"The registry expects the issuer {shown(diagnosis.issuer)}; tokens say {ours}."
    return Finding(Topic.ISSUER, text, registry={"issuer": connection.issuer})


def _other_key(diagnosis: Diagnosis, known: Known) -> Finding:
    trusted = diagnosis.key
    name = trusted.name if trusted is not None else ""
    state = trusted.state if trusted is not None else ""
    return Finding(
        Topic.KEYS,
        f"The registry trusts the {state} key {name} and not the active one: its files are older or newer.",
        registry=_trust(known.kind),
        advice="`wharfinger keys publish DIR` writes them anew; restart the registry with them.",
    )


def _shape(shape: Shape, known: Known, connection: Connection) -> Finding:
    if shape.x5c:
        text = "The registry goes by the certificate in the token (x5c), and there is none in it."
        return Finding(Topic.CERTIFICATES, text, here={"x5c": True})
    if connection.x5c:
        text = "The registry has nothing to which the certificate in the token (x5c) leads; it knows key ids."
        same = shape.key_id == connection.key_id
        return Finding(Topic.CERTIFICATES, text, here={"x5c": False} | ({} if same else _key_id(shape)))
    text = (
        f"The registry knows the key by its {shape.key_id.format} id; tokens name it by {connection.key_id}."
    )
    advice = ""
    if known.kind is RegistryKind.DISTRIBUTION3 and shape.key_id.format is KidFormat.RFC7638:
        advice = "Or give the registry `jwks` in place of `rootcertbundle`: there the key has both ids."
    return Finding(Topic.KEY_ID, text, here=_key_id(shape), advice=advice)


def _key_id(shape: Shape) -> dict[str, object]:
    return {"key_id": str(shape.key_id)}


def _clock(diagnosis: Diagnosis, known: Known) -> Iterator[Finding]:
    apart = known.clock - known.now
    if diagnosis.clock:
        yield Finding(Topic.CLOCK, f"The clocks are too far apart{_apart(known, apart)}.", advice=_NTP)
    elif abs(apart) >= _NOTICEABLE:
        text = f"The clocks are apart{_apart(known, apart)}; the registry still takes new tokens."
        yield Finding(Topic.CLOCK, text, Severity.WARNING, advice=_NTP)


def _apart(known: Known, apart: timedelta) -> str:
    if abs(apart) < timedelta(seconds=1):
        return ""
    way = "ahead of" if apart > timedelta() else "behind"
    return f": the registry's ({_time(known.clock)}) is {abs(apart).total_seconds():.0f} s {way} ours"


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
