"""Whether a login can find a group that rules name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app import dn
from app.directory.existence import GroupCheck
from app.directory.settings import GroupSettings
from app.errors import DirectoryMisconfigured
from app.ldap.answers import Entry, Result
from app.ldap.deadline import Deadline
from app.ldap.requests import Query

GROUPS = "ou=groups,dc=x"
TEAM = Entry(f"cn=team,{GROUPS}", {"cn": [b"Team"], "grouptype": [b"-2147483646"]})
MAIL = Entry(f"cn=mail,{GROUPS}", {"cn": [b"mail"], "grouptype": [b"2"]})
FAR = Entry("cn=far,ou=other,dc=x", {"cn": [b"far"]})
DEEP = Entry(f"cn=deep,ou=more,{GROUPS}", {"cn": [b"deep"]})


class Directory:
    """Reads an entry by its DN; any other search finds all entries below its base."""

    def __init__(self, *entries: Entry, excluded: Sequence[Entry] = (), code: int = 0) -> None:
        self.entries, self.excluded, self.code = entries, excluded, code

    def search(self, query: Query, deadline: Deadline) -> Result:
        """Search."""
        deadline.remaining()
        filtered = "objectClass=group" in query.filter
        entries = tuple(each for each in self.entries if not (filtered and each in self.excluded))
        if query.scope != "base":
            below = tuple(each for each in entries if each.dn.endswith(query.base))
            return Result(self.code, "", entries=below)
        here = tuple(each for each in self.entries if dn.parse(each.dn) == dn.parse(query.base))
        return Result(0 if here else 32, "", entries=tuple(each for each in here if each in entries))


def _fault(directory: Directory, name: str, **changed: Any) -> str:
    settings = GroupSettings.model_validate({"bases": [GROUPS]} | changed)
    fault = GroupCheck(directory, settings).fault(name, Deadline(timedelta(seconds=5)))
    return "" if fault is None else str(fault)


@pytest.mark.parametrize("name", ["team", "TEAM", f"cn=team,{GROUPS}", f"commonName=Team, {GROUPS}"])
def test_a_group_that_a_login_finds_has_no_fault(name: str) -> None:
    """By its name, or by its DN in any spelling."""
    assert _fault(Directory(TEAM), name) == ""


@pytest.mark.parametrize(
    ("name", "changed", "said"),
    [
        ("cn=nobody,ou=groups,dc=x", {}, "the directory does not have"),
        (FAR.dn, {}, "outside groups.bases"),
        (DEEP.dn, {"scope": "one"}, "outside groups.bases"),
        (TEAM.dn, {"strategy": "none"}, "groups.strategy is none"),
        ("team", {"strategy": "none"}, "groups.strategy is none"),
        (MAIL.dn, {"strategy": "token_groups"}, "no security group"),
    ],
)
def test_a_group_that_no_login_finds_is_told_why(name: str, changed: dict[str, Any], said: str) -> None:
    """A deny rule by it would never apply."""
    assert said in _fault(Directory(TEAM, MAIL, FAR, DEEP), name, **changed)


def test_a_group_deeper_than_its_base_is_found_with_the_scope_sub() -> None:
    """As a login finds it."""
    assert _fault(Directory(DEEP), DEEP.dn) == ""


def test_a_group_that_the_filter_excludes_is_told() -> None:
    """It is there, and no login takes it."""
    directory = Directory(TEAM, excluded=[TEAM])
    assert "groups.filter excludes it" in _fault(directory, TEAM.dn, filter="(objectClass=group)")


def test_an_entry_of_another_dn_is_another_group() -> None:
    """A server may answer with what an alias names; rules compare DNs."""

    class Alias(Directory):
        def search(self, query: Query, deadline: Deadline) -> Result:
            return Result(0, "", entries=(TEAM,))

    assert f"knows as '{TEAM.dn}'" in _fault(Alias(), f"cn=alias,{GROUPS}")


def test_a_name_that_only_the_server_takes_for_the_same_is_told() -> None:
    """Active Directory finds `équipe` by `equipe`; rules do not."""
    directory = Directory(Entry(f"cn=équipe,{GROUPS}", {"cn": ["équipe".encode()]}))
    assert _fault(directory, "équipe") == ""
    assert "has as 'équipe': write that" in _fault(directory, "equipe")


def test_one_group_of_several_that_a_login_finds_is_enough() -> None:
    """The one for mail is passed over."""
    mail = Entry(f"cn=team,ou=mail,{GROUPS}", {"cn": [b"team"], "grouptype": [b"2"]})
    assert _fault(Directory(mail, TEAM), "team", strategy="token_groups") == ""
    assert "no security group" in _fault(Directory(mail), "team", strategy="token_groups")


def test_a_search_that_fails_is_no_answer() -> None:
    """But one that brought entries is, whatever it ended with."""
    with pytest.raises(DirectoryMisconfigured):
        _fault(Directory(code=50), "team")
    assert _fault(Directory(TEAM, code=80), "team") == ""
