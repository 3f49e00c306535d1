"""Which typed names are looked up at all, and the canonical form of a name.

A directory finds one person under many spellings, so a typed name is never an identity. It is checked and
looked up, and then its canonical form must be that of the entry's own name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import filterfalse

from app import dn
from app.directory.presets import DirectoryKind
from app.directory.settings import LoginSettings
from app.errors import Code, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS

MAX_BYTES = 256
IMPLAUSIBLE = Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, "a name that is not looked up")


@dataclass(frozen=True, slots=True)
class TypedName:
    """A typed name that may be looked up.

    Attributes:
        plain: Without the suffix or domain that is ours, otherwise as typed.
        account: What wrong passwords are counted under: one for every spelling by which a server may find an
            account.
        upn: The whole typed name, where Active Directory may know it as somebody's userPrincipalName; that
            person is looked for first. Empty otherwise.
    """

    plain: str
    account: str
    upn: str = ""


def is_plausible(name: str) -> bool:
    """Whether a typed name may be searched for.

    Refused are control characters (with NUL), white space at the ends, more than 256 bytes of UTF-8, and
    names that NFKC changes: servers take such names for somebody else's.
    """
    if name.isascii():  # as most names are: NFKC changes none of these
        return 0 < len(name) <= MAX_BYTES and name.isprintable() and name == name.strip()
    return (
        0 < len(name) <= MAX_BYTES
        and not any(unicodedata.category(character).startswith("C") for character in name)
        and len(name.encode()) <= MAX_BYTES  # a character without UTF-8 is of category Cs
        and name == name.strip()
        and name == unicodedata.normalize("NFKC", name)
    )


def read(typed: str, login: LoginSettings, kind: DirectoryKind) -> TypedName | Refusal:
    """Read a typed name; the refusal is the same for every name that nobody can have."""
    name = plain(typed, login)
    if name is None:
        return IMPLAUSIBLE
    is_upn = kind is DirectoryKind.ACTIVE_DIRECTORY and "@" in typed and "upn" in login.forms
    return TypedName(name, account(name, kind), typed if is_upn else "")


def plain(typed: str, login: LoginSettings) -> str | None:
    """Return a typed name without our suffix or domain; None for a name that is not looked up."""
    if not is_plausible(typed):
        return None
    local, at, suffix = typed.rpartition("@")
    if at and "upn" in login.forms:
        return local if is_plausible(local) and _is_one_of(suffix, login.suffixes) else None
    domain, backslash, rest = typed.partition("\\")
    if backslash and "domain\\name" in login.forms:
        return rest if is_plausible(rest) and _is_one_of(domain, login.domains) else None
    return typed if "name" in login.forms else None


def _is_one_of(text: str, ours: Sequence[str]) -> bool:
    return canonical(text) in map(canonical, ours)


def canonical(name: str) -> str:
    """Return the canonical form of a name: NFC, each letter in lower case."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFC", dn.lower(unicodedata.normalize("NFC", name)))


def account(name: str, kind: DirectoryKind) -> str:
    """Return the account key for failed logins with a name.

    Active Directory also finds an account by its name with other accents, so accents count for nothing there.
    """
    found = canonical(name)
    if kind is not DirectoryKind.ACTIVE_DIRECTORY:
        return found
    return unicodedata.normalize("NFC", "".join(filterfalse(is_mark, unicodedata.normalize("NFD", found))))


def is_mark(sign: str) -> bool:
    """Whether a character combines with the one before it."""
    return unicodedata.category(sign).startswith("M")
