"""Whether the directory has a group, as `rules check --directory` asks."""

from __future__ import annotations

import contextlib

import pytest

from app.directory.ldap import LdapDirectory
from app.errors import DirectoryMisconfigured
from tests.support.ldap import directory_settings
from tests.support.slapd import Slapd

GROUPS = "ou=groups,dc=example,dc=com"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("team-web", True),
        ("Team-WEB", True),
        ("tema-web", False),
        ("team-*", False),
        ("*", False),
        (f"cn=team-web,{GROUPS}", True),
        (f"CN=Team-Web, {GROUPS}", True),
        (f"cn=tema-web,{GROUPS}", False),
        ("cn=team-web,ou=nowhere,dc=example,dc=com", False),
    ],
)
def test_a_group_is_known_or_not(slapd: Slapd, name: str, *, known: bool) -> None:
    """By name under the bases, by DN wherever it is; a star is no wildcard."""
    with contextlib.closing(LdapDirectory(directory_settings(slapd))) as directory:
        assert directory.has_group(name) == known


def test_a_search_that_fails_is_no_answer(slapd: Slapd) -> None:
    """A base that does not exist says nothing about a group."""
    settings = directory_settings(slapd, groups={"bases": ["ou=nowhere,dc=example,dc=com"]})
    with contextlib.closing(LdapDirectory(settings)) as directory, pytest.raises(DirectoryMisconfigured):
        directory.has_group("team-web")
