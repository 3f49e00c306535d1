"""The scope grammar: what is asked, and what asks for nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.protocol import scope
from app.protocol.scope import Access, ResourceType, Scope

REPOSITORY, REGISTRY = ResourceType.REPOSITORY, ResourceType.REGISTRY

_quick = settings(max_examples=40, deadline=None)
_components = st.builds(
    "{}{}{}".format,
    st.text("az09", min_size=1, max_size=4),
    st.sampled_from([".a", "_0", "__z", "---9", ""]),
    st.text("ab"),
)
_hosts = st.just("") | st.builds("{}:{}/".format, _components, st.integers(0, 99999))
_names = st.builds(
    lambda host, parts: host + "/".join(parts), _hosts, st.lists(_components, min_size=1, max_size=4)
)
_scopes = st.builds(
    Scope,
    st.just(REPOSITORY),
    _names,
    st.frozensets(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1),
) | st.just(Scope(REGISTRY, "catalog", frozenset("*")))


def _repository(name: str, *actions: str) -> Scope:
    return Scope(REPOSITORY, name, frozenset(actions))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("repository:a/b:pull,push", _repository("a/b", "pull", "push")),
        ("repository:a:pull", _repository("a", "pull")),
        ("repository:a/b/c/d/e:delete", _repository("a/b/c/d/e", "delete")),
        ("repository:x:*", _repository("x", "*")),
        ("repository:localhost:5000/a/b:pull", _repository("localhost:5000/a/b", "pull")),
        ("repository(plugin):x:pull", _repository("x", "pull")),
        ("repository:x:pull,pull,pull", _repository("x", "pull")),
        ("repository:x:pull,fly,,push", _repository("x", "pull", "push")),
        ("repository:a.b_c__d-e--f:pull", _repository("a.b_c__d-e--f", "pull")),
        ("registry:catalog:*", Scope(REGISTRY, "catalog", frozenset("*"))),
        ("registry:catalog:*,pull", Scope(REGISTRY, "catalog", frozenset("*"))),
    ],
)
def test_what_is_asked(text: str, expected: Scope) -> None:
    """The type ends at the first colon, the actions begin after the last; they are a set of known words."""
    assert scope.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "repository",
        "repository:a",
        "repository:a/b",
        "repository::pull",
        "repository:a:",
        "repository:a:fly",
        "repository:a:PULL",
        "repository:a: pull",
        "repository:a:pull\n",
        "Repository:a:pull",
        "REPOSITORY:a:pull",
        "repository():a:pull",
        "repository(a b):a:pull",
        "repository(Plugin):a:pull",
        "repository :a:pull",
        "repo:a:pull",
        ":a:pull",
        "image:a:pull",
        "registry:catalog:pull",
        "registry:catalog:",
        "registry:Catalog:*",
        "registry:_catalog:*",
        "registry:a:*",
        "registry::*",
    ],
)
def test_what_asks_for_nothing(text: str) -> None:
    """Unknown types, names and actions ask for nothing; nothing is guessed."""
    assert scope.parse(text) is None


@pytest.mark.parametrize(
    "name",
    [
        "A/b",
        "a//b",
        "/a",
        "a/",
        "a/../b",
        "..",
        ".",
        ".a",
        "a.",
        "a..b",
        "a___b",
        "-a",
        "a-",
        "_a",
        "a/_b",
        "a%2fb",
        "a b",
        "a\tb",
        "a\0b",
        "a\nb",
        "é",
        "а",  # noqa: RUF001 - Cyrillic on purpose
        "a\u200b",
        "a\ud800",
        "host:5000",
        "host:port/a",
        "a/b:5000/c",
        "host:5000:5001/a",
        "host:123456/a",
        "a:pull",
        "a*",
        "*",
        "a" * 256,
    ],
)
def test_names_outside_the_grammar(name: str) -> None:
    """Names that no registry takes are no names: never normalised, never case-folded."""
    assert not scope.is_repository(name)
    assert scope.parse(f"repository:{name}:pull") is None


def test_the_longest_name() -> None:
    """A name has 255 characters at the most, as Distribution has it."""
    assert scope.is_repository("a/" * 127 + "a")
    assert not scope.is_repository("a/" * 127 + "aa")


@pytest.mark.parametrize("text", ["a", "a0", "a.b", "a__b", "a---b", "0"])
def test_components(text: str) -> None:
    """Separators stand between letters or digits."""
    assert scope.is_component(text)


@pytest.mark.parametrize(
    "text", ["", "a/b", "a:5000", "A", "*", "a.", "..", "a\n", "robot$a", "a" * 256, "\ud800"]
)
def test_no_components(text: str) -> None:
    """Anything else is not one component."""
    assert not scope.is_component(text)


def test_one_resource_several_times() -> None:
    """Mentions of one resource are merged, at the place of the first."""
    texts = [
        "repository:a:push,pull",
        "repository:b:pull",
        "repository:a:delete",
        "repository(plugin):a:pull",
    ]
    scopes, dropped = scope.parse_all(texts)
    assert scopes == (_repository("a", "pull", "push", "delete"), _repository("b", "pull"))
    assert dropped == ()


def test_blanks_join_scopes() -> None:
    """One parameter may hold several scopes; repeated and joined ones are the same."""
    joined = scope.parse_all(["repository:a:pull repository:b:push"])
    assert joined == scope.parse_all(["repository:a:pull", "repository:b:push"])


@pytest.mark.parametrize("parameters", [[], [""], ["  "], ["", ""]])
def test_no_scope(parameters: list[str]) -> None:
    """No parameter, or an empty one, is no scope: that is a login."""
    assert scope.parse_all(parameters) == ((), ())


def test_a_malformed_scope_among_good_ones() -> None:
    """What is outside the grammar is dropped and reported; the others are unaffected."""
    scopes, dropped = scope.parse_all(["repository:A:pull repository:b:pull", "nonsense"])
    assert scopes == (_repository("b", "pull"),)
    assert dropped == ("repository:A:pull", "nonsense")


def test_the_type_is_part_of_the_resource() -> None:
    """A repository that is called `catalog` is not the catalog."""
    scopes, _ = scope.parse_all(["repository:catalog:pull registry:catalog:*"])
    assert [(entry.type, entry.name) for entry in scopes] == [(REPOSITORY, "catalog"), (REGISTRY, "catalog")]


def test_access_is_formatted_as_a_scope() -> None:
    """What was granted is written as it would be asked for."""
    assert str(Access(REPOSITORY, "a/b", ("pull", "push"))) == "repository:a/b:pull,push"


@_quick
@given(_scopes)
def test_formatting_and_parsing_undo_each_other(asked: Scope) -> None:
    """A scope that is written down and read again is the same."""
    assert scope.parse(str(asked)) == asked


@_quick
@given(st.text(max_size=80))
def test_a_text_that_is_a_scope_is_written_alike(text: str) -> None:
    """Parsing any text ends in nothing or in a scope that keeps its meaning when written."""
    asked = scope.parse(text)
    assert asked is None or scope.parse(str(asked)) == asked


@_quick
@given(st.lists(st.text(max_size=40) | _scopes.map(str), max_size=8))
def test_every_word_is_read_or_dropped(texts: list[str]) -> None:
    """Every word of a request is accounted for, and no resource stands twice."""
    scopes, dropped = scope.parse_all(texts)
    words = [word for text in texts for word in text.split(" ") if word]
    resources = [(entry.type, entry.name) for entry in scopes]
    assert len(set(resources)) == len(resources)
    assert [word for word in words if scope.parse(word) is None] == list(dropped)
    assert {(s.type, s.name) for word in words if (s := scope.parse(word))} == set(resources)


@_quick
@given(st.lists(_scopes, max_size=6), st.lists(_scopes, max_size=6))
def test_asking_for_more_takes_nothing_away(some: list[Scope], more: list[Scope]) -> None:
    """Further scopes add resources and actions, and leave the earlier ones in front."""
    few, _ = scope.parse_all(map(str, some))
    many, _ = scope.parse_all(map(str, [*some, *more]))
    actions = {(entry.type, entry.name): entry.actions for entry in many}
    assert list(actions)[: len(few)] == [(entry.type, entry.name) for entry in few]
    assert all(entry.actions <= actions[entry.type, entry.name] for entry in few)


def test_the_catalog_in_the_form_of_zot() -> None:
    """`repository::pull` is the catalog where the registry is a zot, and outside the grammar elsewhere."""
    assert scope.parse_all(["repository::pull"]) == ((), ("repository::pull",))
    assert scope.parse_all(["repository::pull"], catalog_by_pull=True) == scope.parse_all(
        ["registry:catalog:*"]
    )
    others = ("repository::push", "repository::pull,push", "repository::*", "registry::pull")
    assert scope.parse_all(others, catalog_by_pull=True) == ((), others)


def test_the_catalog_alone_is_changed_for_a_zot() -> None:
    """A repository beside it stays what it is."""
    repository = Access(ResourceType.REPOSITORY, "a", ("pull",))
    catalog = Access(ResourceType.REGISTRY, "catalog", ("*",))
    assert scope.catalog_by_pull([repository, catalog]) == (
        repository,
        Access(ResourceType.REPOSITORY, "", ("pull",)),
    )


def test_the_longest_component() -> None:
    """A component can be as long as a name."""
    assert scope.is_component("a" * 255)
