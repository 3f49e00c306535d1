"""Distinguished names (RFC 4514): parsed, folded so that equal names compare equal, written, escaped.

A directory returns one DN in many spellings, and rules name groups by DN. Both are parsed here and compared
as values: types by whatever name or number they have (RFC 4512 §2.5), values without regard to case, escapes
undone, white space and the order within a multi-valued RDN folded (RFC 4518 §2). DNs are never compared as
text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.errors import UnfitError

Attribute = tuple[str, str]
_TYPE = re.compile(r"(?:[Oo][Ii][Dd]\.)?([A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_HEX_VALUE = re.compile(r"#((?:[0-9A-Fa-f]{2})+)")
_BARE = re.compile(r'(?:[^\\;"<>]|\\.)*[;"<>]', re.DOTALL)
_KEPT = 16_384
"""Size of the cache of parsed DNs: a company has few groups, and every login names some of them."""
_RDNS = 1024
"""Size of the cache of parsed RDNs: most names of one directory end alike."""
_SPECIAL = frozenset('"+,;<=>\\')
_ESCAPABLE = frozenset(' "#+,;<=>\\')
_BER = "#"
"""Before the type of a value that is known in BER alone, which is then hex digits; no type begins with it."""
_TEXT_TAGS = frozenset({0x04, 0x0C, 0x13, 0x16})
"""OCTET STRING, UTF8String, PrintableString, IA5String (X.680 §8.6)."""
_UNREAD = "unreadable: "
"""Before the written form of a DN that cannot be parsed; no DN begins like this."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "c": ("countryname", "2.5.4.6"),
    "cn": ("commonname", "2.5.4.3"),
    "dc": ("domaincomponent", "0.9.2342.19200300.100.1.25"),
    "description": ("2.5.4.13",),
    "dnqualifier": ("2.5.4.46",),
    "email": ("emailaddress", "pkcs9email", "1.2.840.113549.1.9.1"),
    "givenname": ("gn", "2.5.4.42"),
    "l": ("localityname", "2.5.4.7"),
    "mail": ("rfc822mailbox", "0.9.2342.19200300.100.1.3"),
    "member": ("2.5.4.31",),
    "name": ("2.5.4.41",),
    "o": ("organizationname", "2.5.4.10"),
    "ou": ("organizationalunitname", "2.5.4.11"),
    "samaccountname": ("1.2.840.113556.1.4.221",),
    "serialnumber": ("2.5.4.5",),
    "sn": ("surname", "2.5.4.4"),
    "st": ("stateorprovincename", "2.5.4.8"),
    "street": ("2.5.4.9",),
    "title": ("2.5.4.12",),
    "uid": ("userid", "0.9.2342.19200300.100.1.1"),
    "uniquemember": ("2.5.4.50",),
}
"""Attribute types that DNs are made of, each with its other names and its number (RFC 4514 §3, RFC 4519)."""
_TYPE_OF = {other: name for name, others in _NAMES.items() for other in others}


def attribute_type(description: str) -> str:
    """Return the one name, in lower case, of an attribute that has several names and a number.

    Args:
        description: A name or number, with or without options (RFC 4512 §2.5).
    """
    name, semicolon, options = description.lower().partition(";")
    return f"{_TYPE_OF.get(name, name)}{semicolon}{options}"


