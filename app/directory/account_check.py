"""Whether the entry of a person who gave the right password says that the account may not be used.

Two settings say how to see it: `users.disabled_filter`, by the server's comparison, and `users.disabled_by`,
by attributes whose meaning is known here. Where an attribute is compared with a clock, servers may be of no
help: OpenLDAP's schema has no ordering for shadowExpire, so a filter with `<=` matches nobody, silently.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from app.directory import account_state, filters
from app.directory.searcher import Searcher
from app.errors import DirectoryMisconfigured, Fault, Refusal
from app.ldap import codes
from app.ldap.answers import Entry
from app.ldap.codes import ResultCode
from app.ldap.deadline import Deadline
from app.ldap.filters import NO_ATTRIBUTES
from app.ldap.requests import Query

_SHELLS_OF_NOBODY = frozenset({"nologin", "false"})
_FILETIME_NEVER = 2**63 - 1
_FRACTION = re.compile(r"[.,][0-9]+")


class DisablingAttribute(enum.StrEnum):
    """An attribute that can say that an account may not be used."""

    SHADOW_EXPIRE = "shadowExpire"
    KRB_PRINCIPAL_EXPIRATION = "krbPrincipalExpiration"
    KRB_PASSWORD_EXPIRATION = "krbPasswordExpiration"  # noqa: S105 - an attribute's name
    ACCOUNT_EXPIRES = "accountExpires"
    NS_ACCOUNT_LOCK = "nsAccountLock"
    LOGIN_SHELL = "loginShell"


def _days_are_over(value: str, now: datetime) -> bool:
    """Days since 1970 (RFC 2307, shadow(5)); a negative number is never."""
    return 0 <= int(value) <= filters.days(now)


def _time_is_over(value: str, now: datetime) -> bool:
    """A generalizedTime (RFC 4517 §3.3.13) with its seconds."""
    return datetime.strptime(_FRACTION.sub("", value), "%Y%m%d%H%M%S%z") <= now


def _filetime_is_over(value: str, now: datetime) -> bool:
    """Tenths of microseconds since 1601 ([MS-ADA1] accountExpires); 0 and the greatest number are never."""
    return int(value) not in (0, _FILETIME_NEVER) and int(value) <= filters.filetime(now)


def _is_locked(value: str, _: datetime) -> bool:
    return value.lower() == "true"


def _is_nobodys_shell(value: str, _: datetime) -> bool:
    return value.rpartition("/")[2] in _SHELLS_OF_NOBODY


_MEANINGS: Mapping[DisablingAttribute, tuple[Callable[[str, datetime], bool], Refusal]] = {
    DisablingAttribute.SHADOW_EXPIRE: (_days_are_over, account_state.ACCOUNT_EXPIRED),
    DisablingAttribute.KRB_PRINCIPAL_EXPIRATION: (_time_is_over, account_state.ACCOUNT_EXPIRED),
    DisablingAttribute.KRB_PASSWORD_EXPIRATION: (_time_is_over, account_state.PASSWORD_EXPIRED),
    DisablingAttribute.ACCOUNT_EXPIRES: (_filetime_is_over, account_state.ACCOUNT_EXPIRED),
    DisablingAttribute.NS_ACCOUNT_LOCK: (_is_locked, account_state.DISABLED),
    DisablingAttribute.LOGIN_SHELL: (_is_nobodys_shell, account_state.DISABLED),
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


class AccountCheck:
    """Looks at the entries of people who gave the right password."""

    def __init__(
        self,
        disabled_filter: str,
        disabled_by: Sequence[DisablingAttribute],
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        """Ask nobody yet.

        Args:
            disabled_filter: May be empty; a moment in it is that of the check (`filters.at`).
            disabled_by: The attributes to look at.
            now: The time (aware).
        """
        self._filter, self._attributes, self._now = disabled_filter, disabled_by, now

    def refusal(self, searcher: Searcher, entry: Entry, deadline: Deadline) -> Refusal | None:
        """Return why the account may not be used; None where it may.

        Args:
            searcher: Reads the entry.
            entry: As the search for people returned it, with the attributes of `disabled_by`.
            deadline: Of the whole login.

        Raises:
            DirectoryUnavailable: No server answers.
            DirectoryMisconfigured: The account may not read the entry, or a value of it is of another form.
        """
        now = self._now()
        for attribute in self._attributes:
            is_over, refusal = _MEANINGS[attribute]
            for value in entry.texts(attribute):
                try:
                    if is_over(value, now):
                        return refusal
                except ValueError:
                    text = f"{entry.dn}: the value of {attribute} cannot be read"
                    hint = f"mend it, or take {attribute} out of users.disabled_by"
                    raise DirectoryMisconfigured(Fault(text, hint)) from None
        return account_state.DISABLED if self._matches(searcher, entry, deadline, now) else None

    def _matches(self, searcher: Searcher, entry: Entry, deadline: Deadline, now: datetime) -> bool:
        if not self._filter:
            return False
        query = Query(entry.dn, "base", filters.at(self._filter, now), (NO_ATTRIBUTES,))
        result = searcher.search(query, deadline)
        if result.code != ResultCode.SUCCESS or result.referrals:
            raise codes.error(result, f"the search with users.disabled_filter at {entry.dn}")
        return bool(result.entries)
