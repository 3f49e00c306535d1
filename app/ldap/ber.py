"""The basic encoding rules as LDAP restricts them (RFC 4511 §5.1, X.690 §8), for writing."""

from __future__ import annotations

INTEGER, OCTET_STRING, ENUMERATED, SEQUENCE = 0x02, 0x04, 0x0A, 0x30
TRUE = b"\xff"
SHORT_FORM = 0x80


def tlv(tag: int, *contents: bytes) -> bytes:
    """Return one element: its tag, the length of its contents in definite form, and the contents.

    Args:
        tag: The identifier octet.
        contents: In order; of a constructed element, its elements.
    """
    value = b"".join(contents)
    size = len(value)
    if size < SHORT_FORM:
        return bytes((tag, size)) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, SHORT_FORM | len(length))) + length + value


def text(value: str, tag: int = OCTET_STRING) -> bytes:
    """Return a text as an element, in UTF-8."""
    return tlv(tag, value.encode())


def integer(value: int) -> bytes:
    """Return a number that is not negative as an INTEGER, in as few octets as it takes."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))
