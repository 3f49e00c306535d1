"""Patterns over the names of groups, people and robots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import dn
from app.errors import UnfitError
from app.rules.patterns.names import NamePattern

_quick = settings(max_examples=60, deadline=None)


def _captures(pattern: str, name: str, username: str = "alice") -> dict[str, str] | None:
    found = NamePattern.parse(pattern).match(name, username)
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("pattern", "name", "captures"),
    [
        ("team-web", "team-web", {}),
        ("Team-WEB", "team-web", {}),
        ("team-{team}", "team-web", {"team": "web"}),
        ("TEAM-{team}", "team-web", {"team": "web"}),
        ("{env}-{team}", "prod-web", {"env": "prod", "team": "web"}),
        ("{a}-{b}", "x-y-z", {"a": "x-y", "b": "z"}),
        ("team-*", "team-web app", {}),
        ("team-?", "team-ü", {}),
        ("*", "anything (at all)", {}),
        ("{username}-admins", "alice-admins", {}),
        ("zoë", "zoë", {}),
        ("data  *", "data leads", {}),
        (" data leads ", "data leads", {}),
        ("STRA\u00dfE-{x}", "stra\u00dfe-a", {"x": "a"}),
    ],
)
def test_names(pattern: str, name: str, captures: dict[str, str]) -> None:
    """A pattern is folded as directories fold names; its variables capture what they stand for."""
    assert _captures(pattern, name) == captures


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("team-web", "team-web2"),
        ("team-{team}", "team-"),
        ("team-{team}", "team-a b"),
        ("team-{team}", "team-a/b"),
        ("team-{team}", "team-*"),
        ("team-{team}", "team-ü"),
        ("team-{team}", "xteam-web"),
        ("team-*", "team-"),
        ("*", "a/b"),
        ("{username}-admins", "bob-admins"),
        ("team.web", "team-web"),
    ],
)
def test_other_names(pattern: str, name: str) -> None:
    """A pattern is about the whole name; a capture has the characters of a repository's component."""
    assert _captures(pattern, name) is None


@pytest.mark.parametrize("username", [".*", "a|b", "[a-z]+", "(", "\\"])
def test_a_username_is_text(username: str) -> None:
    """A person's name within a pattern is quoted."""
    assert _captures("{username}-admins", "alice-admins", username) is None
    assert _captures("{username}-admins", f"{username}-admins", username) == {}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "a pattern cannot be empty"),
        (" ", "a pattern cannot be empty"),
        ("team/**", "has '**', which is for repositories"),
        ("{a}-{a}", "captures one variable twice"),
        ("{A}", "is no variable"),
        ("team-{", "has a brace without its partner"),
        ("x" * 513, "a pattern has 512 characters at the most"),
    ],
)
def test_no_name_patterns(pattern: str, text: str) -> None:
    """What cannot be a pattern over names is an error."""
    with pytest.raises(UnfitError) as caught:
        NamePattern.parse(pattern)
    assert text in caught.value.text


@_quick
@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
        lambda text: not set("*?{}") & set(text)
    )
)
def test_a_plain_name_matches_however_it_is_written(name: str) -> None:
    """A rule's name meets the directory's name, both folded."""
    if name.strip():
        assert NamePattern.parse(name).match(dn.fold(name), "alice") == ()
