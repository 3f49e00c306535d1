"""What a server must hold for logins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.directory.inspect import content
from app.directory.settings import DirectorySettings
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry, Result
from app.ldap.requests import Query

ROOT = Entry("", {"subschemasubentry": [b"cn=schema"]})
NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
PERSON = Entry("uid=alice,ou=people,dc=x", {})
KNOWN = (b"( 1.1 NAME 'uid' )", b"( 1.2 NAME 'cn' )")


def _faults(
    answer: Callable[[Query], Result], root: Entry | None = ROOT, *, disabled: str = "", **groups: Any
) -> dict[str, str]:
    section = {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=w", "password": "x"},
        "users": {"bases": ["ou=people,dc=x"], "disabled_filter": disabled},
        "groups": {"bases": ["ou=groups,dc=x"]} | groups,
    }
    checks = content.checks(DirectorySettings.model_validate(section), root, NOW)
    return {name: str(check(answer) or "") for name, check in checks}


def _holding(*people: Entry, code: int = 0, schema: tuple[bytes, ...] = KNOWN) -> Callable[[Query], Result]:
    def answer(query: Query) -> Result:
        if query.base == "cn=schema":
            return Result(0, "", entries=(Entry("cn=schema", {"attributetypes": schema}),))
        if ("=*)" in query.filter and "objectClass" not in query.filter) or "alias" in query.filter:
            return Result(0, "")
        return Result(code, "", entries=people)

    return answer


def test_what_is_there_has_no_fault() -> None:
    """Each check says so."""
    assert _faults(_holding(PERSON)) == {
        "attributes": "",
        "people under ou=people,dc=x": "",
        "names of people": "",
        "aliases": "",
        "groups under ou=groups,dc=x": "",
    }


def test_a_search_that_brought_an_entry_worked() -> None:
    """ApacheDS ends it with 80 (other), most servers with 4 (size limit exceeded)."""
    for code in (4, 80):
        assert not any(_faults(_holding(PERSON, code=code)).values())


def test_a_search_that_fails_is_fatal() -> None:
    """Nobody can log in."""
    with pytest.raises(DirectoryMisconfigured):
        _faults(_holding(code=50))


@pytest.mark.parametrize("root", [None, Entry("", {})])
def test_attributes_that_cannot_be_checked_are_told_so(root: Entry | None) -> None:
    """Where there is no root entry, or none that names the schema."""
    assert "no root entry says where the schema is" in _faults(_holding(PERSON), root)["attributes"]


def test_a_schema_that_cannot_be_read_is_told() -> None:
    """It is not the root entry that lacks then."""
    found = _faults(_holding(PERSON, schema=()))["attributes"]
    assert "the service account cannot read the schema" in found


def test_people_of_several_names_are_told() -> None:
    """They cannot log in; a second value of another attribute is no fault."""
    bob = Entry("uid=bob,ou=people,dc=x", {"uid": [b"bob", b"robert"], "mail": [b"a", b"b"]})
    found = _faults(_holding(PERSON, bob))["names of people"]
    assert "1 of the people read have several values of uid: uid=bob,ou=people,dc=x (bob, robert)" in found
    assert "leave one value" in found


@pytest.mark.parametrize(("place", "section"), [("ou=people,dc=x", "users"), ("ou=groups,dc=x", "groups")])
@pytest.mark.parametrize("scope", ["base", "sub"])
def test_an_alias_is_called_one(place: str, section: str, scope: str) -> None:
    """A base, or an entry below it: a login would find the alias and not what it stands for."""

    def answer(query: Query) -> Result:
        if "alias" not in query.filter:
            return _holding(PERSON)(query)
        is_there = (query.base, query.scope) == (place, scope)
        return Result(0, "", entries=(Entry(place, {}),) if is_there else ())

    found = _faults(answer)["aliases"]
    assert f"{place} is an alias" in found
    assert f"into {section}.bases" in found


def test_the_membership_attribute_is_looked_for() -> None:
    """With `member_of` alone; where nobody has it, nobody is in a group, and no deny by group applies."""
    member = Entry("uid=bob,ou=people,dc=x", {"memberof": [b"cn=a"]})
    assert "membership" not in _faults(_holding(PERSON))
    assert _faults(_holding(PERSON, member), strategy="member_of")["membership"] == ""
    found = _faults(_holding(PERSON), strategy="member_of")
    assert "nobody has memberOf, so nobody is in a group" in found["membership"]
    assert "memberOf (groups.member_of_attribute)" in found["attributes"]


def test_the_membership_attribute_may_have_another_name() -> None:
    """It comes in ranges too."""
    member = Entry("uid=bob,ou=people,dc=x", {"ismemberof;range=0-1499": [b"cn=a"]})
    found = _faults(_holding(PERSON, member), strategy="member_of", member_of_attribute="isMemberOf")
    assert found["membership"] == ""


def _undecided(*, people: bool, code: int = 0) -> Callable[[Query], Result]:
    """Return a server for which a comparison is neither true nor false of anybody."""

    def answer(query: Query) -> Result:
        if "(!(" in query.filter:
            return Result(code, "")
        return _holding(*([PERSON] if people else []))(query)

    return answer


def test_a_disabled_filter_that_is_never_decided_is_told() -> None:
    """With the time of the inspection in it; not where there is nobody of whom it could be decided."""
    disabled = "(uid<={now_days})"
    found = _faults(_undecided(people=True), disabled=disabled)
    assert "users.disabled_filter matches, so it never does" in found["disabled people"]
    assert not _faults(_undecided(people=False), disabled=disabled)["disabled people"]
    assert not _faults(_holding(PERSON), disabled=disabled)["disabled people"]


def test_a_disabled_filter_that_the_server_refuses_is_fatal() -> None:
    """So would every login be."""
    with pytest.raises(DirectoryMisconfigured, match=r"users\.disabled_filter under"):
        _faults(_undecided(people=True, code=53), disabled="(uid<=1)")
