"""Patterns over the DNs of groups."""

from __future__ import annotations

import pytest

from app import dn
from app.errors import UnfitError
from app.rules.patterns.dns import DNPattern, parse_group
from app.rules.patterns.names import NamePattern


def _dn_captures(pattern: str, name: str, username: str = "alice") -> dict[str, str] | None:
    found = DNPattern.parse(pattern).match(dn.parse(name), username)
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("pattern", "name", "captures"),
    [
        ("cn=admins,dc=example,dc=com", "CN=Admins, DC=Example, DC=com", {}),
        ("cn=a\\,b,dc=x", "cn=a\\2cb,dc=x", {}),
        ("cn={team},ou=teams,dc=x", "CN=Web,OU=Teams,DC=x", {"team": "web"}),
        ("cn={role},ou={team},dc=x", "cn=dev,ou=web,dc=x", {"role": "dev", "team": "web"}),
        ("cn={team},ou=teams,dc=x", "cn=a\\2cb,ou=teams,dc=x", {"team": "a,b"}),
        ("cn={username},ou=private,dc=x", "cn=alice,ou=private,dc=x", {}),
        ("cn={team}+uid=x,dc=x", "uid=X+cn=web,dc=x", {"team": "web"}),
    ],
)
def test_dns(pattern: str, name: str, captures: dict[str, str]) -> None:
    """A DN is compared as one, exactly or with variables as whole values."""
    assert _dn_captures(pattern, name) == captures


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("cn=admins,dc=x", "cn=admins,ou=evil,dc=x"),
        ("cn=admins,dc=x", "cn=admins2,dc=x"),
        ("cn={team},ou=teams,dc=x", "cn=web,ou=other,dc=x"),
        ("cn={team},ou=teams,dc=x", "cn=web,ou=sub,ou=teams,dc=x"),
        ("cn={team},ou=teams,dc=x", "ou=web,ou=teams,dc=x"),
        ("cn={team},ou=teams,dc=x", "cn=web+uid=x,ou=teams,dc=x"),
        ("cn={username},ou=private,dc=x", "cn=bob,ou=private,dc=x"),
    ],
)
def test_other_dns(pattern: str, name: str) -> None:
    """Another branch, depth, type or owner is another group."""
    assert _dn_captures(pattern, name) is None


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("cn", "is not of the form"),
        ("cn=a,", "is not of the form"),
        ("cn=team-*,dc=x", "has a pattern inside an attribute value"),
        ("cn=team-{team},dc=x", "has a pattern inside an attribute value"),
        ("cn={a},ou={a},dc=x", "captures one variable twice"),
        ("cn=\\7bteam\\7d,dc=x", "has an escaped *, { or }"),
        ("cn=\\2a,dc=x", "has an escaped *, { or }"),
        ("cn=\uff5bteam\uff5d,dc=x", "has an escaped *, { or }"),
        ("cn=a;dc=x", "has a bare ;"),
        ('cn="a",dc=x', "has a bare ;"),
        ("cn=" + "a" * 510, "a pattern has 512 characters at the most"),
    ],
)
def test_no_dn_patterns(pattern: str, text: str) -> None:
    """What is no DN, or could be taken for more than it says, is an error."""
    with pytest.raises(UnfitError) as caught:
        DNPattern.parse(pattern)
    assert text in caught.value.text


def test_what_is_a_dn() -> None:
    """A group with `=` in it is a DN, any other a name."""
    assert isinstance(parse_group("cn=admins,dc=x"), DNPattern)
    assert isinstance(parse_group("admins"), NamePattern)
