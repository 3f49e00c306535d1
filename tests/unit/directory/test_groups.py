"""Groups: all of them or an error, whatever a server does with ranges, limits and spellings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from app.directory import filters, ranges
from app.directory.groups import GroupFinder
from app.directory.settings import DirectorySettings
from app.errors import DirectoryError, DirectoryMisconfigured, DirectoryUnavailable
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query

PERSON = "uid=alice,ou=people,dc=x"
GROUPS = "ou=groups,dc=x"
_RANGE = re.compile(r"member;range=([0-9]+)-\*")
Attributes = Mapping[str, Sequence[bytes]]


@dataclass(slots=True)
class Scripted:
    """A directory that answers each query by a function, and remembers them."""

    answer: Callable[[Query], Result]
    asked: list[Query] = field(default_factory=list)

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Answer."""
        deadline.remaining()
        self.asked.append(query)
        return self.answer(query)


def _deadline() -> Deadline:
    return Deadline(timedelta(seconds=5))


def _strategy(strategy: str, **changed: Any) -> GroupFinder:
    section = {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=w", "password": "x"},
        "users": {"bases": ["ou=people,dc=x"]},
        "groups": {"bases": [GROUPS], "strategy": strategy} | changed,
    }
    return GroupFinder(DirectorySettings.model_validate(section))


def _group(name: str, under: str = GROUPS) -> Entry:
    return Entry(f"cn={name},{under}", {"cn": [name.encode()]})


def _names(strategy: GroupFinder, search: Scripted, attributes: Attributes) -> dict[str, str]:
    found = strategy.of_person(search, Entry(PERSON, attributes), _deadline())
    return {group.name: group.found for group in found}


def _ranged(total: int, step: int) -> Callable[[Query], Result]:
    def answer(query: Query) -> Result:
        (attribute,) = query.attributes
        found = _RANGE.fullmatch(attribute)
        assert found is not None
        start = int(found.group(1))
        end = min(start + step, total)
        name = f"member;range={start}-{'*' if end == total else end - 1}"
        entry = Entry("cn=g", {name: [f"cn={number}".encode() for number in range(start, end)]})
        return Result(0, "", entries=(entry,))

    return answer


@pytest.mark.parametrize("total", [1501, 3000, 4501])
def test_ranges_are_followed_to_the_end(total: int) -> None:
    """Active Directory gives 1500 values at once, and the last range ends with a star."""
    first = Entry("cn=g", {"member;range=0-1499": [f"cn={number}".encode() for number in range(1500)]})
    search = Scripted(_ranged(total, 1500))
    values = ranges.all_values(search, first, "member", _deadline())
    assert values == tuple(f"cn={number}".encode() for number in range(total))


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"member;range=0-1499": [b"cn=0"]},
        {"member;range=7-*": [b"cn=7"]},
        {"member": [b"cn=all of it"]},
    ],
    ids=["nothing", "the-same-again", "a-gap", "no-range"],
)
def test_ranges_that_do_not_go_on_are_an_error(attributes: Attributes) -> None:
    """A list with a hole could lack the group of a deny rule; one that never ends must end too."""
    first = Entry("cn=g", {"member;range=0-1499": [b"cn=0"]})
    search = Scripted(lambda _: Result(0, "", entries=(Entry("cn=g", attributes),)))
    with pytest.raises(DirectoryMisconfigured, match="all values"):
        ranges.all_values(search, first, "member", _deadline())
    assert len(search.asked) == 1


def test_ranges_without_end_are_an_error() -> None:
    """A server that goes on for ever is not followed for ever."""
    first = Entry("cn=g", {"member;range=0-0": [b"cn=0"]})
    search = Scripted(_ranged(1_000_000, 1))
    with pytest.raises(DirectoryMisconfigured, match="all values"):
        ranges.all_values(search, first, "member", _deadline())


def test_member_of_takes_the_names_from_the_entries() -> None:
    """A value of memberOf may spell a DN in another way, and its RDN need not be the group's name."""
    entries = (Entry("description=x,ou=Groups,DC=X", {"cn": [b"Team A"]}), _group("stranger"))
    search = Scripted(lambda _: Result(0, "", entries=entries))
    member_of = [b"DESCRIPTION=x, OU=groups , dc=x", b"cn=elsewhere,dc=y"]
    assert _names(_strategy("member_of"), search, {"memberof": member_of}) == {"team a": "direct"}
    assert [query.filter for query in search.asked] == ["(description=x)"]


