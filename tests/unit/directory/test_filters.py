"""The search filters."""

from __future__ import annotations

from app.directory import filters
from app.directory.filters import Member
from app.ldap.filters import escape


def test_every_special_character_is_escaped() -> None:
    """RFC 4515 §3: `*`, `(`, `)`, the backslash and NUL as hexadecimal pairs."""
    assert escape("a*(b)\\c\0") == "a\\2a\\28b\\29\\5cc\\00"


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
    assert found == "(|(member=cn=a\\5c,b \\28c\\29,dc=x)(uniqueMember=cn=a\\5c,b \\28c\\29,dc=x))"
