"""What the answer to a person's bind says of the account: whether the person may log in, and why not.

A bind ends in "yes" (None), in "no" (a Refusal), or in an exception where the directory could not tell.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.errors import Code, Refusal
from app.ldap import codes, ppolicy
from app.ldap.answers import Result
from app.ldap.codes import ResultCode
from app.ldap.ppolicy import PolicyError
from app.protocol.credentials import WRONG_CREDENTIALS

_WITH_POLICY = frozenset(
    {
        ResultCode.SUCCESS,
        ResultCode.CONSTRAINT_VIOLATION,
        ResultCode.INVALID_CREDENTIALS,
        ResultCode.UNWILLING_TO_PERFORM,
    }
)
"""The results beside which a password-policy control counts."""
_WRONG: Mapping[int, str] = {
    ResultCode.INVALID_CREDENTIALS: "wrong password",
    ResultCode.INAPPROPRIATE_AUTHENTICATION: "the entry has no password",
}
_NO_SUCH_NAME = frozenset({ResultCode.NO_SUCH_OBJECT, ResultCode.INVALID_DN_SYNTAX})


@dataclass(frozen=True, slots=True)
class _State:
    """A state of an account in which nobody may log in, whatever the password.

    Attributes:
        message: For a person who may know the state.
        detail: For the log.
        proved: Whether the server tells the state only to a person who gave the right password.
    """

    code: Code
    message: str
    detail: str
    proved: bool = True

    def refusal(self, *, tell: bool = False) -> Refusal:
        """Return the refusal; a person who has not proved the password reads what a wrong password gets."""
        message = self.message if self.proved or tell else WRONG_CREDENTIALS
        return Refusal(self.code, message, self.detail, proved=self.proved)


_LOCKED = _State(
    Code.ACCOUNT_LOCKED,
    "This account is locked. Ask your directory administrator to unlock it.",
    "locked by the directory's password policy",
    proved=False,
)
_EXPIRED = _State(
    Code.PASSWORD_EXPIRED, "Your password has expired. Change it, then log in again.", "password expired"
)
_MUST_CHANGE = _State(
    Code.PASSWORD_MUST_CHANGE,
    "Your password must be changed before you can log in. Change it, then log in again.",
    "password must be changed first",
)
_DISABLED = _State(
    Code.ACCOUNT_DISABLED,
    "This account is disabled. Ask your directory administrator to enable it.",
    "account disabled",
)
_ACCOUNT_EXPIRED = _State(
    Code.ACCOUNT_EXPIRED,
    "This account has expired. Ask your directory administrator for a new date.",
    "account expired",
)
_HOURS = _State(
    Code.LOGON_HOURS, "This account may not log in at this time of day.", "outside the account's logon hours"
)
_RESTRICTED = _State(
    Code.LOGON_RESTRICTED,
    "This account may not log in to this service. Ask your directory administrator.",
    "the account's logon restrictions (workstations, logon types) leave this server out",
)
_REFUSED = _State(
    Code.LOGON_RESTRICTED,
    "The directory does not let this account log in. Ask your directory administrator.",
    "the directory refuses the bind of this person",
    proved=False,
)
DISABLED = _DISABLED.refusal()
ACCOUNT_EXPIRED = _ACCOUNT_EXPIRED.refusal()
PASSWORD_EXPIRED = _EXPIRED.refusal()
"""Of a person who gave the right password, and whose entry says so (`account_check.py`)."""

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
    0x775: _LOCKED,  # unlike the others, it comes with a wrong password too
}
"""The Windows error in the diagnostic message of a bind ([MS-ERREF] §2.2); 52e and 525 are plain refusals."""
_UNWILLING = (
    (re.compile(r"inactivated", re.IGNORECASE), replace(_DISABLED, proved=False)),
    (re.compile(r"too many failed logins", re.IGNORECASE), _LOCKED),
    (re.compile(r"password (?:has |is )?expired", re.IGNORECASE), replace(_EXPIRED, proved=False)),
    (re.compile(r"\bexpired\b", re.IGNORECASE), replace(_ACCOUNT_EXPIRED, proved=False)),
    (re.compile(r"\blocked\b", re.IGNORECASE), _LOCKED),
)
"""What 389 Directory Server, FreeIPA and others say of an account before they check the password."""
_EDIRECTORY_ERROR = re.compile(r"NDS error:[^()]*\((-[0-9]{1,5})\)")
_EDIRECTORY = {
    -197: _LOCKED,  # intruder lockout
    -217: replace(_RESTRICTED, proved=False),  # too many connections at once
    -218: replace(_HOURS, proved=False),
    -219: replace(_RESTRICTED, proved=False),  # not from this station
    -220: replace(_ACCOUNT_EXPIRED, proved=False),
    -222: replace(_EXPIRED, proved=False),  # and no grace logins are left
    -223: replace(_EXPIRED, proved=False),
}
"""The error of eDirectory in the diagnostic message of a bind."""
_ABOUT_ONE_PERSON = frozenset({ResultCode.UNWILLING_TO_PERFORM, ResultCode.INSUFFICIENT_ACCESS_RIGHTS})
"""Refusals of a person's bind, whatever the text: what is wrong with all binds has other codes."""
_log = logging.getLogger("wharfinger.directory")