def test_member_of_keeps_a_group_that_cannot_be_read() -> None:
    """The entry says that the person is in it: the deny rule of an unreadable group still applies."""
    search = Scripted(lambda _: Result(0, ""))
    member_of = [f"cn=Banned\\, all,{GROUPS}".encode()]
    assert _names(_strategy("member_of"), search, {"memberof": member_of}) == {"banned, all": "direct"}
    assert [query.filter for query in search.asked] == ["(cn=Banned, all)"]


def test_member_of_drops_what_the_filter_leaves_out() -> None:
    """With a filter, a group that is returned only without it is one that does not count."""
    search = Scripted(
        lambda query: Result(0, "", entries=() if "objectClass" in query.filter else (_group("list"),))
    )
    strategy = _strategy("member_of", filter="(objectClass=groupOfNames)")
    assert _names(strategy, search, {"memberof": [f"cn=list,{GROUPS}".encode()]}) == {}


def test_an_unreadable_group_beside_a_filter_only_takes_away() -> None:
    """The filter might leave it out: no allow rule by its name holds, and its deny rule still does."""
    strategy = _strategy("member_of", filter="(objectClass=groupOfNames)")
    entry = Entry(PERSON, {"memberof": [f"cn=banned,{GROUPS}".encode()]})
    (group,) = strategy.of_person(Scripted(lambda _: Result(0, "")), entry, _deadline())
    assert (group.name, group.found, group.ambiguous) == ("banned", "direct", True)


def test_member_of_finds_the_primary_group() -> None:
    """No memberOf names it."""

    def answer(query: Query) -> Result:
        return Result(0, "", entries=(_group("staff"),) if "gidNumber=100" in query.filter else ())

    assert _names(_strategy("member_of"), Scripted(answer), {"gidnumber": [b"100"]}) == {"staff": "direct"}


@pytest.mark.parametrize("value", ["nonsense", "", "cn=C++,ou=groups,dc=y", "cn=a,ou=other,dc=x"])
def test_a_value_outside_every_base_is_no_group(value: str) -> None:
    """Whether it can be parsed or not: no group is lost that counts."""
    search = Scripted(lambda _: Result(0, ""))
    assert _names(_strategy("member_of"), search, {"memberof": [value.encode()]}) == {}
    assert search.asked == []


_UNESCAPED = [
    f"cn=C++,{GROUPS}",
    f'cn="Team, A",{GROUPS}',
    f"cn=Team, A,{GROUPS}",
    f"CN=C++,{GROUPS.upper()}",
]


