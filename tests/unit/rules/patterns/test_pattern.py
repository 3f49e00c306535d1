"""Patterns over the names of repositories, groups, people and robots."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import dn
from app.errors import UnfitError
from app.protocol import scope
from app.rules.patterns.pattern import DNPattern, NamePattern, RepositoryPattern, parse_group

_quick = settings(max_examples=60, deadline=None)
_COMPONENT = st.builds(
    "{}{}".format, st.text("abc0", min_size=1, max_size=3), st.sampled_from(["", ".a", "_b", "-b"])
)
_NAME = st.lists(_COMPONENT, min_size=1, max_size=4).map("/".join)
_PATTERN = st.lists(
    st.sampled_from(["a", "*", "**", "?", "a*", "*-b", "{x}", "{x}-b", "a?c"]), min_size=1
).map("/".join)


def _matches(pattern: str, name: str, **bound: str) -> bool:
    return RepositoryPattern.parse(pattern).matches(name, bound)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("base/app", ["base/app"]),
        ("platform/**", ["platform/a", "platform/a/b/c/d"]),
        ("**", ["a", "a/b", "localhost:5000/a"]),
        ("*", ["a", "a-b.c"]),
        ("*/release/**", ["web/release/app", "web/release/a/b"]),
        ("**/release", ["web/release", "a/b/release"]),
        ("a/**/z", ["a/b/z", "a/b/c/z"]),
        ("a/**/**", ["a/b/c", "a/b/c/d"]),
        ("app-?", ["app-1", "app-x"]),
        ("app-*", ["app-1", "app-123"]),
        ("*.*", ["a.b", "a.b.c"]),
        ("localhost:5000/**", ["localhost:5000/a"]),
        ("a*/b", ["ax/b"]),
    ],
)
def test_what_a_pattern_matches(pattern: str, names: list[str]) -> None:
    """`*` and `?` stay within a component, `**` is one or more whole ones."""
    assert all(_matches(pattern, name) for name in names)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("base/app", ["base/app2", "xbase/app", "base/app/x", "x/base/app", "base"]),
        ("platform/**", ["platform", "platforms/a", "x/platform/a"]),
        ("*", ["a/b"]),
        ("*/release/**", ["release/a", "a/b/release/c", "web/release"]),
        ("**/release", ["release"]),
        ("a/**/z", ["a/z"]),
        ("a/**/**", ["a/b"]),
        ("app-?", ["app-", "app-12"]),
        ("app-*", ["app-", "app-1/x"]),
        ("a.c", ["abc"]),
        ("a*", ["a"]),
        ("a?/b", ["a/b"]),
    ],
)
def test_what_a_pattern_does_not_match(pattern: str, names: list[str]) -> None:
    """A pattern is about the whole name, and no wildcard is empty."""
    assert not any(_matches(pattern, name) for name in names)


def test_a_variable_is_what_it_is_bound_to() -> None:
    """It stands for one text, wherever it stands."""
    assert _matches("{team}/**", "web/app", team="web")
    assert _matches("{team}/{team}-*", "web/web-app", team="web")
    assert not _matches("{team}/{team}-*", "web/ops-app", team="web")
    assert not _matches("{team}/**", "webs/app", team="web")


@pytest.mark.parametrize(
    "value",
    ["", "*", "**", "team-*", "a/b", "a|b", ".*", "..", "A", "a b", "a\n", "(a)", "{x}", "é", "a" * 256],
)
def test_a_value_that_is_no_component(value: str) -> None:
    """A captured text that no repository can have as a component matches nothing; it is never a pattern."""
    for pattern in ("{x}", "{x}/**", "**/{x}", "{x}*", "*{x}"):
        for name in ("a", "a/b", "team-a", "team-a/b"):
            assert not _matches(pattern, name, x=value)


def test_a_value_is_quoted() -> None:
    """The dot of a legal component is a dot, not any character."""
    assert _matches("{team}/**", "a.b/x", team="a.b")
    assert not _matches("{team}/**", "axb/x", team="a.b")


def test_a_variable_that_is_not_bound() -> None:
    """A rule that applies without a capture has nothing for its variable to stand for."""
    assert not _matches("{x}/**", "a/b")


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("", "a pattern cannot be empty"),
        ("  ", "a pattern cannot be empty"),
        ("/a", "has an empty component"),
        ("a/", "has an empty component"),
        ("a//b", "has an empty component"),
        ("a**", "has '**' beside other text"),
        ("***", "has '**' beside other text"),
        ("{x", "has a brace without its partner"),
        ("x}", "has a brace without its partner"),
        ("{{x}}", "has a brace without its partner"),
        ("{}", "is no variable"),
        ("{X}", "is no variable"),
        ("{1x}", "is no variable"),
        ("{a b}", "is no variable"),
        ("Team/*", "matches no repository name"),
        ("a b", "matches no repository name"),
        ("a/é", "matches no repository name"),
        ("a%2fb", "matches no repository name"),
        ("a\n", "matches no repository name"),
        ("a..b/**", "matches no repository name"),
        ("-a/*", "matches no repository name"),
        ("a_/*", "matches no repository name"),
        ("../**", "matches no repository name"),
        ("a/b:5000/*", "matches no repository name"),
        ("a:5000", "matches no repository name"),
        ("a:b/*", "matches no repository name"),
        ("a/" * 128 + "a", "is too long"),
        ("*" + "-*" * 256, "a pattern has 512 characters at the most"),
    ],
)
def test_no_repository_patterns(pattern: str, text: str) -> None:
    """What is malformed, and what no repository could ever be called, is an error."""
    with pytest.raises(UnfitError) as caught:
        RepositoryPattern.parse(pattern)
    assert text in caught.value.text


def test_matching_is_linear() -> None:
    """No pattern makes a name expensive: the name comes from anyone on the network."""
    assert not RepositoryPattern.parse("*a" * 100 + "*b").matches("a" * 255, {})  # backtracking never ends


def test_the_longest_pattern_with_the_longest_values() -> None:
    """Whatever variables stand for, the engine takes what comes of it."""
    pattern = RepositoryPattern.parse("/".join(["{x}"] * 128))
    assert not pattern.matches("a", {"x": "a" * 255})


@_quick
@given(_NAME)
def test_a_name_is_a_pattern_for_itself(name: str) -> None:
    """A plain name matches itself alone."""
    assert _matches(name, name)
    assert not _matches(name, name + "x")
    assert not _matches(name, "x/" + name)


@_quick
@given(_PATTERN, _NAME, _COMPONENT)
def test_a_variable_matches_what_its_text_would(pattern: str, name: str, value: str) -> None:
    """A captured value is no more and no less than its text written into the pattern."""
    assert _matches(pattern, name, x=value) is _matches(pattern.replace("{x}", value), name)


@_quick
@given(st.text(max_size=30), _NAME)
def test_a_captured_value_never_matches_more_than_its_text(value: str, name: str) -> None:
    """Whatever a group is called, its namespace is its literal name."""
    assert _matches("{x}", name, x=value) is (name == value and scope.is_component(value))
    assert _matches("{x}/**", name, x=value) is (scope.is_component(value) and name.startswith(value + "/"))


@_quick
@given(st.text(max_size=40) | st.text("ab*?{}/.-:_", max_size=40))
def test_any_text_is_a_pattern_or_an_error(text: str) -> None:
    """No text of a file makes anything else happen, at load or when it is matched."""
    for parse in (RepositoryPattern.parse, NamePattern.parse, parse_group):
        try:
            pattern = parse(text)
        except UnfitError:
            continue
        if isinstance(pattern, RepositoryPattern):
            pattern.matches("a/b", dict.fromkeys(pattern.variables, "x"))
        elif isinstance(pattern, NamePattern):
            pattern.match("a", "alice")


# names


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


# DNs


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
