"""Which typed names are looked up at all, and the canonical form of a name.

A directory finds one person under many spellings, so a typed name is never an identity: it is checked, looked
up, and then has to fold to the name that the entry itself has.
"""

from __future__ import annotations

import unicodedata

from app import dn

MAX_BYTES = 256


def is_plausible(name: str) -> bool:
    """Tell whether a typed name may be searched for.

    Refused are control characters (NUL among them), white space at the ends, more than 256 bytes of UTF-8,
    and names that NFKC changes: servers fold all of these into somebody else's name.
    """
    return (
        0 < len(name.encode()) <= MAX_BYTES
        and name == name.strip()
        and name == unicodedata.normalize("NFKC", name)
        and not any(unicodedata.category(character).startswith("C") for character in name)
    )


def canonical(name: str) -> str:
    """Give the canonical form of a name: NFC, each letter in lower case."""
    return unicodedata.normalize("NFC", dn.lower(unicodedata.normalize("NFC", name)))
