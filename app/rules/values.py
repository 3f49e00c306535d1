"""The values of a rules file that are no patterns: times, networks, groups, hashes of secrets."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Network, ip_address, ip_network

from app.rules.model import NamedGroup, Network
from app.rules.pattern import PatternError

_SECRET = re.compile(r"sha256:([0-9a-f]{64})")
_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?P<time>T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.IGNORECASE,
)
_LAST = datetime.max.replace(tzinfo=UTC)
_MAPPED = IPv6Network("::ffff:0:0/96")


def parse_time(text: str, *, end_of_day: bool) -> datetime:
    """Read a date (its whole day, UTC) or an RFC 3339 time.

    Raises:
        PatternError: It is neither.
    """
    hint = "write 2026-12-31 or 2026-12-31T18:00:00Z"
    found = _TIME.fullmatch(text)
    try:
        moment = datetime.fromisoformat(text.upper()) if found is not None else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if found is None or moment is None:
        raise PatternError(f"{text!r} is no date or time", hint)
    if found["time"] is not None:
        raise PatternError(f"{text!r} says no time zone", hint)
    start = moment.replace(tzinfo=UTC)
    day = timedelta(days=1) if end_of_day else timedelta()
    return start + day if start <= _LAST - day else _LAST


def named_group(text: str) -> NamedGroup:
    """Read a group that a robot or a test is in: a DN, whose first value is its name, or a name alone.

    Raises:
        PatternError: It is neither.
    """
    try:
        return NamedGroup.parse(text)
    except ValueError as error:
        hint = "write a name, or cn=name,ou=groups,dc=example,dc=com"
        raise PatternError(f"{text!r} is no group: {error}", hint) from error


def network(text: str) -> Network:
    """Read a network, or one address.

    Raises:
        PatternError: It is neither, or no client's address could be in it.
    """
    hint = "write an address, or a network such as 10.20.0.0/16"
    try:
        parsed = ip_network(text)
    except ValueError as error:
        if "host bits" in str(error):
            hint = f"write {ip_network(text, strict=False)}"
        raise PatternError(f"{text!r} is no network", hint) from error
    if "%" in text:
        raise PatternError(
            f"{text!r} has a zone, which no client's address has", "take out the % and what follows"
        )
    if isinstance(parsed, IPv6Network) and parsed.subnet_of(_MAPPED):
        plain = f"{parsed.network_address.ipv4_mapped}/{parsed.prefixlen - _MAPPED.prefixlen}"
        raise PatternError(f"{text!r} is IPv4 written as IPv6", f"write {plain}: it means both")
    return parsed


def address(text: str) -> str:
    """Read the address that a test comes from.

    Raises:
        PatternError: It is none: the test would prove nothing.
    """
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise PatternError(f"{text!r} is no address", "write one, such as 10.20.0.7") from error


def secret_hash(text: str) -> bytes:
    """Read the hash of a robot's secret.

    Raises:
        PatternError: It is none; the text is not repeated, as it may be the secret itself.
    """
    found = _SECRET.fullmatch(text)
    if found is None:
        raise PatternError(
            "a secret is not of the form sha256:HEX", "write the SHA-256 of the secret, 64 hex digits"
        )
    return bytes.fromhex(found.group(1))