def of_bind(result: Result, *, tell_account_state: bool, typed: bool = False) -> Refusal | None:
    """Return why the person may not log in; None if the password is right and the account is usable.

    Args:
        result: The answer to the person's bind.
        tell_account_state: Whether a person who has not proved the password may learn that the account is
            locked: OpenLDAP refuses a locked account before it checks the password.
        typed: Whether the DN was made from what somebody typed, so that the entry may not exist.

    Raises:
        DirectoryMisconfigured: An administrator must change something.
        DirectoryUnavailable: The server could not tell.
    """
    state = _state(result)
    if result.code in _ABOUT_ONE_PERSON:
        state = _logged(state or _REFUSED, result)
    if state is not None:
        return state.refusal(tell=tell_account_state)
    if result.code == ResultCode.SUCCESS:
        return None
    if result.code in _WRONG or (typed and result.code in _NO_SUCH_NAME):
        return Refusal(Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS, _WRONG.get(result.code, "unknown user"))
    raise codes.error(result, "the bind of a person")


def _logged(state: _State, result: Result) -> _State:
    """Log that the directory refuses a person; return the state with the directory's own words in it."""
    said = codes.error(result, "the bind of a person").fault.text
    _log.warning("the directory refuses the bind of a person", extra={"detail": said})
    return replace(state, detail=f"{state.detail}: {said}")


def state_of(result: Result) -> str:
    """Return the state of the account that the answer to a bind tells of, for a log; empty if none."""
    state = _state(result)
    return "" if state is None else state.detail


def _state(result: Result) -> _State | None:
    if found := _EDIRECTORY_ERROR.search(result.message) if result.code != ResultCode.SUCCESS else None:
        told = _EDIRECTORY.get(int(found[1]))
        if told is not None:
            return told
    if result.code in _ABOUT_ONE_PERSON:
        # the control of 389 Directory Server calls an inactivated account locked; only the text is right
        said = next((state for text, state in _UNWILLING if text.search(result.message)), None)
        if said is not None:
            return said
    if result.code in _WITH_POLICY:
        policy = ppolicy.error_of(result.ppolicy)
        if policy is not None:
            return _POLICY[policy]
    if result.code == ResultCode.INVALID_CREDENTIALS:
        found = _AD_DATA.search(result.message)
        return _ACTIVE_DIRECTORY.get(int(found.group(1), 16)) if found else None
    if result.code == ResultCode.CONSTRAINT_VIOLATION:
        return _LOCKED  # 389 Directory Server, after too many wrong passwords
    return None
