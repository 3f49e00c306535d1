"""Whether an audit stream is whole: no line is torn, and no request is in it twice."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from app.audit.line import read
from app.errors import Position, Problem, UnfitError

_ID_OCTETS = 16


@dataclass(slots=True)
class Verification:
    """Looks at the lines of one stream, in however many files.

    Attributes:
        lines: How many there were.
        problems: How many of them are not as they should be.
    """

    lines: int = 0
    problems: int = 0
    _seen: set[int] = field(default_factory=set)

    def check(self, line: bytes, position: Position) -> Problem | None:
        """Look at one line; return what is wrong with it."""
        self.lines += 1
        problem = self._problem(line, position)
        self.problems += problem is not None
        return problem

    def _problem(self, line: bytes, position: Position) -> Problem | None:
        try:
            request = read(line)
        except UnfitError as error:
            return Problem(position, error.text, error.hint)
        if request is None:
            return None
        number = _number(request.request_id)
        if number in self._seen:
            return Problem(position, f"the request {request.request_id} stands here for the second time")
        self._seen.add(number)
        return None


def _number(request_id: str) -> int:
    """Return a number that is another one for every other id, in less memory than the text."""
    digest = hashlib.blake2b(request_id.encode(errors="surrogatepass"), digest_size=_ID_OCTETS).digest()
    return int.from_bytes(digest, "big")
