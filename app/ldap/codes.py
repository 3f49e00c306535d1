"""The result codes of LDAP (RFC 4511 appendix A), and the error that each stands for."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Final

from app.errors import DirectoryMisconfigured, DirectoryUnavailable, Fault
from app.ldap.answers import Result

LOOK_INTO_LOG: Final = "the server's log may say more"
_SHOWN: Final = 200
"""Characters of what a server says."""


class ResultCode(enum.IntEnum):
    """The codes that this program tells apart, by the RFC's names; a server may send any other number too."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    AUTH_METHOD_NOT_SUPPORTED = 7
    STRONGER_AUTH_REQUIRED = 8
    REFERRAL = 10
    ADMIN_LIMIT_EXCEEDED = 11
    CONFIDENTIALITY_REQUIRED = 13
    SASL_BIND_IN_PROGRESS = 14
    CONSTRAINT_VIOLATION = 19
    NO_SUCH_OBJECT = 32
    INVALID_DN_SYNTAX = 34
    INAPPROPRIATE_AUTHENTICATION = 48
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53


NO_WORK_DONE: Final = frozenset({ResultCode.BUSY, ResultCode.UNAVAILABLE})
"""The server answers, and cannot do its work just now."""
_PASSING = NO_WORK_DONE | {
    ResultCode.OPERATIONS_ERROR,
    ResultCode.TIME_LIMIT_EXCEEDED,
    ResultCode.ADMIN_LIMIT_EXCEEDED,
}
"""The same request may succeed a little later."""
_WANTS_A_BIND = re.compile(
    "a successful bind must be completed|unavailable without authentication", re.IGNORECASE
)
"""What Active Directory, and Samba, say of an operation that needs a bind."""
_MEANINGS: Mapping[int, Fault] = {
    ResultCode.SIZE_LIMIT_EXCEEDED: Fault(
        "the answer was cut off", "raise the server's size limit for the service account"
    ),
    ResultCode.STRONGER_AUTH_REQUIRED: Fault("the server wants TLS or signing", "use ldaps:// or start_tls"),
    ResultCode.CONFIDENTIALITY_REQUIRED: Fault("the server wants TLS", "use ldaps:// or start_tls"),
    ResultCode.NO_SUCH_OBJECT: Fault(
        "the base does not exist, or the service account may not read it",
        "check how it is written, and the server's access rules",
    ),
    ResultCode.REFERRAL: Fault(
        "the server refers to another one, to which no password is sent", "put that one into 'servers'"
    ),
    ResultCode.INSUFFICIENT_ACCESS_RIGHTS: Fault(
        "the service account may not do this", "grant it read access"
    ),
}


def error(result: Result, doing: str) -> DirectoryMisconfigured | DirectoryUnavailable:
    """Return the exception for a result that the caller has no other use for.

    Args:
        result: Its code is an error, or it is a success that left part of the answer to other servers.
        doing: What was asked, for the operator's log.
    """
    if result.code == ResultCode.SUCCESS:
        text = (
            f"{doing}: the server left part of the answer to other servers (referrals), which are not asked"
        )
        return DirectoryMisconfigured(Fault(text, "choose bases that it holds itself"))
    text = f"{doing} ended with LDAP result {result.code}"
    if result.message:
        text += f" ({result.message[:_SHOWN]})"
    if result.code == ResultCode.OPERATIONS_ERROR and _WANTS_A_BIND.search(result.message):
        return DirectoryMisconfigured(Fault(text, "name an account in directory.service_account"))
    if result.code in _PASSING:
        return DirectoryUnavailable(Fault(text, LOOK_INTO_LOG))
    meaning = _MEANINGS.get(result.code)
    if meaning is None:
        return DirectoryMisconfigured(Fault(text, LOOK_INTO_LOG))
    return DirectoryMisconfigured(Fault(f"{text}: {meaning.text}", meaning.hint))
