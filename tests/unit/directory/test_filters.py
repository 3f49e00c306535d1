"""The search filters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.operation.search import parse_filter
from ldap3.protocol.convert import prepare_filter_for_sending

from app.directory import filters
from app.directory.filters import Member


def test_every_special_character_is_escaped() -> None:
    """RFC 4515 §3: `*`, `(`, `)`, the backslash and NUL as hexadecimal pairs."""
    assert filters.escape("a*(b)\\c\0") == "a\\2a\\28b\\29\\5cc\\00"


def test_a_person_is_found_by_any_login_attribute() -> None:
    """Several attributes are alternatives; the configured filter must hold as well."""
    found = filters.person(("uid", "mail"), "bob", "(objectClass=inetOrgPerson)")
    assert found == "(&(objectClass=inetOrgPerson)(|(uid=bob)(mail=bob)))"


def test_one_attribute_without_a_filter_stays_plain() -> None:
    """Nothing is wrapped that need not be."""
    assert filters.person(("uid",), "bob", "") == "(uid=bob)"


def test_groups_of_a_person_are_found_in_every_way_in_one_filter() -> None:
    """DN members, unique members, the entry's own uid and its primary group."""
    found = filters.groups_of_person(Member("uid=bob,dc=x", ["Bob"], ["100"], b"\x01\xff"), "")
    assert found == (
        "(|(member=uid=bob,dc=x)(uniqueMember=uid=bob,dc=x)(memberUid=Bob)"
        "(&(objectClass=posixGroup)(gidNumber=100))(objectSid=\\01\\ff))"
    )


def test_an_entry_without_uid_matches_no_member_uid() -> None:
    """An empty uid is not searched for: it would match groups with an empty memberUid."""
    assert "memberUid" not in filters.groups_of_person(Member("cn=bob,dc=x", [""]), "")


def test_a_dn_is_escaped_but_not_rewritten() -> None:
    """A DN goes into the filter as the server returned it, its backslashes escaped."""
    found = filters.groups_of_groups(["cn=a\\,b (c),dc=x"], "")
    assert found == "(|(member=cn=a\\5c,b\\20\\28c\\29,dc=x)(uniqueMember=cn=a\\5c,b\\20\\28c\\29,dc=x))"


@given(st.text(min_size=1, max_size=40))
def test_no_name_changes_the_structure_of_a_filter(name: str) -> None:
    """Whatever is typed stays one value of one comparison, as ldap3 reads it."""
    text = filters.person(("uid",), name, "")
    root = parse_filter(
        text, schema=None, auto_escape=False, auto_encode=False, validator=None, check_names=False
    )
    (comparison,) = root.elements
    assert comparison.elements == []
    assert comparison.assertion["attr"] == "uid"
    assert prepare_filter_for_sending(comparison.assertion["value"]) == name.encode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(objectClass=person)",
        "(&(objectCategory=person)(objectClass=user))",
        "(!(nsAccountLock=TRUE))",
        "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        "(cn:dn:caseExactMatch:=x)",
        "(|(a=*)(b>=1)(c<=2)(d~=e)(f=g*h\\2ai)(g=))",
        "(cn;lang-de=zoë m)",
        "(:1.2.3:=x)",
    ],
)
def test_a_filter_that_is_one_is_taken(text: str) -> None:
    """The check takes what RFC 4515 has, and ldap3 can read what the check takes."""
    filters.check(text)
    if text:
        parse_filter(
            text, schema=None, auto_escape=False, auto_encode=False, validator=None, check_names=False
        )


@pytest.mark.parametrize(
    "text",
    [
        "uid=a",
        "(uid=a",
        "(uid=a))",
        "((uid=a))",
        "(&)",
        "(!(a=b)(c=d))",
        "(&(a=b)c=d)",
        "(u d=a)",
        "(uid=a\\2)",
        "(uid=a\0)",
        " (uid=a)",
        "(:=x)",
        "(=x)",
        "(" * 3000,
        "(&" * 3000,
    ],
    ids=range(15),
)
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    """At the start, rather than at the first login; even one that is made to exhaust the stack."""
    with pytest.raises(ValueError, match=r"."):
        filters.check(text)