@pytest.mark.parametrize("value", _UNESCAPED)
def test_a_group_whose_dn_cannot_be_parsed_has_its_name_from_its_entry(
    value: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is read by the DN as the server wrote it; no rule by DN can name it, and the log names it whole."""
    entry = Entry(value, {"cn": [b"C++"]})
    search = Scripted(lambda query: Result(0, "", entries=(entry,) if query.base == value else ()))
    member = Entry(PERSON, {"memberof": [value.encode(), f"cn=a,{GROUPS}".encode()]})
    groups = _strategy("member_of").of_person(search, member, _deadline())
    assert sorted(group.name for group in groups) == ["a", "c++"]
    (odd,) = (group for group in groups if group.name == "c++")
    assert odd.dn.unread
    assert not odd.dn.is_comparable
    assert not odd.ambiguous
    assert value in [getattr(record, "dn", "") for record in caplog.records]


@pytest.mark.parametrize("value", _UNESCAPED)
def test_a_group_that_lists_its_members_needs_no_dn_that_can_be_parsed(value: str) -> None:
    """Its name is in its entry."""
    search = Scripted(lambda _: Result(0, "", entries=(Entry(value, {"cn": [b"C++"]}),)))
    assert _names(_strategy("member_search"), search, {}) == {"c++": "direct"}


def test_a_group_that_can_neither_be_parsed_nor_read_is_an_error_that_names_it() -> None:
    """Nobody can know its name: it could be that of a deny rule."""
    search = Scripted(lambda query: Result(0 if query.scope == "sub" else 32, ""))
    value = f"cn=C++,{GROUPS}"
    with pytest.raises(DirectoryMisconfigured, match=re.escape(value)):
        _names(_strategy("member_of"), search, {"memberof": [value.encode()]})


def test_a_group_that_cannot_be_parsed_is_left_out_by_the_filter() -> None:
    """It is there without the filter, and not with it."""
    value = f"cn=C++,{GROUPS}"
    entry = Entry(value, {"cn": [b"C++"]})
    search = Scripted(lambda query: Result(0, "", entries=() if "groupOf" in query.filter else (entry,)))
    strategy = _strategy("member_of", filter="(objectClass=groupOfNames)")
    assert _names(strategy, search, {"memberof": [value.encode()]}) == {}


def test_the_membership_attribute_can_be_named() -> None:
    """Where it has the nested groups too, it says that it was it."""
    search = Scripted(lambda _: Result(0, "", entries=(_group("a"),)))
    values = {"ismemberof": [f"cn=a,{GROUPS}".encode()], "memberof": [f"cn=b,{GROUPS}".encode()]}
    strategy = _strategy("member_of", member_of_attribute="isMemberOf")
    assert _names(strategy, search, values) == {"a": "by isMemberOf"}


def test_a_value_that_is_no_text_is_an_error() -> None:
    """Leaving it out could lose a group."""
    with pytest.raises(DirectoryMisconfigured, match="UTF-8"):
        _names(_strategy("member_of"), Scripted(lambda _: Result(0, "")), {"memberof": [b"cn=\xff"]})


@pytest.mark.parametrize("strategy", ["member_search", "member_of", "token_groups"])
def test_too_many_groups_fail(strategy: str) -> None:
    """Nothing is cut off at `max_groups`."""
    names = [f"g{number}" for number in range(3)]

    def answer(query: Query) -> Result:
        if query.attributes == ("tokenGroups",):
            return Result(0, "", entries=(Entry(PERSON, {"tokengroups": [b"1", b"2", b"3"]}),))
        return Result(0, "", entries=tuple(map(_group, names)))

    attributes = {"memberof": [f"cn={name},{GROUPS}".encode() for name in names]}
    with pytest.raises(DirectoryMisconfigured, match="max_groups"):
        _names(_strategy(strategy, max_groups=2), Scripted(answer), attributes)


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (Result(4, ""), DirectoryMisconfigured),
        (Result(0, "", referrals=1), DirectoryMisconfigured),
        (Result(11, ""), DirectoryUnavailable),
    ],
)
def test_a_list_that_is_not_whole_is_an_error(result: Result, error: type[DirectoryError]) -> None:
    """Cut off at a limit, or partly on another server."""
    with pytest.raises(error, match=r"search for groups"):
        _names(_strategy("member_search"), Scripted(lambda _: result), {})


@pytest.mark.parametrize(
    ("strategy", "advice"), [("token_groups", "tokenGroups"), ("in_chain", "member_search")]
)
def test_a_server_that_is_no_active_directory_is_an_error(strategy: str, advice: str) -> None:
    """It would find nothing, silently."""
    search = Scripted(lambda _: Result(0, "", entries=(Entry("", {"supportedldapversion": [b"3"]}),)))
    with pytest.raises(DirectoryMisconfigured, match=advice):
        _names(_strategy(strategy), search, {})


def _members(parents: Mapping[str, Sequence[str]]) -> Callable[[Query], Result]:
    """Answer as a directory in which each group is listed by its parents."""

    def answer(query: Query) -> Result:
        found = {
            parent
            for child, above in parents.items()
            for parent in above
            if f"(member=cn={child},{GROUPS})" in query.filter or f"(member={child})" in query.filter
        }
        return Result(0, "", entries=tuple(map(_group, sorted(found))))

    return answer


TREE = {PERSON: ["a", "b"], "a": ["c"], "b": ["d"], "c": ["e", "a"], "d": ["e"]}


def test_a_login_asks_once_for_each_level() -> None:
    """What led to a group is known where one group alone was asked for."""
    search = Scripted(_members(TREE))
    names = _names(_strategy("member_search", nested=True), search, {})
    assert names == {"a": "direct", "b": "direct", "c": "nested", "d": "nested", "e": "nested"}
    assert len(search.asked) == 4


def test_an_explanation_names_the_way_to_every_group() -> None:
    """It takes a search for each group, and cycles end."""
    search = Scripted(_members(TREE))
    strategy = _strategy("member_search", nested=True)
    found = strategy.of_person(search, Entry(PERSON, {}), _deadline(), explain=True)
    assert {group.name: group.found for group in found} == {
        "a": "direct",
        "b": "direct",
        "c": "through a",
        "d": "through b",
        "e": "through c",
    }


def test_fifty_groups_are_asked_for_at_once() -> None:
    """A hundred and one groups take three filters."""
    search = Scripted(_members({PERSON: [f"g{number}" for number in range(101)]}))
    assert len(_names(_strategy("member_search", nested=True), search, {})) == 101
    assert len(search.asked) == 1 + 3


def test_a_group_without_a_name_is_kept() -> None:
    """A rule by its DN still works."""
    search = Scripted(lambda _: Result(0, "", entries=(Entry(f"ou=odd,{GROUPS}", {}),)))
    (group,) = _strategy("member_search").of_person(search, Entry(PERSON, {}), _deadline())
    assert (group.name, str(group.dn)) == ("", "ou=odd,ou=groups,dc=x")


def _sid(number: int) -> bytes:
    return bytes.fromhex("010500000000000515000000aabbccdd0102030411223344") + number.to_bytes(4, "little")


def test_the_primary_group_of_active_directory_is_asked_for_by_sid() -> None:
    """The person's own SID with the number of the group at its end."""
    search = Scripted(lambda _: Result(0, ""))
    _names(_strategy("member_search"), search, {"objectsid": [_sid(1105)], "primarygroupid": [b"513"]})
    wanted = "".join(f"\\{octet:02x}" for octet in _sid(513))
    assert f"(objectSid={wanted})" in search.asked[0].filter


@pytest.mark.parametrize("number", [b"-1", b"99999999999", b"x", "٣".encode()])
def test_a_primary_group_that_is_no_number_is_none(number: bytes) -> None:
    """No filter is made of it."""
    search = Scripted(lambda _: Result(0, ""))
    _names(_strategy("member_search"), search, {"objectsid": [_sid(1105)], "primarygroupid": [number]})
    assert "objectSid" not in search.asked[0].filter


def _sids() -> Iterator[bytes]:
    return (_sid(number) for number in range(1000, 1120))


def _of_sids(query: Query, elsewhere: Sequence[bytes] = ()) -> Result:
    """Answer as a domain that has the first hundred groups below the base, and some elsewhere."""
    if query.attributes == ("tokenGroups",):
        return Result(0, "", entries=(Entry(PERSON, {"tokengroups": list(_sids())}),))
    is_below = query.base == GROUPS
    there = list(_sids())[:100] if is_below else elsewhere
    found = [sid for sid in there if filters.has_sid(sid) in query.filter]
    return Result(0, "", entries=tuple(map(_group_with, found)))


def _group_with(sid: bytes) -> Entry:
    number = int.from_bytes(sid[-4:], "little")
    return Entry(f"cn=g{number},{GROUPS}", {"cn": [f"g{number}".encode()], "objectsid": [sid]})


def test_sids_become_names_in_batches() -> None:
    """A hundred and twenty SIDs take three searches, and one more for what none of them finds."""
    search = Scripted(lambda query: _of_sids(query, elsewhere=list(_sids())))
    names = _names(_strategy("token_groups"), search, {})
    assert names == {f"g{number}": "by tokenGroups" for number in range(1000, 1100)}
    assert [query.base for query in search.asked] == [PERSON, *[GROUPS] * 3, "dc=x"]


def test_a_sid_that_nobody_can_read_is_a_group_without_a_name() -> None:
    """A rule that denies by name might mean it; what can be read outside the bases is none of ours."""
    search = Scripted(lambda query: _of_sids(query, elsewhere=list(_sids())[100:119]))
    groups = _strategy("token_groups").of_person(search, Entry(PERSON, {}), _deadline())
    (unread,) = [group for group in groups if not group.name]
    assert str(unread.dn) == "<sid=s-1-5-21-3721182122-67305985-1144201745-1119>"
    assert len(groups) == 101


@pytest.mark.parametrize("sid", [b"\x01\x01\0\0\0\0\0\x05\x0b\0\0\0", b"\x01\x01\0\0\0\0\0\x01\0\0\0\0"])
def test_a_sid_of_the_system_is_no_group(sid: bytes) -> None:
    """Authenticated Users and Everyone have no entry in any domain."""

    def answer(query: Query) -> Result:
        is_token = query.attributes == ("tokenGroups",)
        return Result(0, "", entries=(Entry(PERSON, {"tokengroups": [sid]}),) if is_token else ())

    assert _names(_strategy("token_groups"), Scripted(answer), {}) == {}
