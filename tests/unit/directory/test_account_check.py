"""What the entry of a person says of the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.directory import filters
from app.directory.account_check import AccountCheck, DisablingAttribute
from app.errors import Code, DirectoryMisconfigured
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query

NOW = datetime(2026, 1, 31, 12, 30, 15, 250_000, tzinfo=UTC)
_DAYS = 20_484
"""From 1970 to that day."""


@dataclass(slots=True)
class Matching:
    """Matches what a filter of some text asks for.

    Attributes:
        filters: Of the searches so far.
    """

    matches: bool = False
    filters: list[str] = field(default_factory=list)

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Find the entry, or not."""
        deadline.remaining()
        self.filters.append(query.filter)
        return Result(0, "", entries=(Entry(query.base, {}),) if self.matches else ())


def _code(attribute: str, *values: str) -> Code | None:
    """Return why an account with these values may not be used."""
    entry = Entry("uid=alice", {attribute.lower(): [value.encode() for value in values]})
    check = AccountCheck("", (DisablingAttribute(attribute),), lambda: NOW)
    found = check.refusal(Matching(), entry, Deadline(timedelta(seconds=5)))
    return None if found is None else found.code


@pytest.mark.parametrize(
    ("attribute", "value", "code"),
    [
        ("shadowExpire", str(_DAYS), Code.ACCOUNT_EXPIRED),
        ("shadowExpire", "0", Code.ACCOUNT_EXPIRED),
        ("shadowExpire", str(_DAYS + 1), None),
        ("shadowExpire", "-1", None),
        ("krbPrincipalExpiration", "20260131123015Z", Code.ACCOUNT_EXPIRED),
        ("krbPrincipalExpiration", "20260131123016Z", None),
        ("krbPasswordExpiration", "20260131123015.2Z", Code.PASSWORD_EXPIRED),
        ("krbPasswordExpiration", "20260131143014+0200", Code.PASSWORD_EXPIRED),
        ("krbPasswordExpiration", "20260131143016+0200", None),
        ("accountExpires", "134143362152500000", Code.ACCOUNT_EXPIRED),
        ("accountExpires", "134143362152500001", None),
        ("accountExpires", "0", None),
        ("accountExpires", "9223372036854775807", None),
        ("nsAccountLock", "TRUE", Code.ACCOUNT_DISABLED),
        ("nsAccountLock", "true", Code.ACCOUNT_DISABLED),
        ("nsAccountLock", "FALSE", None),
        ("loginShell", "/usr/sbin/nologin", Code.ACCOUNT_DISABLED),
        ("loginShell", "/bin/false", Code.ACCOUNT_DISABLED),
        ("loginShell", "/bin/bash", None),
    ],
)
def test_each_attribute_means_what_its_schema_says(attribute: str, value: str, code: Code | None) -> None:
    """Up to the moment at which it is over."""
    assert _code(attribute, value) is code


def test_an_entry_without_the_attribute_is_not_disabled() -> None:
    """And one of several values is enough."""
    assert _code("shadowExpire") is None
    assert _code("loginShell", "/bin/bash", "/sbin/nologin") is Code.ACCOUNT_DISABLED


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("shadowExpire", "soon"),
        ("krbPasswordExpiration", "2026-01-31"),
        ("krbPasswordExpiration", "20260131123015"),
        ("accountExpires", ""),
    ],
)
def test_a_value_of_another_form_lets_nobody_in(attribute: str, value: str) -> None:
    """Nobody can know whether the account may log in."""
    with pytest.raises(DirectoryMisconfigured, match=f"uid=alice: the value of {attribute} cannot be read"):
        _code(attribute, value)


def test_a_filter_is_asked_with_the_time_of_the_login() -> None:
    """In each of its forms; the time zone of the clock makes no difference."""
    place = timezone(timedelta(hours=9))
    text = "(|(a<={now})(b<={now_days})(c<={now_filetime}))"
    for matches in (True, False):
        searcher = Matching(matches)
        check = AccountCheck(text, (), lambda: NOW.astimezone(place))
        found = check.refusal(searcher, Entry("uid=alice", {}), Deadline(timedelta(seconds=5)))
        assert (found is not None) is matches
        assert searcher.filters == ["(|(a<=20260131123015Z)(b<=20484)(c<=134143362152500000))"]


def test_nothing_is_asked_where_nothing_is_configured() -> None:
    """A login costs no search for it then."""
    searcher = Matching(matches=True)
    assert AccountCheck("", ()).refusal(searcher, Entry("uid=alice", {}), Deadline(timedelta(1))) is None
    assert searcher.filters == []


def test_a_filetime_is_exact() -> None:
    """[MS-DTYP] 2.3.3: tenths of microseconds since 1601."""
    assert filters.filetime(datetime(1970, 1, 1, tzinfo=UTC)) == 116_444_736_000_000_000
