"""The values of a rules file that are no patterns: times, networks, groups, hashes of secrets."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Network, ip_address, ip_network

from app.errors import UnfitError
from app.protocol import scope
from app.protocol.scope import ACTIONS, ALL_ACTIONS, CATALOG, SINGLE_ACTIONS
from app.rules import robot_names
from app.rules.networks import IPNetwork
from app.rules.patterns.names import NamePattern
from app.rules.persona import NamedGroup

IDENTIFIER = r"[a-z0-9][a-z0-9._-]{0,127}"
SECRET = r"sha256:[0-9a-f]{64}"  # noqa: S105 - what the hash of one looks like
TIME = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
)
ADDRESS = r"[0-9A-Fa-f:.]+"
NETWORK = ADDRESS + r"(?:/[0-9]{1,3}|/[0-9]+(?:\.[0-9]+){3})?"
CONTACT = r"\S(?:.{0,98}\S)?"
_IDENTIFIER = re.compile(IDENTIFIER)
_EMPTY = hashlib.sha256(b"").digest()
_HASH = re.compile(r"[0-9A-Fa-f]{64}")
_DATE_LENGTH = len("2026-12-31")
_LENGTHS = {4: 32, 6: 128}
_MEANT = {
    "pull": ("read", "get", "download", "fetch", "r"),
    "push": ("write", "put", "upload", "publish", "w", "create", "tag"),
    "delete": ("remove", "rm", "del", "destroy"),
    ALL_ACTIONS: ("all", "admin", "any", "**", "full", "rw", "manage"),
}
_WORDS = {word: action for action, words in _MEANT.items() for word in words}
_LAST = datetime.max.replace(tzinfo=UTC)
_MAPPED = IPv6Network("::ffff:0:0/96")


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask whether the nearest of the known names is meant; empty where none is near."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def action(text: str) -> str:
    """Read an action.

    Raises:
        UnfitError: It is none.
    """
    if text in ACTIONS:
        return text
    word = text.strip().lower()
    known = {each: each for each in SINGLE_ACTIONS} | _WORDS
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.7)
    meant = known.get(word) or (known[close[0]] if close else "")
    hint = f"did you mean '{meant}'?" if meant else "write 'pull', 'push', 'delete' or '*'"
    raise UnfitError(f"{text!r} is no action", hint)


def identifier(text: str) -> str:
    """Read the id of a rule or test, or the name of a robot.

    Raises:
        UnfitError: It is none.
    """
    _refuse_login_name(text)
    if not _IDENTIFIER.fullmatch(text):
        likely = re.sub(r"[^a-z0-9._]+", "-", text.lower()).strip("-._")[:128]
        hint = "write small letters, digits and . _ -, 128 at the most"
        if likely != text[:128]:
            hint = f"{hint}, such as {likely}" if likely else hint
        raise UnfitError(f"{text!r} cannot be a name here", hint)
    return text


def contact(text: str) -> str:
    """Read whom people are to ask: an address, a channel, a name. It is shown at their terminals.

    Raises:
        UnfitError: It is none, or a terminal would obey it rather than show it.
    """
    if not text.isprintable() or not re.fullmatch(CONTACT, text):
        hint = "write one line of 100 characters at the most, such as registry-team@example.com"
        raise UnfitError(f"{text[:120]!r} cannot be a contact", hint)
    return text


def repository(text: str) -> str:
    """Read the name of a repository, or `catalog`.

    Raises:
        UnfitError: It is none.
    """
    if text != CATALOG and not scope.is_repository(text):
        hint = "a test is about one repository: write its name, in small letters and without a tag"
        raise UnfitError(f"{text!r} is no repository name", hint)
    return text


def user(text: str) -> NamePattern:
    """Read a pattern over the names of people.

    Raises:
        UnfitError: It is none, or means a robot.
    """
    name = robot_names.DEFAULT.robot(text)
    if name is not None:
        raise UnfitError(f"{text!r} is a robot, and 'users' are people", f"write robots: [{name}]")
    for sign, what in (("=", "a DN"), ("\\", "a name with its domain")):
        if sign in text:
            raise UnfitError(f"{text!r} is {what}", "write the name alone, as audit lines have it")
    return NamePattern.parse(text)


def robot(text: str) -> NamePattern:
    """Read a pattern over the names of robots.

    Raises:
        UnfitError: It is none, or begins as a login does.
    """
    _refuse_login_name(text)
    return NamePattern.parse(text)


def _refuse_login_name(text: str) -> None:
    """Refuse the name by which a robot logs in, where its own is meant.

    Raises:
        UnfitError: The text is one.
    """
    name = robot_names.DEFAULT.robot(text)
    if name is not None:
        raise UnfitError(f"{text!r} has '{robot_names.PREFIX}', which only a login has", f"write {name}")


def parse_time(text: str, *, end_of_day: bool) -> datetime:
    """Read a date (its whole day, UTC) or an RFC 3339 time.

    Raises:
        UnfitError: It is neither.
    """
    if not re.fullmatch(TIME, text):
        hint = "write 2026-12-31 or 2026-12-31T18:00:00Z"
        raise UnfitError(f"{text!r} is no date or time", hint)
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnfitError(f"{text!r} is in no calendar", "look at the month, the day and the time") from error
    if len(text) > _DATE_LENGTH:
        raise UnfitError(f"{text!r} says no time zone", f"write {text}Z for UTC, or +01:00 and the like")
    start = moment.replace(tzinfo=UTC)
    day = timedelta(days=1) if end_of_day else timedelta()
    return start + day if start <= _LAST - day else _LAST


def named_group(text: str) -> NamedGroup:
    """Read a group that a robot or a test is in: a DN, whose first value is its name, or a name alone.

    Raises:
        UnfitError: It is neither.
    """
    try:
        return NamedGroup.parse(text)
    except ValueError as error:
        hint = "write a name, or cn=name,ou=groups,dc=example,dc=com"
        raise UnfitError(f"{text!r} is no group: {error}", hint) from error


def network(text: str) -> IPNetwork:
    """Read a network, or one address.

    Raises:
        UnfitError: It is neither, or no client's address could be in it.
    """
    try:
        parsed = ip_network(text)
    except ValueError as error:
        raise UnfitError(f"{text!r} is no network", _network_hint(text)) from error
    if "%" in text:
        raise UnfitError(
            f"{text!r} has a zone, which no client's address has", "take out the % and what follows"
        )
    if isinstance(parsed, IPv6Network) and parsed.subnet_of(_MAPPED):
        plain = f"{parsed.network_address.ipv4_mapped}/{parsed.prefixlen - _MAPPED.prefixlen}"
        raise UnfitError(f"{text!r} is IPv4 written as IPv6", f"write {plain}: it means both")
    return parsed


def _network_hint(text: str) -> str:
    """Say what to write instead of what is no network."""
    try:
        whole = ip_network(text, strict=False)
    except ValueError:
        whole = None
    if whole is not None:
        return f"write {whole}, or {text.partition('/')[0]} for that address alone"
    base, slash, length = text.partition("/")
    try:
        most = _LENGTHS[ip_address(base).version]
    except ValueError:
        return "write an address, or a network such as 10.20.0.0/16"
    return f"write a length of {most} at the most, not {length!r}" if slash else ""


def address(text: str) -> str:
    """Read the address that a test comes from.

    Raises:
        UnfitError: It is none: the test would prove nothing.
    """
    try:
        return str(ip_address(text))
    except ValueError as error:
        hint = "write one, such as 10.20.0.7"
        if "/" in text:
            hint = "a test comes from one address: write one of that network"
        raise UnfitError(f"{text!r} is no address", hint) from error


def secret_hash(text: str) -> bytes:
    """Read the hash of a robot's secret.

    Raises:
        UnfitError: It is none; the text is not repeated, as it may be the secret itself.
    """
    if re.fullmatch(SECRET, text):
        digest = bytes.fromhex(text.partition(":")[2])
        if digest == _EMPTY:
            raise UnfitError("this is the hash of an empty secret", "look where the secret got lost")
        return digest
    kind, colon, digits = text.rpartition(":")
    hint = "write what 'wharfinger robots new' prints; the secret itself never stands here"
    if _HASH.fullmatch(digits) and not colon:
        hint = "write sha256: before it"
    elif _HASH.fullmatch(digits) and kind.lower() == "sha256":
        hint = "write it in small letters"
    raise UnfitError("this is not sha256: and 64 hex digits", hint)
