"""What the result of a bind or a search means (RFC 4511 §4.1.9 and appendix A).

A bind can end in "yes", in "no" (a Refusal), or in an exception where the directory could not tell.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace

from pyasn1.codec.ber import decoder
from pyasn1.error import PyAsn1Error
from pyasn1.type import namedtype, tag, univ

from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.ldap.answers import Result
from app.protocol.credentials import WRONG_CREDENTIALS

SUCCESS, SIZE_LIMIT, STRONGER_AUTH, REFERRAL = 0, 4, 8, 10
CONFIDENTIALITY, CONSTRAINT_VIOLATION, NO_SUCH_OBJECT, INVALID_SYNTAX = 13, 19, 32, 34
NO_PASSWORD, INVALID_CREDENTIALS, UNWILLING = 48, 49, 53
_TIME_LIMIT, _ADMIN_LIMIT, _BUSY, _UNAVAILABLE, _OPERATIONS_ERROR = 3, 11, 51, 52, 1
_PASSING = frozenset({_OPERATIONS_ERROR, _TIME_LIMIT, _ADMIN_LIMIT, _BUSY, _UNAVAILABLE})
_WITH_POLICY = frozenset({SUCCESS, CONSTRAINT_VIOLATION, INVALID_CREDENTIALS, UNWILLING})
_WRONG = {INVALID_CREDENTIALS: "wrong password", NO_PASSWORD: "the entry has no password"}
_NO_SUCH_NAME = frozenset({NO_SUCH_OBJECT, INVALID_SYNTAX})
_ADVICE = {
    SIZE_LIMIT: "the answer was cut off: raise the server's size limit for the service account",
    STRONGER_AUTH: "the server wants TLS or signing: use ldaps:// or start_tls",
    CONFIDENTIALITY: "the server wants TLS: use ldaps:// or start_tls",
    NO_SUCH_OBJECT: "the base does not exist, or the service account may not read it",
    REFERRAL: "the server refers to another one, to which no password is sent: put that one into 'servers'",
    50: "the service account may not do this: grant it read access",
}


_LOOK = "the server's log may say more"


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


@dataclass(frozen=True, slots=True)
class _NotNow:
    """Why somebody may not log in, whatever the password.

    Attributes:
        message: For a person who may know it.
        proved: Whether a server says so only to whoever gave the right password.
    """

    code: Code
    message: str
    detail: str
    proved: bool = True

    def refusal(self, *, tell: bool = False) -> Refusal:
        """Give the refusal; a person who has not proved the password reads what everybody reads."""
        return Refusal(self.code, self.message if self.proved or tell else WRONG_CREDENTIALS, self.detail)


_LOCKED = _NotNow(
    Code.ACCOUNT_LOCKED,
    "This account is locked. Ask your directory administrator to unlock it.",
    "locked by the directory's password policy",
    proved=False,
)
_EXPIRED = _NotNow(
    Code.PASSWORD_EXPIRED, "Your password has expired. Change it, then log in again.", "password expired"
)
_MUST_CHANGE = _NotNow(
    Code.PASSWORD_MUST_CHANGE,
    "Your password must be changed before you can log in. Change it, then log in again.",
    "password must be changed first",
)
_DISABLED = _NotNow(
    Code.ACCOUNT_DISABLED,
    "This account is disabled. Ask your directory administrator to enable it.",
    "account disabled",
)
_ACCOUNT_EXPIRED = _NotNow(
    Code.ACCOUNT_EXPIRED,
    "This account has expired. Ask your directory administrator for a new date.",
    "account expired",
)
_HOURS = _NotNow(
    Code.LOGON_HOURS, "This account may not log in at this time of day.", "outside the account's logon hours"
)
_RESTRICTED = _NotNow(
    Code.LOGON_RESTRICTED,
    "This account may not log in to this service. Ask your directory administrator.",
    "the account's logon restrictions (workstations, logon types) leave this server out",
)
DISABLED = _DISABLED.refusal()
"""Of a person who gave the right password, and whose entry the disabled filter matches."""
NOT_NOW = frozenset(
    each.code for each in (_LOCKED, _EXPIRED, _MUST_CHANGE, _DISABLED, _ACCOUNT_EXPIRED, _HOURS, _RESTRICTED)
)
"""What says nothing about the password's being wrong: never counted as a failure."""

