"""Imported rules mean what docker_auth makes of the ACL, for all ACLs that are taken and all requests."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.configfile import yaml
from app.migrate.docker_auth import document, entry
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona
from tests.spec.docker_auth import Request, authorize
from tests.unit.rules.given import NOW, decision

LABELS = ("groups", "group")

_ACCOUNTS = st.sampled_from(
    [
        *("", "/.+/", "/.+/", "/.*/", "*", "?*", "alice", "bob", "a*", "*b", "b?b"),
        *(
            "/^(alice|bob)$/",
            "/^a.*$/",
            "/^b[^/]+$/",
            "/^a.*/",
            "/.*b$/",
            "/^(.+)b$/",
            "/^a(.+)$/",
            "/^.ob$/",
        ),
    ]
)
_NAMES = st.sampled_from(
    [
        *("a", "*", "*/*", "a/*", "a/b", "b*", "*b", "a/b*", "a*/b", "?", "?/b", "a/*/c", "*a*/*", "catalog"),
        *("c*", "${account}/*", "${account}", "a/${account}", "${labels:groups}/*"),
        *("${account}/${labels:groups}", "/.*/", "/.+/", "/^a/.+$/", "/^a/.*$/", "/^a.*$/", "/^.*b$/"),
        *("/^.+/b$/", "/^(a|b)/[^/]+$/", "/^a/.*/c$/", "/^${account}/.+$/", "/^a[^/]*$/"),
        *("/^(a|b/c|catalog)$/", "/^a(/b)(/c|/a)$/", "/^a/.*/", "/^b.+/", "/.*/b$/"),
        *("${account:1}/*", "${account:1}/*", "x-${account}/*", "${labels:groups}-shared/*", "${account}*"),
    ]
)
_MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "account": _ACCOUNTS,
        "type": st.sampled_from(["repository", "registry", "*", "/.*/"]),
        "name": _NAMES,
        "ip": st.sampled_from(["10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "2001:db8::/32"]),
        "service": st.sampled_from(["one", "two", "/.+/"]),
        "labels": st.fixed_dictionaries(
            {"groups": st.sampled_from(["a", "b", "t*", "*", "/.+/", "/^(a|team)$/"])},
            optional={"group": st.sampled_from(["a", "team"])},
        ),
    },
)
_ACTIONS = st.sampled_from(
    [
        [],
        [],
        ["*"],
        ["*"],
        ["pull"],
        ["pull"],
        ["pull", "push"],
        ["pull", "delete"],
        ["delete"],
        ["pull", "*"],
    ]
)
_ENTRIES = st.fixed_dictionaries({"match": _MATCHES, "actions": _ACTIONS})
_REPOSITORIES = st.sampled_from(
    [
        *("a", "b", "ab", "aab", "a/b", "a/bb", "ab/b", "b/b", "a/b/c", "a/c", "a/a/c", "b/a", "catalog"),
        *("x-bob/a", "a-shared/b", "team-shared/b", "b-shared/a/b", "lice/a", "bob/a", "bobby"),
        *("alice", "alice/a", "alice/a/b", "bob/team", "team/a", "a/alice", "b/c", "c", "cc", "a/b/a"),
    ]
)
_REQUESTS = st.builds(
    Request,
    account=st.sampled_from(["", "alice", "bob", "a", "ab", "carol"]),
    type=st.sampled_from(["repository", "repository", "repository", "registry"]),
    name=_REPOSITORIES,
    service=st.sampled_from(["one", "two"]),
    ip=st.sampled_from(["10.0.0.1", "10.1.2.3", "192.0.2.7", "198.51.100.1", "2001:db8::1"]),
    actions=st.frozensets(st.sampled_from(["pull", "push", "delete"]), min_size=1),
    labels=st.fixed_dictionaries({"groups": st.lists(st.sampled_from(["a", "b", "team"]), unique=True)}),
)


def _of_type(request: Request) -> Request:
    """Make it one that clients send: the catalog has one name and one action, and the anonymous no groups."""
    changes: dict[str, Any] = {
        "labels": {"groups": request.labels["groups"], "group": request.labels["groups"]}
    }
    if request.type == "registry":
        changes |= {"name": "catalog", "actions": frozenset("*")}
    if not request.account:
        changes |= {"labels": {}}
    fields = {name: getattr(request, name) for name in Request.__slots__}
    return Request(**(fields | changes))


def _ours(rules: RuleSet, request: Request) -> frozenset[str]:
    groups = tuple(map(NamedGroup.parse, request.labels.get("groups", ())))
    subject = Persona(request.account, groups) if request.account else None
    asked = f"{request.type}:{request.name}:{','.join(sorted(request.actions))}"
    access = decision(rules, subject, asked, service=request.service, address=request.ip).access
    return frozenset(access[0].actions) if access else frozenset()


@dataclass(frozen=True, slots=True)
class _Imported:
    """What an ACL became.

    Attributes:
        spills: Whether it is noted that some people have what they had only without a login.
    """

    rules: RuleSet
    spills: bool


def _imported(acl: list[dict[str, Any]]) -> _Imported | None:
    read = entry.read(yaml.parse(json.dumps({"acl": acl}), "auth.yml"))
    outcomes = document.translate(read, LABELS)
    if any(each.refusal for each in outcomes):
        return None
    text = document.as_yaml(outcomes, "auth.yml")
    spills = any("without a login" in note for each in outcomes for note in each.notes)
    return _Imported(load.compiled([FileText("rules.yaml", text)]).tested(NOW), spills)


def _same(acl: list[dict[str, Any]], imported: _Imported, request: Request) -> bool:
    """Whether a request is given what docker_auth gives; where it is noted, no more than to anybody."""
    ours, theirs = _ours(imported.rules, request), authorize(acl, request)
    if imported.spills and request.account:
        anybody = authorize(acl, replace(request, account="", labels={}))
        return theirs <= ours <= theirs | anybody
    return ours == theirs


def _holds(acl: list[dict[str, Any]], requests: list[Request]) -> None:
    imported = _imported(acl)
    event("refused" if imported is None else "taken with a note" if imported.spills else "taken")
    if imported is None:
        return
    for request in map(_of_type, requests):
        assert _same(acl, imported, request), (acl, request)


@settings(max_examples=25)
@given(st.lists(_ENTRIES, min_size=1, max_size=3), st.lists(_REQUESTS, min_size=5, max_size=5))
def test_what_is_taken_means_the_same(acl: list[dict[str, Any]], requests: list[Request]) -> None:
    """Each request is given exactly what docker_auth gives, but for what is noted."""
    _holds(acl, requests)


@pytest.mark.slow
@settings(max_examples=1500)
@given(st.lists(_ENTRIES, min_size=1, max_size=6), st.lists(_REQUESTS, min_size=12, max_size=12))
def test_what_is_taken_means_the_same_at_length(acl: list[dict[str, Any]], requests: list[Request]) -> None:
    """The same, for many and longer ACLs."""
    _holds(acl, requests)


@pytest.mark.slow
@settings(max_examples=1500)
@given(_ENTRIES, st.lists(_REQUESTS, min_size=12, max_size=12))
def test_one_entry_means_the_same(one: dict[str, Any], requests: list[Request]) -> None:
    """The same for a single entry, of which most are taken."""
    _holds([one], requests)


def _entry(*actions: str, **match: Any) -> dict[str, Any]:
    return {"match": match, "actions": list(actions)}


# What stands in public configurations, each with requests that tell whether its meaning was kept.
_STYLES: dict[str, list[dict[str, Any]]] = {
    "an administrator, and everybody else reads": [
        _entry("*", account="admin"),
        _entry("pull", account="alice"),
        _entry("pull", account="/.+/", name="base/*"),
        _entry("pull", name="base/*", account=""),
    ],
    "anonymous people read, people who are signed in write": [
        _entry("*", account="/.+/"),
        _entry("pull", account=""),
    ],
    "anonymous people read less than those who are signed in": [
        _entry("pull", account="", type="repository", name="base/*"),
        _entry("pull", "push", account="/.+/", type="repository"),
    ],
    "nothing for the anonymous, and then everybody": [
        _entry(account=""),
        _entry("pull", name="base/*"),
        _entry("pull", "push", name="*/*", account="a*"),
    ],
    "one account has one part, and nothing else": [
        _entry("*", account="bob", name="base/*"),
        _entry(account="bob"),
        _entry("*", account="/.+/", name="${account}/*"),
        _entry("pull", account="/.+/"),
        _entry("pull", account="", name="x"),
    ],
    "own namespaces": [_entry("*", account="/.+/", name="${account}/*"), _entry("pull", account="/.+/")],
    "own namespaces by a part of the name": [_entry("*", account="/^(.+)b$/", name="${account:1}/*")],
    "service accounts": [_entry("pull", account="/^a.*/"), _entry("*", account="admin")],
    "groups, and what they share": [
        _entry("*", labels={"groups": "admins"}),
        _entry("pull", "push", name="${labels:groups}/*"),
        _entry("pull", name="${labels:group}-shared/*"),
        _entry("pull", "push", labels={"groups": "/^(team|a)$/"}, name="base/*"),
    ],
    "both of two groups": [
        _entry("*", labels={"groups": "team", "group": "admins"}),
        _entry("pull", "push", labels={"groups": "a"}, name="${labels:groups}/*"),
        _entry("pull", labels={"groups": "team"}),
    ],
    "a group that is kept out": [
        _entry("pull", account="/.+/", name="base/*"),
        _entry(labels={"groups": "a"}),
        _entry("pull", "push", account="/.+/"),
    ],
    "networks": [
        _entry("*", ip="127.0.0.0/8"),
        _entry("*", ip="::1"),
        _entry("pull", ip="192.0.2.7", account="/.+/"),
    ],
    "services": [
        _entry("*", account="admin", service="one"),
        _entry("pull", account="/.+/", service="two"),
        _entry("pull", account="/.+/", name="base/*", service="/.+/"),
    ],
    "the catalog": [
        _entry("*", account="admin", type="registry", name="catalog"),
        _entry("*", account="/.+/", type="registry", name="*"),
        _entry("pull", account="/.+/"),
    ],
}
_PEOPLE = ("", "admin", "alice", "bob", "ab", "b")
_PLACES = (
    *("base/x", "x", "base/x/y", "bob/x", "alice/x", "a/x", "team/x", "team-shared/x", "a-shared/x", "b/a"),
    "catalog",
)


@pytest.mark.parametrize("style", _STYLES)
def test_what_stands_in_public_configurations_means_the_same(style: str) -> None:
    """For everybody, in every combination of groups, from two places, at two registries."""
    acl = _STYLES[style]
    imported = _imported(acl)
    assert imported is not None
    for account, name, groups, ip, service in itertools.product(
        _PEOPLE,
        _PLACES,
        ((), ("a",), ("team",), ("team", "admins"), ("a", "team")),
        ("192.0.2.7", "127.0.0.1"),
        ("one", "two"),
    ):
        for kind in ("repository", "registry") if name == "catalog" else ("repository",):
            actions = frozenset(("pull", "push", "delete"))
            request = _of_type(Request(account, kind, name, service, ip, actions, {"groups": groups}))
            assert _same(acl, imported, request), request
