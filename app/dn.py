"""Distinguished names (RFC 4514), folded so that equal names compare equal.

A directory returns one DN in many spellings; rules name groups by DN. Both are parsed here and compared as
values: types and values without regard to case, escapes undone, white space and the order inside a
multi-valued RDN folded (RFC 4518 §2). Nothing compares DNs as text.
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
"""DNs that are kept parsed: a company has few groups, and every login names some of them."""
_RDNS = 1024
"""RDNs that are kept parsed: most names of one directory end alike."""
_SPECIAL = frozenset('"+,;<=>\\')
_ESCAPABLE = frozenset(' "#+,;<=>\\')


@dataclass(frozen=True, slots=True)
class DN:
    """A folded distinguished name; equality and hash are those of the name it spells.

    Attributes:
        rdns: From the entry up to the suffix; each a sorted tuple of folded (type, value) pairs.
    """

    rdns: tuple[tuple[Attribute, ...], ...]
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash it once: the groups of everybody who asks are looked up by it."""
        object.__setattr__(self, "_hash", hash(self.rdns))

    def __hash__(self) -> int:
        return self._hash

    @property
    def written(self) -> str:
        """Give a text that is parsed as this name again."""
        return _written(self)

    def __str__(self) -> str:
        """Give a readable form for logs and explanations; not meant to be parsed or searched for."""
        return ",".join("+".join(f"{name}={value}" for name, value in rdn) for rdn in self.rdns)


@functools.lru_cache(maxsize=_KEPT)
def _written(name: DN) -> str:
    return ",".join("+".join(f"{kind}={_escaped(value)}" for kind, value in rdn) for rdn in name.rdns)


def _escaped(value: str) -> str:
    if value.startswith("\0#"):
        return value[1:]
    text = "".join(
        f"\\{ord(sign):02x}" if sign < " " else f"\\{sign}" if sign in _SPECIAL else sign for sign in value
    )
    return f"\\{text}" if text[:1] == "#" else text


@functools.lru_cache(maxsize=_KEPT)
def parse(text: str) -> DN:
    """Parse the string form of a DN.

    Raises:
        ValueError: It is not RFC 4514; the message says which part is not.
    """
    if not text.strip():
        raise ValueError("a DN cannot be empty")
    return DN(tuple(_rdn(part) for part in _split(text, ",")))


def first(text: str) -> tuple[Attribute, ...]:
    """Give the first RDN of a DN: types in lower case, values with their escapes undone and nothing folded.

    Raises:
        ValueError: It is not RFC 4514, or a value stands there in BER.
    """
    found = []
    for part in _split(_split(text, ",")[0], "+"):
        name, _, value = part.partition("=")
        if not _TYPE.fullmatch(name.strip()) or _HEX_VALUE.fullmatch(_strip(value)):
            raise ValueError(f"{part!r} is not of the form type=value")
        found.append((name.strip().lower(), _unescape(_strip(value))))
    return tuple(found)


def fold(value: str) -> str:
    """Fold a directory string as its caseIgnoreMatch does (RFC 4518 §2: map, normalise, squeeze blanks)."""
    return " ".join(fold_case(value).split())


def fold_case(value: str) -> str:
    """Fold case and compatibility forms, and leave blanks as they are."""
    if value.isascii():
        return value.lower()
    return unicodedata.normalize("NFKC", lower(unicodedata.normalize("NFKC", value)))


def lower(value: str) -> str:
    """Fold the case of each letter by itself, as directories do.

    Unicode's full case folding makes `straße` and `strasse` one name, and OpenLDAP has both as two people:
    what a directory tells apart must never become one subject or one group here.
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
    """Take off the blanks around a value, but for one that is escaped."""
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
        return "\0" + text.lower()  # the BER form stays apart from a value that is spelled alike
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
