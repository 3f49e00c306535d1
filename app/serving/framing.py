"""Whether the body of a request has arrived, so that reading it waits for nobody.

Nothing is decoded here, and nothing here decides where the next request begins: gunicorn's parser does. What
is found malformed is handed to it as it is, and refused by it.
"""

from __future__ import annotations

import enum
import re
from typing import Protocol

from gunicorn.http.body import CHUNK_EXT_RE  # type: ignore[attr-defined]  # the stubs lack it

_LONGEST_LINE = 8192
_MOST_OVERHEAD = 16 * 1024
"""Octets of lines: sizes with extensions, and trailers. A body in chunks of one octet has three for each."""
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})(?:" + CHUNK_EXT_RE.pattern + rb")\r\n")


class _Line(enum.Enum):
    """What the next line has to be."""

    SIZE = enum.auto()
    END = enum.auto()  # of a chunk
    TRAILER = enum.auto()


class Framing(Protocol):
    """What is known of a body that arrives piece by piece."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it has arrived, so that another request may follow on the connection."""

    @property
    def is_enough(self) -> bool:
        """Whether there is no point in waiting for more: it is whole, too long or malformed."""

    def feed(self, octets: bytes) -> None:
        """Note octets that have arrived; those behind the end of the body are passed over."""


class LengthFraming:
    """A body with a Content-Length."""

    def __init__(self, length: int, limit: int) -> None:
        """Begin with nothing arrived.

        Args:
            length: Octets of the body.
            limit: Of a longer body nothing is waited for.
        """
        self._left = length
        self._is_too_long = length > limit

    @property
    def is_whole(self) -> bool:
        """Whether as many octets have arrived as were announced."""
        return self._left <= 0

    @property
    def is_enough(self) -> bool:
        """Whether it is whole, or too long."""
        return self.is_whole or self._is_too_long

    def feed(self, octets: bytes) -> None:
        """Count."""
        self._left -= len(octets)


class ChunkedFraming:
    """A chunked body (RFC 9112 §7.1)."""

    def __init__(self, limit: int) -> None:
        """Begin before the first chunk; of a body of more than `limit` octets no more is waited for."""
        self._limit = limit
        self._length = 0
        self._overhead = 0  # octets of lines
        self._line = b""
        self._left = 0  # octets of a chunk that are still to come
        self._expects = _Line.SIZE
        self._is_malformed = False
        self.is_whole = False

    @property
    def is_enough(self) -> bool:
        """Whether it is whole, too long, or malformed."""
        return self.is_whole or self._is_malformed or self._length > self._limit

    def feed(self, octets: bytes) -> None:
        """Go on to the end of what has arrived, or to that of the body."""
        at = 0
        while at < len(octets) and not self.is_enough:
            if self._left:
                passed = min(self._left, len(octets) - at)
                self._left -= passed
                at += passed
            else:
                at = self._read_line(octets, at)

    def _read_line(self, octets: bytes, at: int) -> int:
        """Take what belongs to a line, and return where it ends."""
        end = octets.find(b"\n", at) + 1 or len(octets)
        self._line += octets[at:end]
        self._overhead += end - at
        if len(self._line) > _LONGEST_LINE or self._overhead > _MOST_OVERHEAD + 8 * self._limit:
            self._is_malformed = True
        elif self._line.endswith(b"\n"):
            line, self._line = self._line, b""
            self._take(line)
        return end

    def _take(self, line: bytes) -> None:
        """Go on behind a whole line."""
        size = _SIZE.fullmatch(line)
        if self._expects is _Line.TRAILER and line.endswith(b"\r\n"):
            self.is_whole = line == b"\r\n"
        elif self._expects is _Line.END and line == b"\r\n":
            self._expects = _Line.SIZE
        elif self._expects is _Line.SIZE and size is not None:
            self._left = int(size.group(1), 16)
            self._length += self._left
            self._expects = _Line.END if self._left else _Line.TRAILER
        else:
            self._is_malformed = True
