"""What is asked of a server, as octets (RFC 4511): binds, searches, and the beginning of TLS."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.ldap import ber, filter_syntax
from app.ldap.ber import tlv
from app.ldap.oids import DOMAIN_SCOPE_CONTROL, PAGED_RESULTS_CONTROL, PPOLICY_CONTROL, START_TLS
from app.protocol.secret import Secret

BIND_RESPONSE, SEARCH_DONE, EXTENDED_RESPONSE = 1, 5, 24
"""The application tags of the answers that end an operation."""

_SHORT, _LONG, _PAGE = 2**16, 2**21, 2**24
"""The most octets of a whole answer that is read, whoever sent it: of a bind, of a search and of a page.

A login searches for one person, and for 2,000 groups at the most unless configured otherwise: 2 MiB are a
thousand octets for each. Only commands read pages, in which there may be 100,000 members.
"""
_BIND, _SIMPLE, _SASL, _VERSION = 0x60, 0x80, 0xA3, 3
_SEARCH = 0x63
_SCOPES = {name: tlv(ber.ENUMERATED, bytes([number])) for number, name in enumerate(("base", "one", "sub"))}
_NEVER_DEREFERENCE = tlv(ber.ENUMERATED, b"\0")
_NO_TIME_LIMIT = ber.integer(0)
_VALUES_TOO = tlv(0x01, b"\0")
_EXTENDED, _REQUEST_NAME = 0x77, 0x80
_CONTROLS = 0xA0


@dataclass(frozen=True, slots=True)
class Query:
    """One search.

    Attributes:
        scope: base, one or sub.
        filter: With its values escaped.
        size_limit: The most entries that the server may send; 0 leaves it to the server.
    """

    base: str
    scope: str
    filter: str
    attributes: tuple[str, ...]
    size_limit: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One request. It may hold a password, so its octets are never shown.

    Attributes:
        answer: The application tag of the answer that ends the operation.
        most: The most octets that the whole answer may have.
        size_limit: The most entries of it that are kept; 0 is all.
    """

    answer: int
    most: int
    _operation: bytes = field(repr=False)
    _controls: bytes = field(default=b"", repr=False)
    size_limit: int = 0

    def message(self, number: int) -> bytes:
        """Return the octets to send (RFC 4511 §4.1.1).

        Args:
            number: The message id, from 1.
        """
        return tlv(ber.SEQUENCE, ber.integer(number), self._operation, self._controls)


def _control(name: str, value: bytes | None = None) -> bytes:
    """Write a control that is not critical (RFC 4511 §4.1.11)."""
    return tlv(ber.SEQUENCE, ber.text(name), b"" if value is None else tlv(ber.OCTET_STRING, value))


_WITH_POLICY = tlv(_CONTROLS, _control(PPOLICY_CONTROL))
_IN_DOMAIN = _control(DOMAIN_SCOPE_CONTROL)


def bind(name: str, password: Secret) -> Request:
    """Make a bind by name and password (RFC 4513 §5.1.3) that also asks for the password policy's answer.

    Raises:
        ValueError: One of them is empty; a server takes that for an anonymous bind, and says yes.
    """
    if not name or password.is_blank():
        raise ValueError("a bind needs a name and a password")
    credentials = tlv(_SIMPLE, password.octets())
    operation = tlv(_BIND, ber.integer(_VERSION), ber.text(name), credentials)
    return Request(BIND_RESPONSE, _SHORT, operation, _WITH_POLICY)


def bind_external() -> Request:
    """Make a bind by SASL EXTERNAL (RFC 4422 appendix A), as whomever the server takes us for.

    The response is empty: no other identity is asked for. Without one, OpenLDAP asks for it first.
    """
    mechanism = tlv(_SASL, ber.text("EXTERNAL"), ber.text(""))
    return Request(BIND_RESPONSE, _SHORT, tlv(_BIND, ber.integer(_VERSION), ber.text(""), mechanism))


def search(query: Query, *, domain_scope: bool = False, page: tuple[int, bytes] | None = None) -> Request:
    """Make a search (RFC 4511 §4.5) that follows no alias.

    Args:
        query: What to search for.
        domain_scope: Whether to ask for no referrals.
        page: How many entries are wanted at once, and where the page before ended (empty for the first).

    Raises:
        ValueError: The filter is not one.
    """
    operation = tlv(
        _SEARCH,
        ber.text(query.base),
        _SCOPES[query.scope],
        _NEVER_DEREFERENCE,
        ber.integer(query.size_limit),
        _NO_TIME_LIMIT,
        _VALUES_TOO,
        filter_syntax.encode(query.filter),
        tlv(ber.SEQUENCE, *map(ber.text, query.attributes)),
    )
    controls = [_IN_DOMAIN] if domain_scope else []
    if page is not None:
        size, cookie = page
        value = tlv(ber.SEQUENCE, ber.integer(size), tlv(ber.OCTET_STRING, cookie))
        controls.append(_control(PAGED_RESULTS_CONTROL, value))
    most = _LONG if page is None else _PAGE
    return Request(
        SEARCH_DONE, most, operation, tlv(_CONTROLS, *controls) if controls else b"", query.size_limit
    )


def start_tls() -> Request:
    """Make the request to go on in TLS (RFC 4511 §4.14)."""
    return Request(EXTENDED_RESPONSE, _SHORT, tlv(_EXTENDED, ber.text(START_TLS, _REQUEST_NAME)))
