"""Answers as they come over the wire."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ldap import answers, ber, requests
from app.ldap.answers import Entry, NoProperAnswer, Result
from app.ldap.ber import text, tlv
from app.ldap.oids import PAGED_RESULTS_CONTROL, PPOLICY_CONTROL
from app.ldap.requests import Query
from app.protocol.secret import Secret

BIND = requests.bind("uid=alice,dc=x", Secret("alice-password"))
SEARCH = requests.search(Query("dc=x", "sub", "(uid=alice)", ("cn",)))
NUMBER, MOST = 7, 2**16


def message(operation: bytes, controls: bytes = b"", number: int = NUMBER) -> bytes:
    """Write a message as a server does."""
    return tlv(ber.SEQUENCE, ber.integer(number), operation, controls)


def ended(tag: int, code: int = 0, said: str = "", *more: bytes) -> bytes:
    """Write an LDAPResult (RFC 4511 §4.1.9)."""
    return tlv(tag, tlv(ber.ENUMERATED, bytes([code])), text(""), text(said), *more)


def entry(name: str, *attributes: tuple[str, Sequence[bytes]]) -> bytes:
    """Write an entry of a search (RFC 4511 §4.5.2)."""
    written = [
        tlv(ber.SEQUENCE, text(key), tlv(0x31, *(tlv(ber.OCTET_STRING, value) for value in values)))
        for key, values in attributes
    ]
    return tlv(0x64, text(name), tlv(ber.SEQUENCE, *written))


def control(name: str, *value: bytes) -> bytes:
    """Write the controls of a message, of which there is one."""
    return tlv(0xA0, tlv(ber.SEQUENCE, text(name), *value))


BOUND, DONE, REFERENCE = 0x61, 0x65, tlv(0x73, text("ldap://other.example.com"))


def test_the_answer_to_a_bind() -> None:
    """Code, diagnostic message, and the value of the control for the password policy."""
    policy = control(PPOLICY_CONTROL, tlv(ber.OCTET_STRING, b"\x30\x00"))
    assert answers.result([message(ended(BOUND, 49, "no"), policy)], BIND, NUMBER) == Result(
        49, "no", b"\x30\x00"
    )


@pytest.mark.parametrize("value", [(), (tlv(0x01, b"\xff"),)])
def test_a_control_without_a_value(value: tuple[bytes, ...]) -> None:
    """With and without the mark that it is critical."""
    octets = message(ended(BOUND), control(PPOLICY_CONTROL, *value))
    assert answers.result([octets], BIND, NUMBER).ppolicy is None


def test_the_answer_to_a_search() -> None:
    """Entries with every value, references counted, and what comes in between left out."""
    found = answers.result(
        [
            message(entry("uid=alice,dc=x", ("CN", [b"Alice", b"\xff"]), ("mail", []))),
            message(tlv(0x79)),
            message(REFERENCE),
            message(entry("uid=zoë,dc=x")),
            message(ended(DONE, 4, "too many")),
        ],
        SEARCH,
        NUMBER,
    )
    assert (found.code, found.message, found.referrals, found.cookie) == (4, "too many", 1, b"")
    assert found.entries == (
        Entry("uid=alice,dc=x", {"cn": [b"Alice", b"\xff"], "mail": []}),
        Entry("uid=zoë,dc=x", {}),
    )
    assert found.entries[0].texts("Cn") == ("Alice",)


def test_no_value_of_an_attribute_that_comes_twice_is_lost() -> None:
    """Half of its groups could lack the one of a deny rule."""
    octets = message(entry("uid=a", ("memberOf", [b"cn=a"]), ("memberof", [b"cn=b"])))
    (found,) = answers.result([octets, message(ended(DONE))], SEARCH, NUMBER).entries
    assert found.texts("memberOf") == ("cn=a", "cn=b")


def test_where_the_next_page_begins() -> None:
    """RFC 2696: an estimate, which nobody needs, and the cookie."""
    value = tlv(ber.SEQUENCE, ber.integer(1000), tlv(ber.OCTET_STRING, b"there"))
    octets = message(ended(DONE), control(PAGED_RESULTS_CONTROL, tlv(ber.OCTET_STRING, value)))
    assert answers.result([octets], SEARCH, NUMBER).cookie == b"there"


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (message(ended(BOUND), number=8), "something else"),
        (message(ended(DONE)), "something else"),
        (message(ended(0x78, 52, "shutting down"), number=0), "it ends the session: shutting down"),
        (message(tlv(BOUND)), "IndexError"),
        (message(tlv(0x7E)), "KeyError"),
        (message(entry("x") + b"\x30"), "IndexError"),
        (message(tlv(0x64, text("x"), text("no list"))), "another type"),
        (message(tlv(BOUND, tlv(0x01, b"\0"), text(""), text(""))), "another type"),
        (
            message(tlv(0x64, text("x"), tlv(0x30, tlv(0x30, text("cn"), tlv(0x31, ber.integer(1)))))),
            "another type",
        ),
    ],
)
def test_what_is_no_answer_to_a_bind(octets: bytes, says: str) -> None:
    """Another request's, another operation's, a server's farewell, and what cannot be read."""
    with pytest.raises(NoProperAnswer, match=says):
        answers.result([octets], BIND, NUMBER)


