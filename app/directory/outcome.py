"""What the result of a bind or a search means (RFC 4511 §4.1.9 and appendix A).

A bind can end in "yes", in "no" (a Refusal), or in an exception where the directory could not tell.
"""

from __future__ import annotations

import enum

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import namedtype, tag, univ

from app.directory.connection import Result
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.protocol.credentials import WRONG_CREDENTIALS

SUCCESS, SIZE_LIMIT, STRONGER_AUTH, REFERRAL = 0, 4, 8, 10
CONFIDENTIALITY, NO_SUCH_OBJECT, INVALID_CREDENTIALS = 13, 32, 49
_TIME_LIMIT, _ADMIN_LIMIT, _BUSY, _UNAVAILABLE, _OPERATIONS_ERROR = 3, 11, 51, 52, 1
_PASSING = frozenset({_OPERATIONS_ERROR, _TIME_LIMIT, _ADMIN_LIMIT, _BUSY, _UNAVAILABLE})
_ADVICE = {
    SIZE_LIMIT: "the answer was cut off: raise the server's size limit for the service account",
    STRONGER_AUTH: "the server wants TLS or signing: use ldaps:// or start_tls",
    CONFIDENTIALITY: "the server wants TLS: use ldaps:// or start_tls",
    NO_SUCH_OBJECT: "the base does not exist, or the service account may not read it",
    50: "the service account may not do this: grant it read access",
}


class PolicyError(enum.IntEnum):
    """The errors of the password-policy response control (draft-behera-ldap-password-policy §6.2)."""

    PASSWORD_EXPIRED = 0
    ACCOUNT_LOCKED = 1
    CHANGE_AFTER_RESET = 2


class _PolicyResponse(univ.Sequence):
    """PasswordPolicyResponseValue; the warning is read past, the error is what counts."""

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


_NOTHING_TO_SAY = b"\x30\x00"
"""The response of nearly every login: an empty sequence."""
_LOCKED = "This account is locked. Ask your directory administrator to unlock it."
_EXPIRED = "Your password has expired. Change it, then log in again."
_MUST_CHANGE = "Your password must be changed before you can log in. Change it, then log in again."


def of_bind(result: Result, *, tell_account_state: bool) -> Refusal | None:
    """Say how a person's bind ended; None where the password is right and the account may log in.

    Args:
        result: What the server answered.
        tell_account_state: Whether a person who has not proved the password may learn that the account is
            locked: OpenLDAP refuses a locked account before it looks at the password.

    Raises:
        DirectoryMisconfigured: An administrator must change something.
        DirectoryUnavailable: The server could not tell.
    """
    policy = policy_error(result.ppolicy)
    if policy is PolicyError.ACCOUNT_LOCKED:
        message = _LOCKED if tell_account_state else WRONG_CREDENTIALS
        return Refusal(Code.ACCOUNT_LOCKED, message, detail="locked by the directory's password policy")
    if policy is PolicyError.PASSWORD_EXPIRED:
        return Refusal(Code.PASSWORD_EXPIRED, _EXPIRED)
    if policy is PolicyError.CHANGE_AFTER_RESET:
        return Refusal(Code.PASSWORD_MUST_CHANGE, _MUST_CHANGE)
    if result.code == SUCCESS:
        return None
    if result.code == INVALID_CREDENTIALS:
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail="wrong password")
    raise failure(result, "the bind of a person")


def failure(result: Result, what: str) -> DirectoryMisconfigured | DirectoryUnavailable:
    """Make the exception for a result that is neither yes nor no; the detail is for the operator's log."""
    detail = f"{what} ended with LDAP result {result.code}"
    if result.message:
        detail += f" ({result.message[:200]})"
    if result.code in _PASSING:
        return DirectoryUnavailable(detail)
    advice = _ADVICE.get(result.code)
    return DirectoryMisconfigured(f"{detail}: {advice}" if advice else detail)


def policy_error(value: bytes | None) -> PolicyError | None:
    """Read the error of a password-policy response control; one that cannot be read or is another is None."""
    if not value or value == _NOTHING_TO_SAY:
        return None
    try:
        response, _ = decoder.decode(value, asn1Spec=_PolicyResponse())
        return PolicyError(int(response["error"])) if response["error"].isValue else None
    except (PyAsn1Error, ValueError):
        return None
