"""Which typed names are looked up at all, and the canonical form of a name.

A directory finds one person under many spellings, so a typed name is never an identity. It is checked and
looked up, and then its canonical form must be that of the entry's own name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import filterfalse

from app import dn
from app.directory.presets import DirectoryKind
from app.directory.settings import LoginSettings

MAX_BYTES = 256


def is_plausible(name: str) -> bool:
    """Whether a typed name may be searched for.

    Refused are control characters (with NUL), white space at the ends, more than 256 bytes of UTF-8, and
    names that NFKC changes: servers take such names for somebody else's.
    """
    return (
        0 < len(name) <= MAX_BYTES
        and not any(unicodedata.category(character).startswith("C") for character in name)
        and len(name.encode()) <= MAX_BYTES  # a character without UTF-8 is of category Cs
        and name == name.strip()
        and name == unicodedata.normalize("NFKC", name)
    )


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