def test_an_answer_that_breaks_off() -> None:
    """What was found so far is not the answer."""
    with pytest.raises(NoProperAnswer, match="breaks off"):
        answers.result([message(entry("x"))], SEARCH, NUMBER)


GOOD = [
    message(entry("uid=alice,dc=x", ("cn", [b"Alice"]))),
    message(ended(DONE, 0, "", tlv(0xA3, text("ldap://x"))), control("1.2.3", tlv(0x01, b"\xff"))),
]


@settings(max_examples=300)
@given(st.sampled_from(GOOD), st.integers(0, 80), st.binary(max_size=6), st.booleans())
def test_garbage_is_a_result_or_no_proper_answer(good: bytes, at: int, octets: bytes, replace: bool) -> None:
    """Whatever a server sends: nothing else comes out."""
    bad = good[:at] + octets + good[at + len(octets) * replace :]
    with contextlib.suppress(NoProperAnswer):
        found = answers.result([bad, GOOD[1]], SEARCH, NUMBER)
        assert type(found.code) is int
        for each in found.entries:
            assert all(type(value) is bytes for values in each.attributes.values() for value in values)


@given(st.binary(max_size=60))
def test_anything_is_a_result_or_no_proper_answer(octets: bytes) -> None:
    """Also where nothing of it is LDAP."""
    with pytest.raises(NoProperAnswer):
        answers.result([octets], SEARCH, NUMBER)


def test_nesting_without_an_end_is_no_proper_answer() -> None:
    """It would overrun the stack."""
    with pytest.raises(NoProperAnswer, match=r"RecursionError|IndexError"):
        answers.result([message(b"\x64\x84\x00\x01\x00\x00" + b"\x30\x80" * 30_000)], SEARCH, NUMBER)


@pytest.mark.parametrize(
    ("octets", "size"),
    [
        (b"", None),
        (b"\x30", None),
        (b"\x30\x05", 7),
        (b"\x30\x82\x01", None),
        (b"\x30\x82\x01\x00", 260),
        (b"\x30\x84\x00\x00\x00\x02", 8),
    ],
)
def test_the_size_of_a_message(octets: bytes, size: int | None) -> None:
    """In every form of a definite length; unknown until that has come."""
    assert answers.size(octets, MOST) == size


@pytest.mark.parametrize(
    "octets", [b"\x16\x03", b"HTTP", b"\x30\x80", b"\x30\x85\0\0\0\0\1", b"\x30\x84\x7f\xff\xff\xff"]
)
def test_what_no_message_begins_with(octets: bytes) -> None:
    """Something else, an indefinite length (RFC 4511 §5.1), and more than anybody may make us keep."""
    with pytest.raises(NoProperAnswer):
        answers.size(octets, MOST)


def test_values_with_options_are_values_of_the_attribute() -> None:
    """The server matches a filter by them, so a name in another language is a name (RFC 4512 §2.5)."""
    found = entry("cn=ext,dc=x", ("cn", [b"ext"]), ("CN;lang-de", [b"contractors"]))
    (read,) = answers.result([message(found), message(ended(DONE))], SEARCH, NUMBER).entries
    assert read.texts("cn") == ("ext", "contractors")


def test_a_range_stays_told_from_all_values() -> None:
    """It says that there are more."""
    found = entry("cn=ext,dc=x", ("memberOf;range=0-1499", [b"cn=a"]))
    (read,) = answers.result([message(found), message(ended(DONE))], SEARCH, NUMBER).entries
    assert not read.texts("memberof")
    assert read.texts("memberOf;range=0-1499") == ("cn=a",)


@pytest.mark.parametrize(("sent", "code"), [(1, 0), (2, 0), (3, 4), (10, 4)])
def test_no_more_entries_are_kept_than_were_asked_for(sent: int, code: int) -> None:
    """A server that does not keep to the limit is read as one that does."""
    read = [*(message(entry(f"uid=a{number}")) for number in range(sent)), message(ended(DONE))]
    found = answers.result(read, requests.search(Query("dc=x", "sub", "(uid=a)", (), 2)), NUMBER)
    assert (found.code, len(found.entries)) == (code, min(sent, 2))
