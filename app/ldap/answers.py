"""What a server answers (RFC 4511): entries and results, read from octets by ldap3's decoder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ldap3.utils.asn1 import decode_message_fast, decode_sequence

from app.dn import attribute_type
from app.ldap import ber
from app.ldap.oids import PAGED_RESULTS_CONTROL, PPOLICY_CONTROL
from app.ldap.requests import Request

_ENTRY, _REFERENCE, _INTERMEDIATE = 4, 19, 25
_UNSOLICITED = 0
_SIZE_LIMIT_EXCEEDED = 4  # codes.py, which knows of results, has all of them
Element = tuple[int, bool, int, Any]
"""One element as ldap3 decodes it: class of the tag, whether it is constructed, number of the tag, value."""
_RANGE = "range="
_TAG = 2
_UNIVERSAL, _SEQUENCE, _SET = 0, 16, 17
_DECODER_ERRORS = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What ldap3's decoder raises for octets that it does not understand."""
_OTHER = "an answer to something else"
_SHOWN = 200
"""Characters of what a server says."""
_LENGTH_OCTETS = 4


class NoProperAnswer(Exception):  # noqa: N818 - named after the state
    """What came is no LDAP message, or answers another request; the text says what it is."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the server returned it.

    Attributes:
        dn: In the server's spelling.
        attributes: The values as octets, by the one name of the attribute (`dn.attribute_type`); values with
            options are among them.
    """

    dn: str
    attributes: Mapping[str, Sequence[bytes]]

    def texts(self, attribute: str) -> tuple[str, ...]:
        """Return the values of an attribute as text; values that are not UTF-8 are left out.

        Args:
            attribute: By any of its names or its number.
        """
        values = []
        for value in self.attributes.get(attribute_type(attribute), ()):
            try:
                values.append(value.decode())
            except UnicodeDecodeError:
                continue
        return tuple(values)


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended (RFC 4511 §4.1.9).

    Attributes:
        code: The result code.
        message: The server's diagnostic message; for logs.
        ppolicy: The value of the password-policy response control, which `ppolicy.py` reads; None where
            there is none.
        entries: What a search found.
        referrals: How many search references came instead of entries.
        cookie: Where the next page begins; empty after the last page, and where no pages were asked for.
    """

    code: int
    message: str
    ppolicy: bytes | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    referrals: int = 0
    cookie: bytes = field(default=b"", repr=False)


def size(octets: bytes | bytearray, most: int) -> int | None:
    """Return the size in octets of the message that begins here; None while too little has come.

    Args:
        octets: What has come so far.
        most: The most octets that it may have.

    Raises:
        NoProperAnswer: No LDAP message begins like this.
    """
    if octets and octets[0] != ber.SEQUENCE:
        raise NoProperAnswer("no LDAP message")
    if len(octets) < 2:  # noqa: PLR2004 - tag and length
        return None
    first = octets[1]
    if first < ber.SHORT_FORM:
        return 2 + first
    more = first - ber.SHORT_FORM
    if not 1 <= more <= _LENGTH_OCTETS:
        raise NoProperAnswer("no LDAP message")
    if len(octets) < 2 + more:
        return None
    whole = 2 + more + int.from_bytes(octets[2 : 2 + more], "big")
    if whole > most:
        raise NoProperAnswer("it is longer than any that is read")
    return whole


def result(messages: Iterable[bytes], request: Request, number: int) -> Result:
    """Return the whole answer to a request.

    Args:
        messages: The messages that come from the server. They are read to the end of the answer, no further.
        request: What was asked.
        number: The message id of the request.

    Raises:
        NoProperAnswer: The messages are no answer to it.
    """
    collector = _Collector(request, number)
    for octets in messages:
        try:
            whole = collector.add(decode_message_fast(octets))
        except _DECODER_ERRORS as error:
            raise NoProperAnswer(type(error).__name__) from None
        if whole is not None:
            return whole
    raise NoProperAnswer("it breaks off")


class _Collector:
    """The part of an answer that has come so far."""

    def __init__(self, request: Request, number: int) -> None:
        self._request, self._number = request, number
        self._entries: list[Entry] = []
        self._referrals = 0
        self._is_over = False

    def add(self, message: Mapping[str, Any]) -> Result | None:
        """Add one more message; return the result when it was the last."""
        if message["messageID"] != self._number:
            raise NoProperAnswer(_unasked(message))
        operation, parts = message["protocolOp"], message["payload"]
        if operation == self._request.answer:
            return self._end(parts, dict(map(_control, message["controls"] or ())))
        if operation == _ENTRY:
            self._keep(parts)
        elif operation == _REFERENCE:
            self._referrals += 1
        elif operation != _INTERMEDIATE:
            raise NoProperAnswer(_OTHER)
        return None

    def _keep(self, parts: Sequence[Element]) -> None:
        """Keep an entry, unless the server sends more of them than it was asked for."""
        limit = self._request.size_limit
        self._is_over = bool(limit) and len(self._entries) == limit
        if not self._is_over:
            self._entries.append(_entry(parts))

    def _end(self, parts: Sequence[Element], controls: Mapping[str, bytes | None]) -> Result:
        page = controls.get(PAGED_RESULTS_CONTROL)
        return Result(
            # as a server ends an answer that keeps to the limit (RFC 4511 §4.5.1.4)
            code=_SIZE_LIMIT_EXCEEDED if self._is_over else _value(parts[0], ber.ENUMERATED),
            message=_text(parts[2]),
            ppolicy=controls.get(PPOLICY_CONTROL),
            entries=tuple(self._entries),
            referrals=self._referrals,
            cookie=_cookie(page) if page is not None else b"",
        )


def _unasked(message: Mapping[str, Any]) -> str:
    """Return what a message is that answers no request of ours (RFC 4511 §4.4)."""
    if message["messageID"] != _UNSOLICITED:
        return _OTHER
    return f"it ends the session: {' '.join(_text(message['payload'][2]).split())[:_SHOWN]}"


def _entry(parts: Sequence[Element]) -> Entry:
    name, listed = parts
    attributes: dict[str, list[bytes]] = {}
    for attribute in _elements(listed):
        key, values = _elements(attribute)
        attributes.setdefault(_attribute(_text(key)), []).extend(map(_octets, _elements(values, _SET)))
    return Entry(_octets(name).decode(), attributes)


def _attribute(description: str) -> str:
    """Return the attribute of a description (RFC 4512 §2.5): `cn;lang-de` is a cn, as the server matches it.

    A range ([MS-ADTS] 3.1.1.3.1.3.3) keeps its option: it says that there are more values.
    """
    name, _, options = attribute_type(description).partition(";")
    return f"{name};{options}" if options.startswith(_RANGE) else name


def _control(control: Element) -> tuple[str, bytes | None]:
    """Return the name of a control and its value, which may follow a criticality."""
    name, *more = _elements(control)
    values = [_octets(element) for element in more if element[_TAG] == ber.OCTET_STRING]
    return _text(name), values[0] if values else None


def _cookie(value: bytes) -> bytes:
    (page,) = decode_sequence(value, 0, len(value))
    _, cookie = _elements(page)
    return _octets(cookie)


def _text(element: Element) -> str:
    return _octets(element).decode(errors="replace")


def _octets(element: Element) -> bytes:
    octets: bytes = _value(element, ber.OCTET_STRING)
    return octets


def _elements(element: Element, tag: int = _SEQUENCE) -> Sequence[Element]:
    elements: Sequence[Element] = _value(element, tag)
    return elements


def _value(element: Element, tag: int) -> Any:
    """Return the value of an element, whose universal tag must have this number: ldap3 accepts any tag."""
    tag_class, _, number, value = element
    if (tag_class, number) != (_UNIVERSAL, tag):
        raise NoProperAnswer("a value of another type")
    return value
