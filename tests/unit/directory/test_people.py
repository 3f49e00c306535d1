"""The entry of a person, and the name to bind with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import dn
from app.directory.direct import DirectLogin
from app.directory.names import TypedName
from app.directory.passwords import PasswordCheck
from app.directory.people import People, Person
from app.directory.settings import DirectorySettings
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable, Refusal
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query
from app.ldap.servers import Servers
from app.protocol.secret import Secret
from app.rules.robot_names import RobotNames

ALICE = Entry("uid=alice,ou=people,dc=x", {"uid": [b"Alice"]})


@dataclass(slots=True)
class Always:
    """Finds the same under every base.

    Attributes:
        filters: Of the searches so far.
    """

    entries: Sequence[Entry]
    filters: list[str] = field(default_factory=list)

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Find."""
        deadline.remaining()
        assert query.size_limit == 2
        self.filters.append(query.filter)
        return Result(0, "", entries=tuple(self.entries))


def _settings(**changed: Any) -> DirectorySettings:
    section = {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=w", "password": "x"},
        "users": {"bases": ["dc=x", "ou=people,dc=x"]},
        "groups": {"strategy": "none"},
    }
    return DirectorySettings.model_validate(section | changed)


def _find(entries: Sequence[Entry], name: str) -> str | None:
    person = People(_settings()).find(Always(entries), name, Deadline(timedelta(seconds=1)))
    return None if person is None else person.name


def test_an_entry_below_two_bases_is_one_person() -> None:
    """One base may lie within another."""
    assert _find([ALICE], "ALICE") == "alice"


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ([], "alice"),
        ([ALICE, Entry("uid=alice,ou=former,dc=x", {"uid": [b"alice"]})], "alice"),
        ([ALICE], "alic"),
        ([Entry("cn=x", {})], "alice"),
        ([Entry("cn=x", {"uid": [b"alice", b"bob"]})], "alice"),
        ([Entry("cn=x", {"uid": [b"\xff"]})], "alice"),
    ],
    ids=["nobody", "two", "another-name", "no-name", "two-names", "no-text"],
)
def test_nobody_is_guessed(entries: Sequence[Entry], name: str) -> None:
    """Exactly one entry, with exactly one name, which is the typed one."""
    assert _find(entries, name) is None


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("robot$ci", "robot$ci"),
        ("robot$ci", "Robot$ci"),
        ("ROBOT$CI", "robot$ci"),
        ("robot$ci@example.com", "robot$ci@example.com"),
        ("EXAMPLE\\robot$ci", "EXAMPLE\\robot$ci"),
        ("svc+ci", "svc+ci"),
        ("Svc+ci", "SVC+ci"),
    ],
)
def test_nobody_in_the_directory_has_the_name_of_a_robot(name: str, typed: str) -> None:
    """In whatever form it stands there: a token with `sub: robot$ci` would be the robot's."""
    people = People(_settings(), RobotNames("svc+"))
    entries = [Entry("uid=x,dc=x", {"uid": [name.encode()]})]
    assert people.find(Always(entries), typed, Deadline(timedelta(seconds=1))) is None
    assert people.name_of(entries[0]) is None
    assert people.name_of(Entry("uid=x,dc=x", {"uid": [b"robotics", b"Robotics"]})) == "robotics"


MAIL = Entry("uid=alice,ou=people,dc=x", {"uid": [b"Alice"], "mail": [b"Ann@x.example", b"a@x.example"]})


def _by_mail(*attributes: str) -> People:
    return People(_settings(users={"bases": ["dc=x"], "login_attributes": list(attributes)}))


@pytest.mark.parametrize(
    ("attributes", "typed", "found"),
    [
        (("uid", "mail"), "ann@X.example", "alice"),
        (("uid", "mail"), "a@x.example", "alice"),
        (("uid", "mail"), "alice", "alice"),
        (("mail",), "a@x.example", "alice"),
        (("mail",), "alice", None),
        (("uid", "mail"), "a@x.exämple", None),
        (("uid", "mail"), "a@x", None),
    ],
)
def test_a_name_is_a_whole_value_of_a_login_attribute(
    attributes: tuple[str, ...], typed: str, found: str | None
) -> None:
    """Whatever a server takes for equal; the subject is the subject attribute's."""
    person = _by_mail(*attributes).find(Always([MAIL]), typed, Deadline(timedelta(seconds=1)))
    assert (None if person is None else person.name) == found


def test_every_name_of_a_person_is_one_account() -> None:
    """So a second name is no second budget; a name that nobody has, or two, keeps its own."""
    people, deadline = _by_mail("uid", "mail"), Deadline(timedelta(seconds=5))
    assert people.have_other_names
    assert not _by_mail("UID").have_other_names
    typed = TypedName("a@x.example", "a@x.example")
    assert people.under_one_account(Always([MAIL]), typed, deadline) == TypedName("a@x.example", "alice")
    assert people.under_one_account(Always([]), typed, deadline) == typed
    other = Entry("uid=bob,ou=people,dc=x", {"uid": [b"bob"], "mail": [b"a@x.example"]})
    assert people.under_one_account(Always([MAIL, other]), typed, deadline) == typed


@pytest.mark.parametrize("attribute", ["mail", "rfc822Mailbox", "userPrincipalName"])
def test_an_address_that_loses_its_ending_is_an_error(attribute: str) -> None:
    """The form upn takes the part behind the @ away, so that nobody could ever log in by it."""
    users = {"bases": ["dc=x"], "login_attributes": [attribute]}
    with pytest.raises(ValueError, match=f"nobody can log in by {attribute}"):
        _settings(users=users, login={"forms": ["name", "upn"], "suffixes": ["x.example"]})


