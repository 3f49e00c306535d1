"""Marked secrets, and the search for them in whatever a program lets out, in every spelling that is usual."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A secret with a core that no encoding of single characters changes.

    Attributes:
        name: What it is.
        core: Letters and digits, long enough to stand nowhere by chance.
        text: The secret itself: the core between characters that programs escape.
    """

    name: str
    core: str
    text: str


def mark(name: str) -> Mark:
    """Make a secret of a name; the same every time."""
    core = f"Mk{base64.b32encode(name.encode()).decode().rstrip('=')}kM".replace("7", "x")
    return Mark(name, core, f"ä %\"'\\{core}:€&+ß")


def spellings(octets: bytes) -> Iterator[bytes]:
    """Return the forms in which octets may stand in a text: plain, UTF-16, hex, and base64 at each offset."""
    yield octets
    yield octets.decode("latin-1").encode("utf-16-le")
    yield octets.hex().encode()
    for offset in range(3):
        # the characters at both ends depend on what stands beside
        encoded = base64.b64encode(b"\0" * offset + octets)[(4 * offset + 2) // 3 :]
        whole = encoded.rstrip(b"=")[:-1]
        yield whole
        yield whole.translate(bytes.maketrans(b"+/", b"-_"))


def found(secrets: Mapping[str, bytes], evidence: Mapping[str, bytes]) -> list[str]:
    """Say which secrets stand where.

    Args:
        secrets: By name: the cores of marks, or other octets that nothing changes.
        evidence: By name: all that a program let out.
    """
    places = [(where, text.lower()) for where, text in evidence.items()]
    return [
        f"{name} in {where}"
        for name, octets in secrets.items()
        for where, text in places
        if any(form.lower() in text for form in spellings(octets))
    ]


def cores(marks: Iterable[Mark]) -> dict[str, bytes]:
    """Return what to search for."""
    return {each.name: each.core.encode() for each in marks}
