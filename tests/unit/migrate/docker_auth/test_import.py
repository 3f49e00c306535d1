"""What becomes of single entries, and what is said of those that cannot keep their meaning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli.rules import rules
from app.configfile import yaml
from app.errors import ConfigurationError
from app.migrate.docker_auth import document, entry
from app.migrate.docker_auth.document import Translation
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.overlap import overlap

LABELS = ("groups",)
REFERENCE = """\
server: {addr: ":5001"}
acl:
  - match: {account: "admin"}
    actions: ["*"]
    comment: "Admin has full access to everything."
  - match: {account: "/.+/", name: "${account}/*"}
    actions: ["*"]
  - match: {account: "/.+/", type: "registry", name: "catalog"}
    actions: ["*"]
  - match: {account: "/.+/"}
    actions: ["pull"]
  - match: {account: "/^ci-.+$/", name: "/^(app|lib)/.+$/", ip: 10.1.2.3/8}
    actions: ["pull"]
  - match: {labels: {groups: "dev*"}, service: registry.example.com}
    actions: []
"""


def _outcomes(*acl: dict[str, Any]) -> tuple[Translation, ...]:
    return document.translate(entry.read(yaml.parse(json.dumps({"acl": acl}), "auth.yml")), LABELS)


def _rule(match: dict[str, Any], *actions: str) -> dict[str, Any]:
    """Return the one rule of one entry, without its id."""
    (outcome,) = _outcomes({"match": match, "actions": list(actions)})
    assert not outcome.refusal
    first = dict(outcome.rules[0])
    del first["id"]
    return first


def _import(folder: Path, text: str, *words: str) -> Result:
    path = folder / "auth.yml"
    path.write_text(text)
    return CliRunner().invoke(rules, ["import", "docker-auth", str(path), *words])


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        (None, ["**"]),
        ("*", ["*"]),
        ("team/*", ["team/*"]),
        ("team-*", ["team-*"]),
        ("a**/b", ["a/b", "a*/b"]),
        (r"a\*b", None),
        ("/^team/.+$/", ["team/**"]),
        ("/^team.*$/", ["team", "team*", "team*/**", "team/**"]),
        ("/^.*/base$/", ["**/base"]),
        ("/^(?:a|b)/c$/", ["a/c", "b/c"]),
        (r"/^a\.b$/", ["a.b"]),
        ("${account}/*", ["{username}/*"]),
        ("/^x/${account}/.*$/", ["x/{username}/**"]),
    ],
)
def test_names(name: str | None, patterns: list[str] | None) -> None:
    """There `*` may be empty and crosses no slash; here neither `*` nor `**` is ever empty."""
    match = {} if name is None else {"name": name}
    (outcome,) = _outcomes({"match": match | {"type": "repository"}, "actions": ["pull"]})
    found = outcome.rules[0]["repositories"] if outcome.rules else None
    assert found == patterns


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ({"account": "alice"}, {"users": ["alice"]}),
        ({"account": "ci-*"}, {"users": ["ci-", "ci-*"]}),
        ({"account": "/^(alice|bob)$/"}, {"users": ["alice", "bob"]}),
        ({"account": "/.+/"}, {"authenticated": True}),
        ({"account": "?*"}, {"authenticated": True}),
        ({}, {"everyone": True}),
        ({"account": "*"}, {"everyone": True}),
        ({"labels": {"groups": "dev"}}, {"groups": ["dev"]}),
        ({"account": "/.+/", "labels": {"groups": "/.+/"}}, {"groups": ["*"]}),
        ({"labels": {"groups": "cn=dev,ou=groups,dc=example,dc=com"}}, None),
        ({"name": "${account}/x"}, {"authenticated": True}),
        ({"name": "${labels:groups}/x"}, {"groups": ["{group}"]}),
    ],
)
def test_whom_an_entry_is_for(match: dict[str, Any], expected: dict[str, Any] | None) -> None:
    """Accounts, labels, and the variables in a name."""
    rule = _rule({"type": "repository"} | match, "pull")
    who = {
        name: value
        for name, value in rule.items()
        if name in ("users", "groups", "authenticated", "everyone")
    }
    assert who == (expected or {"groups": [match["labels"]["groups"]]})


def test_conditions() -> None:
    """A network is written as one; a service is named."""
    rule = _rule({"type": "repository", "ip": "10.1.2.3/8", "service": "one"}, "pull")
    assert rule["when"] == {"services": ["one"], "networks": ["10.0.0.0/8"]}


@pytest.mark.parametrize(
    ("match", "actions", "text"),
    [
        ({"name": "/team/"}, ["pull"], "not anchored"),
        ({"name": "/^team/"}, ["pull"], "not anchored"),
        (
            {"name": "/^a|b$/"},
            ["pull"],
            "put brackets around the alternatives",
        ),
        ({"name": "/^registry.io$/"}, ["pull"], r"write \\. for a dot"),
        ({"name": "/^[a-z]+$/"}, ["pull"], "'[' of a regular expression"),
        ({"name": "/^a+$/"}, ["pull"], "a repetition"),
        ({"name": "/^(a$/"}, ["pull"], "a ( has no partner"),
        ({"name": "/^a)$/"}, ["pull"], "a ) has no partner"),
        ({"name": "/^a.*b$/"}, ["pull"], "in the middle"),
        ({"name": "[ab]/c"}, ["pull"], "a class of characters"),
        ({"name": "x${account}"}, ["pull"], "whole components"),
        ({"name": "${account:1}/x"}, ["pull"], "${account:1} cannot be said"),
        ({"name": "${service}"}, ["pull"], "${service} cannot be said"),
        ({"name": "a//b"}, ["pull"], "no name that there can be"),
        ({"name": "a*b*c*d*e*f*g*h*i*j"}, ["pull"], "too many"),
        ({"account": "${name}"}, ["pull"], "${name} cannot be said"),
        ({"account": "", "name": "${account}"}, ["pull"], "nobody without a login has a name"),
        ({"account": "", "name": "a"}, ["pull"], "for those without a login alone"),
        ({"account": "", "labels": {"groups": "a"}}, ["pull"], "nobody without a login has labels"),
        ({"account": "bob", "labels": {"groups": "a"}}, ["pull"], "must both match"),
        ({"account": "bob", "name": "${labels:groups}/x"}, ["pull"], "must both match"),
        ({"labels": {"groups": "a", "tier": "b"}}, ["pull"], "'tier' is not known to hold groups"),
        (
            {"labels": {"groups": "a"}, "name": "${labels:groups}/x"},
            ["pull"],
            "may stand in the repository's",
        ),
        ({"service": "reg*"}, ["pull"], "one by one"),
        ({"type": "plugin"}, ["pull"], "write repository or registry"),
        ({"type": "registry", "name": "x"}, ["*"], "type: registry, name: catalog"),
        ({"ip": "300.1.1.1"}, ["pull"], "is no network"),
        ({}, ["push"], "push without pull"),
    ],
)
def test_what_cannot_be_said_is_refused(match: dict[str, Any], actions: list[str], text: str) -> None:
    """In words that name the part, and what to write instead."""
    (outcome,) = _outcomes({"match": match, "actions": actions})
    assert not outcome.rules
    assert text.replace("\\\\", "\\") in str(outcome)


def test_an_entry_that_keeps_something_back_becomes_a_deny() -> None:
    """Only of what later entries would give, and only where it takes nothing from earlier ones."""
    first, second = _outcomes(
        {"match": {"name": "release/*"}, "actions": ["pull"]},
        {"match": {"name": "*/*"}, "actions": ["*"]},
    )
    assert [(rule["id"], rule.get("allow"), rule.get("deny")) for rule in first.rules] == [
        ("docker-auth-1", ["pull"], None),
        ("docker-auth-1-not", None, ["delete", "push"]),
    ]
    assert [rule["allow"] for rule in second.rules] == [["*"]]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"account": "/.+/"}, {"account": "eve"}),
        ({"account": "/.+/", "name": "a/*"}, {"account": "a*", "name": "a/b"}),
        ({"ip": "10.0.0.0/8"}, {"ip": "10.1.0.0/16", "service": "one"}),
        ({"account": "e*"}, {"account": "eve"}),
        ({}, {"labels": {"groups": "dev"}}),
    ],
)
def test_an_entry_that_is_never_reached_is_named(first: dict[str, Any], second: dict[str, Any]) -> None:
    """It becomes no rule, no deny and no conflict: whoever wrote it may believe that it denies."""
    reached, never, last = _outcomes(
        {"match": first, "actions": ["*"]},
        {"match": second, "actions": []},
        {"match": {"name": "b", "type": "repository"}, "actions": ["pull"]},
    )
    assert reached.rules
    assert not never.rules
    assert "is never reached: entry 1 decides all it matches" in str(never)
    assert "move it up" in str(never)
    assert not last.refusal


def test_an_account_in_other_letters_is_reached() -> None:
    """docker_auth tells Alice and alice apart."""
    _, second = _outcomes(
        {"match": {"account": "Alice"}, "actions": ["*"]},
        {"match": {"account": "alice"}, "actions": ["pull"]},
    )
    assert not second.decided_by


def test_an_exception_before_a_deny_cannot_keep_its_meaning() -> None:
    """A deny wins here: `only test-* for test` cannot be said as it is said there."""
    *_, refused, last = _outcomes(
        {"match": {"account": "test", "name": "test-*"}, "actions": ["*"]},
        {"match": {"account": "test"}, "actions": []},
        {"match": {"account": "/.+/"}, "actions": ["pull"]},
    )
    assert "entry 1, which gives pull" in refused.refusal
    assert "entry 3" in refused.refusal
    assert last.rules


def test_the_anonymous_may_have_what_everybody_has() -> None:
    """Then `everyone` gives nothing to anybody who did not have it."""
    anonymous, signed_in = _outcomes(
        {"match": {"account": "", "type": "repository", "name": "base"}, "actions": ["pull"]},
        {"match": {"account": "/.+/", "type": "repository", "name": "base"}, "actions": ["pull"]},
    )
    assert anonymous.rules[0]["everyone"] is True
    assert signed_in.rules[0]["authenticated"] is True


def test_a_whole_file(tmp_path: Path) -> None:
    """The rules go to standard output, and what became of each entry to standard error."""
    done = _import(tmp_path, REFERENCE)
    assert done.exit_code == 0, done.output
    assert "entry 1 (line 3): became docker-auth-1 and docker-auth-1-catalog\n" in done.stderr
    assert "entry 6 (line 14): is never reached: entries 3 and 4 decide all it matches" in done.stderr
    assert "entry 5 (line 12): is never reached: entry 4 decides" in done.stderr
    assert "without regard to case" in done.stderr
    written: Any = yaml.parse(done.stdout, "rules.yaml").data
    assert [rule["id"] for rule in written["rules"]] == [
        "docker-auth-1",
        "docker-auth-1-catalog",
        "docker-auth-2",
        "docker-auth-3-catalog",
        "docker-auth-4",
    ]
    assert written["rules"][0]["description"] == "Admin has full access to everything."


@pytest.mark.parametrize("comment", ["\x85 \u2028 \ufeff \x7f", "é 😀", '"\\ # : {', "a\nb"])
def test_a_comment_stays_as_it_was(comment: str) -> None:
    """Whatever characters it is made of."""
    outcomes = document.translate([AclEntry(1, 1, ("pull",), comment)], LABELS)
    written: Any = yaml.parse(document.as_yaml(outcomes, "x"), "rules.yaml").data
    assert written["rules"][0]["description"] == comment


def test_a_file_is_written_once(tmp_path: Path) -> None:
    """Rules that people may have changed since are not written over."""
    out = tmp_path / "rules.yaml"
    assert _import(tmp_path, REFERENCE, "--out", str(out)).exit_code == 0
    before = out.read_text()
    again = _import(tmp_path, REFERENCE, "--out", str(out))
    assert again.exit_code == 1
    assert "exists" in again.output
    assert out.read_text() == before


def test_nothing_is_written_where_an_entry_is_refused(tmp_path: Path) -> None:
    """All that are refused are named at once."""
    out = tmp_path / "rules.yaml"
    text = 'acl: [{match: {name: "/a/"}, actions: [pull]}, {match: {}, actions: [push]}]'
    done = _import(tmp_path, text, "--out", str(out))
    assert done.exit_code == 1
    assert "entry 1 (line 1): cannot be turned" in done.stderr
    assert "entry 2 (line 1): cannot be turned" in done.stderr
    assert "2 of 2 entries" in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("users: {}", "no list 'acl'"),
        ("acl: [1]", "match, actions and comment"),
        ("acl: [{match: {team: x}, actions: []}]", "unknown conditions (of docker_auth before 1.3): team"),
        ("acl: [{match: {nmae: x}, actions: []}]", "unknown conditions: nmae"),
        ("acl: [{match: {}}]", "'actions' must be a list"),
        ("acl: [{match: {name: [x]}, actions: []}]", "must be a text"),
        ("acl: [{match: {labels: x}, actions: []}]", "must be a text"),
        ("acl: [{match: {labels: {groups: null}}, actions: []}]", "must be a text"),
        ("acl: [{match: {account: 010}, actions: []}]", "put quotes around numbers"),
        ("acl: [{match: {account: true}, actions: []}]", "put quotes around numbers"),
        ("acl: [{match: x, actions: []}]", "must be a mapping"),
        ("acl: []\next_authz: {command: x}", "'ext_authz' decides too"),
    ],
)
def test_what_docker_auth_would_not_read(text: str, expected: str) -> None:
    """Nor are rules made where something else decides as well."""
    with pytest.raises(ConfigurationError, match=expected.replace("(", r"\(").replace(")", r"\)")):
        entry.read(yaml.parse(text, "auth.yml"))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a", True),
        ("a", "b", False),
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("**/x", "a/*", True),
        ("*x", "y*", True),
        ("a?", "a", False),
        ("{username}/*", "b/c", True),
        ("{username}", "b/c", False),
        ("a/**/b", "a/b", False),
        ("?", "/", False),
    ],
)
def test_overlap(one: str, other: str, expected: bool) -> None:
    """Whether one name can be matched by both; the same both ways."""
    assert overlap(one, other) is overlap(other, one) is expected