ALICE2 = Entry("cn=a2,dc=x", {"samaccountname": [b"Alice2"], "userprincipalname": [b"Alice@x.example"]})
OTHER = Entry("cn=a3,dc=x", {"samaccountname": [b"alice3"], "userprincipalname": [b"alice@x.example"]})
LOOSE = Entry(
    "cn=a4,dc=x", {"samaccountname": [b"alice4"], "userprincipalname": ["älice@x.example".encode()]}
)
NAMELESS = Entry("cn=a5,dc=x", {"userprincipalname": [b"alice@x.example"]})


@pytest.mark.parametrize(
    ("entries", "name"),
    [
        ([], TypedName("alice", "alice", "alice@x.example")),
        ([ALICE2], TypedName("alice2", "alice2")),
        ([ALICE2, OTHER], TypedName("alice@x.example", "alice@x.example")),
        ([LOOSE], TypedName("alice@x.example", "alice@x.example")),
        ([NAMELESS], TypedName("alice@x.example", "alice@x.example")),
    ],
    ids=["nobody", "somebody else", "two", "another accent", "no name"],
)
def test_a_upn_is_whose_it_is(entries: Sequence[Entry], name: TypedName) -> None:
    """The name before the @ counts only where nobody has the UPN; where that is unclear, it is nobody's."""
    people = People(_settings(kind="activedirectory"))
    typed = TypedName("alice", "alice", "alice@x.example")
    assert people.resolve(Always(entries), typed, Deadline(timedelta(seconds=1))) == name


def test_a_upn_is_searched_for_as_it_is_whoever_has_it() -> None:
    """Escaped, and without the filter for people: what a computer has as its UPN is not somebody else's."""
    searcher, name = Always([]), TypedName("al*", "al*", "al*@x.example")
    people = People(_settings(kind="activedirectory"))
    people.resolve(searcher, name, Deadline(timedelta(seconds=1)))
    assert set(searcher.filters) == {"(userPrincipalName=al\\2a@x.example)"}


def _direct(template: str) -> DirectLogin:
    kind = "openldap" if "=" in template else "activedirectory"
    settings = _settings(kind=kind, login={"mode": "direct", "template": template})
    return DirectLogin(
        settings,
        PasswordCheck(Servers([], connect_timeout=timedelta(1), operation_timeout=timedelta(1)), settings),
        People(settings),
        None,
    )


@given(st.one_of(st.text(min_size=1, max_size=30), st.text(" \\#,+=\0a", min_size=1, max_size=4)))
def test_a_name_is_one_value_of_a_dn(name: str) -> None:
    """Whatever is typed, the DN has the RDNs of the template, and the name is the value of the first."""
    bound = _direct("uid={username},ou=people,dc=x").bind_name(name)
    try:
        typed = dn.fold(name.encode().decode())
    except UnicodeEncodeError:
        return  # lone surrogates: no such name comes over the wire
    assert bound is not None
    assert dn.first(bound) == (("uid", name),)
    assert dn.parse(bound).rdns == ((("uid", typed),), (("ou", "people"),), (("dc", "x"),))


@pytest.mark.parametrize("template", ["{username}@ad.example.com", "CORP\\{username}"])
def test_names_of_active_directory_hold_no_other_form(template: str) -> None:
    """An @ or a backslash in the name would make it somebody else's."""
    login = _direct(template)
    assert login.bind_name("alice") == template.replace("{username}", "alice")
    for name in ("alice@evil.example", "EVIL\\alice", "alice/x", "a,b", "CN=alice", '"', "a*"):
        assert login.bind_name(name) is None


@pytest.mark.parametrize("template", ["uid={username},ou=people,dc=x", "{username}@ad.example.com"])
@pytest.mark.parametrize(
    "name", ["zoe  smith", "zoe\u1680smith", "alice\ufe0f", "ali\u034fce", "ali\u0335ce", "al\u0130ce"]
)
def test_no_spelling_that_servers_fold_is_bound_with(template: str, name: str) -> None:
    """Each would have a budget of its own for guesses that strike one account; no server is asked."""
    login = _direct(template)
    deadline = Deadline(timedelta(seconds=1))
    with login.logged_in(name, Secret("x"), deadline) as answer:
        assert isinstance(answer, Refusal)
        assert answer.code is Code.WRONG_CREDENTIALS
    for ordinary in ("zoe smith", "zoë", "名前"):
        with pytest.raises(DirectoryUnavailable), login.logged_in(ordinary, Secret("x"), deadline):
            pass


def test_an_attribute_is_whole_or_an_error() -> None:
    """Rules may deny by it, so that some of its values are not enough."""
    users = {"bases": ["dc=x"], "attributes": ["Flags"]}
    people = People(_settings(users=users))
    whole = Person("alice", Entry("cn=a", {"flags": [b"1", b"2", b"\xff"]}))
    assert people.subject(whole, []).attributes == {"flags": ("1", "2")}
    half = Person("alice", Entry("cn=a", {"flags;range=0-1499": [b"1"]}))
    with pytest.raises(DirectoryMisconfigured, match=r"users\.attributes"):
        people.subject(half, [])


def test_an_id_of_active_directory_is_written_as_it_shows_it() -> None:
    """Sixteen octets, the first three fields with the low octet first."""
    people = People(_settings(users={"bases": ["dc=x"], "id_attribute": "objectGUID"}))
    entry = Entry("cn=a", {"objectguid": [bytes.fromhex("6c57a89c438b e646 8d16 87afd4b81d89")]})
    assert people.subject(Person("alice", entry), []).id == "9ca8576c-8b43-46e6-8d16-87afd4b81d89"
