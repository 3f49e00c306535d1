"""Search filters, read from their string representation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory import filters
from app.ldap import ber, filter_syntax
from app.ldap.filters import escape
from tests.support.ldap3_octets import filter_octets

VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
ATTRIBUTES = st.sampled_from(["uid", "cn;lang-de", "1.2.840.113556.1.4.221"])
COMPARISONS = st.builds(
    lambda attribute, sign, value: f"({attribute}{sign}{escape(value)})",
    ATTRIBUTES,
    st.sampled_from(["=", "~=", ">=", "<="]),
    # ldap3 takes white space off the ends of a value
    VALUES.filter(lambda value: value == value.strip()),
)
FILTERS = st.recursive(
    COMPARISONS | ATTRIBUTES.map("({}=*)".format),
    lambda below: (
        st.lists(below, min_size=1, max_size=3).flatmap(
            lambda parts: st.sampled_from(["&", "|"]).map(lambda sign: f"({sign}{''.join(parts)})")
        )
        | below.map("(!{})".format)
    ),
    max_leaves=6,
)


@given(FILTERS)
def test_a_filter_is_the_same_octets_as_of_ldap3(text: str) -> None:
    """Comparisons and presence, whatever is put together of them."""
    assert filter_syntax.encode(text) == filter_octets(text)


@pytest.mark.parametrize(
    "text",
    [
        "(objectClass=person)",
        "(&(objectCategory=person)(objectClass=user))",
        "(!(nsAccountLock=TRUE))",
        "(userAccountControl:1.2.840.113556.1.4.803:=2)",
        "(cn:caseExactMatch:=Zoë)",
        "(|(a=*)(b>=1)(c<=2)(d~=e)(f=g*h\\2ai)(g=))",
        "(cn=*a)",
        "(cn=a*)",
        "(cn=a*b*c)",
        "(cn=*\\28b\\29*)",
        "(cn;lang-de=zoë m)",
        "(objectSid=\\01\\ff\\00)",
    ],
)
def test_what_people_write_is_the_same_octets_as_of_ldap3(text: str) -> None:
    """Substrings, and rules that are named."""
    assert filter_syntax.encode(text) == filter_octets(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("(cn:dn:caseExactMatch:=x)", "a91a 810e 6361736545786163744d61746368 8202 636e 8301 78 8401 ff"),
        ("(cn:dn:=x)", "a90a 8202 636e 8301 78 8401 ff"),
        ("(cn:=x)", "a907 8202 636e 8301 78"),
        ("(:1.2.3:=x)", "a90a 8105 312e322e33 8301 78"),
        ("(:dn:1.2.3:=x)", "a90d 8105 312e322e33 8301 78 8401 ff"),
        ("(cn=a**b)", "a40c 0402 636e 3006 8001 61 8201 62"),
        ("(cn=**)", "8702 636e"),
    ],
)
def test_what_ldap3_reads_otherwise(text: str, octets: str) -> None:
    """Matching rules as RFC 4511 §4.5.1.7.7 has them; stars without anything between are one."""
    assert filter_syntax.encode(text) == bytes.fromhex(octets)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_no_name_changes_the_structure_of_a_filter(name: str) -> None:
    """Whatever is typed stays one value of one comparison, octet by octet."""
    found = filter_syntax.encode(filters.person(("uid",), name, ""))
    assert found == ber.tlv(0xA3, ber.text("uid"), ber.text(name))


@pytest.mark.parametrize(
    "text",
    [
        "",
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
        "(:dn:=x)",
        "(=x)",
        "(" * 3000,
        "(&" * 3000,
    ],
    ids=range(17),
)
def test_a_filter_that_is_none_is_refused(text: str) -> None:
    """At the start, rather than at the first login; even one that is made to exhaust the stack."""
    with pytest.raises(ValueError, match=r"."):
        filter_syntax.encode(text)
