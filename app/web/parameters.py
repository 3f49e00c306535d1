"""The parameters of a request, percent-decoded exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import Code, Refusal

_FORM = "application/x-www-form-urlencoded"
_MANY = frozenset({"scope", "service"})
_MOST_FIELDS = 1000


@dataclass(frozen=True, slots=True)
class Parameters:
    """Name and value pairs, in the order of the request."""

    pairs: Sequence[tuple[str, str]] = ()

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a parameter."""
        return tuple(value for known, value in self.pairs if known == name)

    def first(self, name: str) -> str:
        """Return the first value of a parameter; empty where there is none."""
        return next(iter(self.all(name)), "")


def of_query(request: Request) -> Parameters:
    """Read the query; octets that are no UTF-8 become U+FFFD, which no service and no scope has in it."""
    text = request.query_string.decode("latin-1")
    return Parameters(parse_qsl(text, keep_blank_values=True, errors="replace"))


def of_form(request: Request) -> Parameters | Refusal:
    """Read the form of a POST (RFC 6749 appendix B), with a Content-Length or chunked.

    Raises:
        werkzeug.exceptions.RequestEntityTooLarge: It is over the limit of the application.
    """
    if request.mimetype != _FORM:
        return _malformed(f"The body of the request must be a form ({_FORM}).")
    try:
        text = _body(request).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        return _malformed("The form in the body of the request cannot be read.")
    repeated = sorted(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    if not _MANY.issuperset(repeated):
        return _malformed("The form in the body of the request has a field twice.")
    return Parameters(pairs)


def _body(request: Request) -> bytes:
    """Read the body; one without a Content-Length is cut off at the application's limit, not refused."""
    octets = request.get_data(cache=False)
    if request.max_content_length is not None and len(octets) >= request.max_content_length:
        raise RequestEntityTooLarge
    return octets


def _malformed(message: str) -> Refusal:
    return Refusal(Code.MALFORMED_REQUEST, message)
