"""Reads the password-policy response control (draft-behera-ldap-password-policy §6.2)."""

from __future__ import annotations

import enum

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import namedtype, tag, univ

from app.errors import DirectoryMisconfigured, Fault

_NOTHING_TO_SAY = b"\x30\x00"
"""An empty sequence: the response of nearly every login."""
_SHOWN_OCTETS = 32


class PolicyError(enum.IntEnum):
    """The errors that a bind can have; the further ones are of password changes."""

    PASSWORD_EXPIRED = 0
    ACCOUNT_LOCKED = 1
    CHANGE_AFTER_RESET = 2


class _Response(univ.Sequence):
    """PasswordPolicyResponseValue; the warning is skipped, the error is what counts."""

    componentType = namedtype.NamedTypes(  # noqa: N815 - pyasn1's name
        namedtype.OptionalNamedType(
            "warning",
            univ.Any().subtype(explicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatConstructed, 0)),
        ),
        namedtype.OptionalNamedType(
            "error",
            univ.Enumerated().subtype(implicitTag=tag.Tag(tag.tagClassContext, tag.tagFormatSimple, 1)),
        ),
    )


def error_of(value: bytes | None) -> PolicyError | None:
    """Return the error that the value of a control tells of; None where it tells of none.

    Args:
        value: None where the answer had no such control.

    Raises:
        DirectoryMisconfigured: The value cannot be read, or its error is none of a bind: nobody can know
            whether the account may log in.
    """
    if not value or value == _NOTHING_TO_SAY:
        return None
    try:
        response, _ = decoder.decode(value, asn1Spec=_Response())
        return PolicyError(int(response["error"])) if response["error"].isValue else None
    except (PyAsn1Error, ValueError):
        text = f"the server's password-policy control cannot be read ({value[:_SHOWN_OCTETS].hex()})"
        raise DirectoryMisconfigured(Fault(text, "the server's log may say more")) from None