@dataclass(frozen=True, slots=True)
class DN:
    """A folded distinguished name, equal to every other spelling of the same name.

    Attributes:
        rdns: From the entry up to the suffix; each a sorted tuple of folded (type, value) pairs. There are
            none where the name cannot be parsed.
        unread: The folded text of a name that cannot be parsed; empty of every other one. No rule can name
            it, and it is equal to the same text alone.
        is_comparable: Whether a rule's DN or pattern can be compared with it: it is parsed, and all values
            are text.
    """

    rdns: tuple[tuple[Attribute, ...], ...]
    unread: str = ""
    is_comparable: bool = field(init=False, repr=False, compare=False)
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute once what every decision asks of the DNs of groups."""
        is_text = not any(name.startswith(_BER) for rdn in self.rdns for name, _ in rdn)
        object.__setattr__(self, "is_comparable", is_text and not self.unread)
        object.__setattr__(self, "_hash", hash((self.rdns, self.unread)))

    def __hash__(self) -> int:
        return self._hash

    @property
    def written(self) -> str:
        """The name as text of which `of_written` makes the same name again."""
        return _written(self)

    def depth_below(self, base: DN) -> int | None:
        """Return how many levels the name lies below another one; None where it does not.

        Of a name that cannot be parsed nobody can know how many: it is one level, if it ends in the other.
        """
        if self.unread:
            if base == ROOT:
                return 1
            ends = (self.unread[found.end() :] for found in re.finditer(",", self.unread))
            return 1 if any(of_server(end) == base for end in ends) else None
        depth = len(self.rdns) - len(base.rdns)
        return depth if depth >= 0 and self.rdns[depth:] == base.rdns else None

    def __str__(self) -> str:
        """Return a readable form for logs and explanations, not meant to be parsed or searched for."""
        rdns = ("+".join(f"{name}={value}" for name, value in rdn) for rdn in self.rdns)
        return self.unread or ",".join(rdns)


ROOT = DN(())
"""The name of no entry, below which all lie: the base of a search through everything."""


@functools.lru_cache(maxsize=_KEPT)
def _written(name: DN) -> str:
    if name.unread:
        return _UNREAD + name.unread
    return ",".join("+".join(_written_value(*each) for each in rdn) for rdn in name.rdns)


def _written_value(name: str, value: str) -> str:
    return f"{name[1:]}=#{value}" if name.startswith(_BER) else f"{name}={escape(value)}"


def escape(value: str) -> str:
    """Return a value in the form in which it stands in a DN (RFC 4514 §2.4)."""
    last = len(value) - 1
    return "".join(
        f"\\{ord(sign):02x}"
        if sign < " "
        else f"\\{sign}"
        if sign in _SPECIAL or (position == 0 and sign == "#") or (position in (0, last) and sign == " ")
        else sign
        for position, sign in enumerate(value)
    )


def of_server(text: str) -> DN:
    """Return the name that a server wrote; some servers do not escape what RFC 4514 says they must."""
    try:
        return parse(text)
    except ValueError:
        return DN((), fold(text))


def of_written(text: str) -> DN:
    """Return the name of its `written` form.

    Raises:
        ValueError: The text is none.
    """
    return DN((), text.removeprefix(_UNREAD)) if text.startswith(_UNREAD) else parse(text)


@functools.lru_cache(maxsize=_KEPT)
def parse(text: str) -> DN:
    """Parse the string form of a DN.

    Raises:
        ValueError: The text is not a DN by RFC 4514; the message quotes the part that is not.
    """
    if not text.strip():
        raise ValueError("a DN cannot be empty")
    if _BARE.match(text):
        hint = "write a comma between its parts, or a backslash before it in a value"
        raise UnfitError(f'{text!r} has a bare ; " < or >', hint)
    return DN(tuple(_rdn(part) for part in _split(text, ",")))


def first(text: str) -> tuple[Attribute, ...]:
    """Return the first RDN of a DN: types in lower case, values with their escapes undone and not folded.

    Raises:
        ValueError: The text is not a DN by RFC 4514, or a value is written in BER.
    """
    found = []
    for part in _split(_split(text, ",")[0], "+"):
        name, _, value = part.partition("=")
        known = _TYPE.fullmatch(name.strip())
        if known is None or _HEX_VALUE.fullmatch(_strip(value)):
            raise ValueError(f"{part!r} is not of the form type=value")
        found.append((known[1].lower(), _unescape(_strip(value))))
    return tuple(found)


def fold(value: str) -> str:
    """Return a text folded as for caseIgnoreMatch (RFC 4518 §2: map, normalise, squeeze blanks)."""
    return " ".join(fold_case(value).split())


def fold_case(value: str) -> str:
    """Return a text with case and compatibility forms folded, and blanks left as they are."""
    if value.isascii():
        return value.lower()
    return unicodedata.normalize("NFKC", lower(unicodedata.normalize("NFKC", value)))


def lower(value: str) -> str:
    """Return a text in lower case, each letter by itself, as directories compare.

    Unicode's full case folding would make `straße` and `strasse` one name, and OpenLDAP has them as two
    people. What a directory tells apart must never become one subject or one group here.
    """
    return "".join(map(str.lower, value))


@functools.lru_cache(maxsize=_RDNS)
def _rdn(text: str) -> tuple[Attribute, ...]:
    return tuple(sorted(_attribute(part) for part in _split(text, "+")))


def _attribute(text: str) -> Attribute:
    name, equals, value = text.partition("=")
    known = _TYPE.fullmatch(name.strip())
    if not equals or known is None:
        raise ValueError(f"{text.strip()!r} is not of the form type=value")
    kind, value = attribute_type(known[1]), _strip(value)
    if (found := _HEX_VALUE.fullmatch(value)) is None:
        return kind, fold(_unescape(value) if "\\" in value else value.encode().decode())
    decoded = _decoded(bytes.fromhex(found[1]))
    return (f"{_BER}{kind}", found[1].lower()) if decoded is None else (kind, fold(decoded))


def _strip(text: str) -> str:
    """Return a value without the blanks around it, except for one that is escaped."""
    stripped = text.strip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return f"{stripped} " if backslashes % 2 and text.rstrip(" ") != text else stripped


def _split(text: str, separator: str) -> list[str]:
    if "\\" not in text:
        return text.split(separator)
    parts, start, position = [], 0, 0
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == separator:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return parts


def _decoded(octets: bytes) -> str | None:
    """Return the text of a value that is written in BER (RFC 4514 §2.4); None where it is no text."""
    if len(octets) < 2 or octets[0] not in _TEXT_TAGS or octets[1] != len(octets) - 2:  # noqa: PLR2004 - a header
        return None
    try:
        return octets[2:].decode()
    except UnicodeDecodeError:
        return None


def _unescape(text: str) -> str:
    octets = bytearray()
    position = 0
    while position < len(text):
        if text[position] != "\\":
            octets += text[position].encode()
            position += 1
        elif _HEX_PAIR.match(text, position + 1):
            octets.append(int(text[position + 1 : position + 3], 16))
            position += 3
        elif text[position + 1 : position + 2] in _ESCAPABLE:
            octets += text[position + 1].encode()
            position += 2
        else:
            raise ValueError(f"{text!r} has a backslash that escapes nothing")
    try:
        return octets.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{text!r} is not UTF-8") from error
