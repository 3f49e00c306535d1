"""Imported rules mean what docker_auth makes of the ACL, for all ACLs that are taken and all requests."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from app.configfile import yaml
from app.migrate.docker_auth import document, entry
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.model import NamedGroup, Persona, RuleSet
from tests.spec.docker_auth import Request, authorize
from tests.unit.rules.given import NOW, decision

LABELS = ("groups",)

_ACCOUNTS = st.sampled_from(
    [
        *("", "/.+/", "/.+/", "/.*/", "*", "?*", "alice", "bob", "a*", "*b", "b?b"),
        *("/^(alice|bob)$/", "/^a.*$/", "/^b[^/]+$/"),
    ]
)
_NAMES = st.sampled_from(
    [
        *("a", "*", "*/*", "a/*", "a/b", "b*", "*b", "a/b*", "a*/b", "?", "?/b", "a/*/c", "*a*/*", "catalog"),
        *("c*", "${account}/*", "${account}", "a/${account}", "${labels:groups}/*"),
        *("${account}/${labels:groups}", "/.*/", "/.+/", "/^a/.+$/", "/^a/.*$/", "/^a.*$/", "/^.*b$/"),
        *("/^.+/b$/", "/^(a|b)/[^/]+$/", "/^a/.*/c$/", "/^${account}/.+$/", "/^a[^/]*$/"),
        *("/^(a|b/c|catalog)$/", "/^a(/b)(/c|/a)$/"),
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
            {"groups": st.sampled_from(["a", "b", "t*", "*", "/.+/", "/^(a|team)$/"])}
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
    changes: dict[str, Any] = {}
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


def _imported(acl: list[dict[str, Any]]) -> RuleSet | None:
    read = entry.read(yaml.parse(json.dumps({"acl": acl}), "auth.yml"))
    outcomes = document.translate(read, LABELS)
    if any(each.refusal for each in outcomes):
        return None
    text = document.as_yaml(outcomes, "auth.yml")
    return load.compiled([FileText("rules.yaml", text)]).tested(NOW)


def _holds(acl: list[dict[str, Any]], requests: list[Request]) -> None:
    rules = _imported(acl)
    event("taken" if rules is not None else "refused")
    if rules is None:
        return
    for request in map(_of_type, requests):
        assert _ours(rules, request) == authorize(acl, request), (acl, request)


@settings(max_examples=25)
@given(st.lists(_ENTRIES, min_size=1, max_size=3), st.lists(_REQUESTS, min_size=5, max_size=5))
def test_what_is_taken_means_the_same(acl: list[dict[str, Any]], requests: list[Request]) -> None:
    """Each request is given exactly what docker_auth gives."""
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
