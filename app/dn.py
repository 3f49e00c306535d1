"""Distinguished names (RFC 4514): parsed, folded so that equal names compare equal, written, escaped.

A directory returns one DN in many spellings, and rules name groups by DN. Both are parsed here and compared
as values: types and values without regard to case, escapes undone, white space and the order within a
multi-valued RDN folded (RFC 4518 §2). DNs are never compared as text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass, field

Attribute = tuple[str, str]
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+")
_HEX_PAIR = re.compile(r"[0-9A-Fa-f]{2}")
_HEX_VALUE = re.compile(r"#(?:[0-9A-Fa-f]{2})+")
_KEPT = 16_384
"""Size of the cache of parsed DNs: a company has few groups, and every login names some of them."""
_RDNS = 1024
"""Size of the cache of parsed RDNs: most names of one directory end alike."""
_SPECIAL = frozenset('"+,;<=>\\')
_ESCAPABLE = frozenset(' "#+,;<=>\\')


@dataclass(frozen=True, slots=True)
class DN:
    """A folded distinguished name, equal to every other spelling of the same name.

    Attributes:
        rdns: From the entry up to the suffix; each a sorted tuple of folded (type, value) pairs.
    """

    rdns: tuple[tuple[Attribute, ...], ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Compute the hash once: every decision looks groups up by their DNs."""
        object.__setattr__(self, "_hash", hash(self.rdns))

    def __hash__(self) -> int:
        return self._hash

    @property
    def written(self) -> str:
        """The name as text that is parsed as the same name again."""
        return _written(self)

    def __str__(self) -> str:
        """Return a readable form for logs and explanations, not meant to be parsed or searched for."""
        return ",".join("+".join(f"{name}={value}" for name, value in rdn) for rdn in self.rdns)


@functools.lru_cache(maxsize=_KEPT)
def _written(name: DN) -> str:
    return ",".join("+".join(f"{kind}={_escaped(value)}" for kind, value in rdn) for rdn in name.rdns)


def _escaped(value: str) -> str:
    return value[1:] if value.startswith("\0#") else escape(value)


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


@functools.lru_cache(maxsize=_KEPT)
def parse(text: str) -> DN:
    """Parse the string form of a DN.

    Raises:
        ValueError: The text is not a DN by RFC 4514; the message quotes the part that is not.
    """
    if not text.strip():
        raise ValueError("a DN cannot be empty")
    return DN(tuple(_rdn(part) for part in _split(text, ",")))


def first(text: str) -> tuple[Attribute, ...]:
    """Return the first RDN of a DN: types in lower case, values with their escapes undone and not folded.

    Raises:
        ValueError: The text is not a DN by RFC 4514, or a value is written in BER.
    """
    found = []
    for part in _split(_split(text, ",")[0], "+"):
        name, _, value = part.partition("=")
        if not _TYPE.fullmatch(name.strip()) or _HEX_VALUE.fullmatch(_strip(value)):
            raise ValueError(f"{part!r} is not of the form type=value")
        found.append((name.strip().lower(), _unescape(_strip(value))))
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
    name = name.strip()
    if not equals or not _TYPE.fullmatch(name):
        raise ValueError(f"{text.strip()!r} is not of the form type=value")
    return name.lower(), _value(_strip(value))


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


def _value(text: str) -> str:
    if _HEX_VALUE.fullmatch(text):
        return "\0" + text.lower()  # a value in BER differs from a text that is written alike
    if "\\" not in text:
        return fold(text.encode().decode())
    return fold(_unescape(text))


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
