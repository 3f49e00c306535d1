"""Text that must not be shown: it appears in no `str`, `repr`, format or traceback."""

from __future__ import annotations

import hmac


class Secret:
    """A password or token. Only `reveal()` and `octets()` return it, so each use can be found by name."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text."""
        return self._text

    def octets(self) -> bytes:
        """Return the text as UTF-8."""
        return self._text.encode()

    def is_blank(self) -> bool:
        """Whether it is empty or all NULs: such a bind would succeed as anonymous (RFC 4513 §5.1.2)."""
        return not self._text.strip("\0")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self.octets(), other.octets())

    def __hash__(self) -> int:
        raise TypeError("a Secret is no key; key by a keyed hash of it")

    def __repr__(self) -> str:
        return "Secret('***')"

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")