_POLICY = {
    PolicyError.ACCOUNT_LOCKED: _LOCKED,
    PolicyError.PASSWORD_EXPIRED: _EXPIRED,
    PolicyError.CHANGE_AFTER_RESET: _MUST_CHANGE,
}
_AD_DATA = re.compile(r"AcceptSecurityContext error, data ([0-9A-Fa-f]{1,8})\b")
_ACTIVE_DIRECTORY = {
    0x52F: _RESTRICTED,
    0x530: _HOURS,
    0x531: _RESTRICTED,
    0x532: _EXPIRED,
    0x533: _DISABLED,
    0x569: _RESTRICTED,
    0x701: _ACCOUNT_EXPIRED,
    0x773: _MUST_CHANGE,
    0x775: _LOCKED,  # comes with a wrong password too, unlike the others
}
"""The Windows error in the diagnostic message of a bind ([MS-ERREF] §2.2); 52e and 525 are plain refusals."""
_UNWILLING_TEXTS = (
    (re.compile(r"inactivated", re.IGNORECASE), replace(_DISABLED, proved=False)),
    (re.compile(r"too many failed logins", re.IGNORECASE), _LOCKED),
    (re.compile(r"\bexpired\b", re.IGNORECASE), replace(_ACCOUNT_EXPIRED, proved=False)),
)
"""What 389 Directory Server and FreeIPA say of an account, before they look at the password."""


def of_bind(result: Result, *, tell_account_state: bool, typed: bool = False) -> Refusal | None:
    """Say how a person's bind ended; None where the password is right and the account may log in.

    Args:
        result: What the server answered.
        tell_account_state: Whether a person who has not proved the password may learn that the account is
            locked: OpenLDAP refuses a locked account before it looks at the password.
        typed: Whether the DN was made of what somebody typed: then there may be no such entry.

    Raises:
        DirectoryMisconfigured: An administrator must change something.
        DirectoryUnavailable: The server could not tell.
    """
    why = _not_now(result)
    if why is not None:
        return why.refusal(tell=tell_account_state)
    if result.code == SUCCESS:
        return None
    if result.code in _WRONG or (typed and result.code in _NO_SUCH_NAME):
        return Refusal(
            Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, detail=_WRONG.get(result.code, "unknown user")
        )
    raise failure(result, "the bind of a person")


def state(result: Result) -> str:
    """Say in which state of the account a bind ended; empty where it tells of none."""
    why = _not_now(result)
    return "" if why is None else why.detail


def _not_now(result: Result) -> _NotNow | None:
    """Say which state of the account a bind tells of; None where it tells of none."""
    if result.code == UNWILLING:
        # the control of 389 Directory Server calls an inactivated account locked; only the text tells
        said = next((why for text, why in _UNWILLING_TEXTS if text.search(result.message)), None)
        if said is not None:
            return said
    if result.code in _WITH_POLICY:
        policy = policy_error(result.ppolicy)
        if policy is not None:
            return _POLICY[policy]
    if result.code == INVALID_CREDENTIALS:
        found = _AD_DATA.search(result.message)
        return _ACTIVE_DIRECTORY.get(int(found.group(1), 16)) if found else None
    if result.code == CONSTRAINT_VIOLATION:
        return _LOCKED  # 389 Directory Server, after too many wrong passwords
    return None


def failure(result: Result, what: str) -> DirectoryMisconfigured | DirectoryUnavailable:
    """Make the exception for a result that is neither yes nor no; the detail is for the operator's log."""
    if result.code == SUCCESS:
        what = f"{what}: the server left part of the answer to others, which are not asked (referrals)"
        return DirectoryMisconfigured(f"{what}: choose bases that it holds itself")
    detail = f"{what} ended with LDAP result {result.code}"
    if result.message:
        detail += f" ({result.message[:200]})"
    if result.code in _PASSING:
        return DirectoryUnavailable(f"{detail}: {_LOOK}")
    return DirectoryMisconfigured(f"{detail}: {_ADVICE.get(result.code, _LOOK)}")


def policy_error(value: bytes | None) -> PolicyError | None:
    """Read the error of a password-policy response control.

    Raises:
        DirectoryMisconfigured: It cannot be read, or is none that a bind has: nobody can know whether the
            account may log in.
    """
    if not value or value == _NOTHING_TO_SAY:
        return None
    try:
        response, _ = decoder.decode(value, asn1Spec=_PolicyResponse())
        return PolicyError(int(response["error"])) if response["error"].isValue else None
    except (PyAsn1Error, ValueError):
        text = f"the server's password-policy control cannot be read ({value[:32].hex()}): {_LOOK}"
        raise DirectoryMisconfigured(text) from None
