"""Distinguished names: one name, many spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import dn
from app.directory import names

_VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(str.strip)
_TYPES = st.sampled_from(["cn", "ou", "dc", "uid", "2.5.4.3", "x-team"])
_ASCII_NAMES = st.lists(
    st.tuples(_TYPES, st.text("abcXYZ019", min_size=1, max_size=8)), min_size=1, max_size=5
)


def _escaped(value: str) -> str:
    """Escape every octet of a value, as RFC 4514 §2.4 lets anybody do."""
    return "".join(f"\\{octet:02X}" for octet in value.encode())


def _spelled(name: list[tuple[str, str]]) -> str:
    return ",".join(f"{kind}={value}" for kind, value in name)


@pytest.mark.parametrize(
    "spelling",
    [
        "CN=Team-Web,OU=Groups,DC=example,DC=com",
        "cn = team-web , ou = groups,dc=example,  dc=com",
        "cn=team\\2dweb,ou=groups,dc=example,dc=com",
        "cn=team-\\57eb,ou=groups,dc=example,dc=com",
        "cn=\uff34eam-web,ou=groups,dc=example,dc=com",
        "commonName=team-web,organizationalUnitName=groups,domainComponent=example,dc=com",
        "2.5.4.3=team-web,OID.2.5.4.11=groups,0.9.2342.19200300.100.1.25=example,dc=com",
        "cn=#04087465616d2d776562,ou=groups,dc=example,dc=com",
    ],
)
def test_spellings_of_one_name_are_equal(spelling: str) -> None:
    """Case, blanks, escapes, compatibility forms, names and numbers of types, and BER make no other name."""
    assert dn.parse(spelling) == dn.parse("cn=team-web,ou=groups,dc=example,dc=com")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a\\,b,dc=x", "cn=a\\2Cb,dc=x"),
        ("cn=a\\+b,dc=x", "cn=a\\2bb,dc=x"),
        ("cn=a  b,dc=x", "cn=a b,dc=x"),
        ("cn=\\ a,dc=x", "cn=a,dc=x"),
        ("cn=a+uid=b,dc=x", "uid=B + CN=A,dc=x"),
        ("cn=zoë,dc=x", "cn=zoe\u0308,dc=x"),
        ("cn=zo\\c3\\ab,dc=x", "cn=ZOË,dc=x"),
    ],
)
def test_escapes_and_blanks_and_order_are_folded(one: str, other: str) -> None:
    """One character has several escapes, runs of blanks are one, and a multi-valued RDN has no order."""
    assert dn.parse(one) == dn.parse(other)
    assert hash(dn.parse(one)) == hash(dn.parse(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cn=a,dc=x", "cn=a,dc=y"),
        ("cn=a,dc=x", "ou=a,dc=x"),
        ("cn=a,ou=b,dc=x", "cn=a,dc=x"),
        ("cn=a\\,ou=b,dc=x", "cn=a,ou=b,dc=x"),
        ("cn=a+uid=b,dc=x", "cn=a,uid=b,dc=x"),
        ("cn=#61,dc=x", "cn=a,dc=x"),
        ("cn=#61,dc=x", "cn=\\#61,dc=x"),
        ("cn=#0401ff,dc=x", "cn=\\00#0401ff,dc=x"),
        ("sn=a,dc=x", "serialNumber=a,dc=x"),
    ],
)
def test_other_names_stay_apart(one: str, other: str) -> None:
    """What differs in a value, a type, the structure or the encoding is another name."""
    assert dn.parse(one) != dn.parse(other)


@pytest.mark.parametrize(
    "text", ["", "  ", "admins", "cn", "=x", "cn=a,", ",cn=a", "cn=a,,dc=x", "c n=a", "cn=a+"]
)
def test_what_is_no_dn_is_refused(text: str) -> None:
    """A part that is not type=value is an error."""
    with pytest.raises(ValueError, match=r"form type=value|empty"):
        dn.parse(text)


@pytest.mark.parametrize("text", ["cn=a\\", "cn=a\\z", "cn=a\\1", "cn=\\ff\\fe"])
def test_a_backslash_escapes_something(text: str) -> None:
    """A backslash before nothing, before an ordinary character, or octets that are no UTF-8 are errors."""
    with pytest.raises(ValueError, match=r"backslash|UTF-8"):
        dn.parse(text)


@pytest.mark.parametrize("text", ["ou=a;dc=x", 'cn="a, b",dc=x', "cn=<a>,dc=x", "cn=a\\\\;b,dc=x"])
def test_what_must_be_escaped_is_an_error_where_it_is_not(text: str) -> None:
    """RFC 4514 §3: a semicolon parts nothing, and quotes hold nothing together."""
    with pytest.raises(ValueError, match="has a bare"):
        dn.parse(text)


def test_an_escaped_semicolon_is_a_letter() -> None:
    """As is every other sign with a backslash before it, or as two hex digits."""
    assert dn.parse('cn=a\\;\\"\\<,dc=x') == dn.parse("cn=a\\3b\\22\\3c,dc=x")


@pytest.mark.parametrize(
    "text",
    ["cn=C++,ou=groups,dc=x", 'cn="a",ou=groups,dc=x', "cn=a, b,ou=groups,dc=x", "cn=\\zz,ou=groups,dc=x"],
)
def test_what_a_server_did_not_escape_is_a_name_of_its_own(text: str) -> None:
    """It is equal to the same text, lies below what it ends in, and is read again as it is written."""
    name = dn.of_server(text)
    assert name == dn.of_server(text.upper())
    assert name.unread
    assert name.rdns == ()
    assert name.depth_below(dn.parse("OU=Groups,DC=X")) == 1
    assert name.depth_below(dn.parse("ou=other,dc=x")) is None
    assert dn.of_written(name.written) == name
    assert str(name) in text.lower()


def test_no_parsed_name_is_equal_to_one_that_cannot_be_parsed() -> None:
    """So no rule by DN can name it."""
    assert dn.of_server("cn=c++,dc=x") != dn.parse("cn=c\\+\\+,dc=x")
    assert not dn.of_server("cn=c,dc=x").unread


@pytest.mark.parametrize(
    ("name", "base", "depth"),
    [
        ("cn=a,ou=b,dc=x", "dc=X", 2),
        ("cn=a,ou=b,dc=x", "OU=b,dc=x", 1),
        ("dc=x", "dc=x", 0),
        ("dc=x", "ou=b,dc=x", None),
        ("cn=a,dc=y", "dc=x", None),
    ],
)
def test_a_name_lies_below_another_or_not(name: str, base: str, depth: int | None) -> None:
    """By RDNs, never by text."""
    assert dn.parse(name).depth_below(dn.parse(base)) == depth


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("commonName", "cn"),
        ("2.5.4.11", "ou"),
        ("UserID", "uid"),
        ("cn;lang-de", "cn;lang-de"),
        ("memberOf", "memberof"),
    ],
)
def test_an_attribute_has_one_name(description: str, name: str) -> None:
    """Whatever it is called, options stay."""
    assert dn.attribute_type(description) == name


def test_it_is_shown_folded() -> None:
    """The readable form has types and values folded."""
    assert str(dn.parse("CN=Team-Web + UID=W, DC=Example")) == "cn=team-web+uid=w,dc=example"


@given(_ASCII_NAMES)
def test_case_makes_no_difference(name: list[tuple[str, str]]) -> None:
    """A name in capitals is the same name."""
    assert dn.parse(_spelled(name).upper()) == dn.parse(_spelled(name))


@given(_VALUES)
def test_escapes_make_no_difference(value: str) -> None:
    """A value whose every octet is escaped is the value."""
    folded = dn.parse(f"cn={_escaped(value)},dc=x").rdns[0][0][1]
    assert folded == dn.fold(value)


@given(st.text())
def test_folding_is_idempotent(value: str) -> None:
    """What is folded stays as it is when it is folded again."""
    assert dn.fold(dn.fold(value)) == dn.fold(value)
    assert dn.fold_case(dn.fold_case(value)) == dn.fold_case(value)


@given(
    st.text(" \t\u00a0\u3000", max_size=3),
    st.text("abc", min_size=1),
    st.text(" \u00a0", min_size=1, max_size=4),
)
def test_blanks_are_squeezed(around: str, word: str, between: str) -> None:
    """Blanks of every kind go at the ends, and are one blank inside."""
    assert dn.fold(f"{around}{word}{between}{word}{around}") == f"{word} {word}"


@given(st.text(max_size=60))
def test_parsing_ends_in_a_name_or_a_value_error(text: str) -> None:
    """Nothing that a directory or a file could hold makes anything else happen."""
    try:
        parsed = dn.parse(text)
    except ValueError:
        return
    assert parsed == dn.parse(text)


@given(st.text(max_size=20).filter(names.is_plausible))
def test_a_subjects_name_folds_to_itself(name: str) -> None:
    """A rule's `users` are folded here, subjects in the directory's package: both must give one name."""
    canonical = names.canonical(name)
    assert dn.fold(canonical) == " ".join(canonical.split())


@pytest.mark.parametrize("name", ["\u01f0", "\u0390", "\u1e96x", "zoë"])
def test_letters_that_case_folding_takes_apart(name: str) -> None:
    """`ǰ` case-folds into two characters; a name with it folds to what the directory calls its owner."""
    assert dn.fold(name) == names.canonical(name)


@pytest.mark.parametrize("text", ["cn=a\\ ,dc=x", "cn=a\\ ", "cn= a\\ \\  , dc=x", "cn=\\ a"])
def test_an_escaped_blank_at_the_end_of_a_value_is_part_of_it(text: str) -> None:
    """Directories write it so; the value as such keeps it, and folding takes it off as a directory does."""
    assert dn.parse(text).rdns[0] == (("cn", "a"),)
    ((_, value),) = dn.first(text)
    assert value.strip(" ") == "a"
    assert value != "a"


@pytest.mark.parametrize("text", ["cn=a\\", "cn=\\", "cn=a\\x ,dc=x"])
def test_a_backslash_that_escapes_nothing_is_an_error(text: str) -> None:
    """At the end of a value too."""
    with pytest.raises(ValueError, match="escapes nothing"):
        dn.parse(text)


@given(
    st.lists(st.tuples(_TYPES, st.text(min_size=1, max_size=12).filter(str.strip)), min_size=1, max_size=3)
)
def test_what_is_written_is_read_again(name: list[tuple[str, str]]) -> None:
    """A name is written so that it is parsed as the same one, whatever is in it."""
    try:
        parsed = dn.parse(",".join(f"{kind}={_escaped(value)}" for kind, value in name))
    except (ValueError, UnicodeError):
        return
    assert dn.parse(parsed.written) == parsed


@pytest.mark.parametrize(
    "text", ["cn=#0401ff,dc=x", "cn=\\#a\\, b\\+c,dc=x", "cn=a+ou=b,dc=x", "cn=\\00#04,dc=x"]
)
def test_odd_names_are_written(text: str) -> None:
    """Escapes, BER values and several values in one RDN survive being written."""
    assert dn.parse(dn.parse(text).written) == dn.parse(text)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("a,b", "a\\,b"),
        ("#a", "\\#a"),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("a+b=c", "a\\+b\\=c"),
        ("a\\", "a\\\\"),
        ("a#", "a#"),
        ("a\nb\0", "a\\0ab\\00"),
    ],
)
def test_a_value_of_a_dn_is_escaped(name: str, escaped: str) -> None:
    """RFC 4514 §2.4."""
    assert dn.escape(name) == escaped


@pytest.mark.parametrize("name", ["uid=alice,dc=x", "cn=C++,dc=x"])
def test_every_name_lies_below_the_root(name: str) -> None:
    """The empty base of a search, as at a Global Catalog; also names that cannot be parsed."""
    assert dn.of_server(name).depth_below(dn.ROOT)
