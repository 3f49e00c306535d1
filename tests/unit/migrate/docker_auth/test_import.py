"""What becomes of single entries, and what is said of those that cannot keep their meaning."""

from __future__ import annotations

import json
import re
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

# The ACL of its examples/reference.yml, in fewer words.
DOCKER_AUTH = """\
server:
  addr: ":5001"
  certificate: /path/to/server.pem
  key: /path/to/server.key
token:
  issuer: Acme auth server
  expiration: 900
users:
  admin: {password: hashed}
  test: {password: hashed}
  "": {}
ldap_auth:
  addr: ldap.example.com:636
acl:
  - {match: {ip: 127.0.0.0/8}, actions: ["*"]}
  - {match: {ip: "::1"}, actions: ["*"]}
  - {match: {ip: 172.17.0.1}, actions: ["*"]}
  - {match: {account: admin}, actions: ["*"]}
  - {match: {account: test, name: test-*}, actions: ["*"]}
  - {match: {account: test}, actions: []}
  - {match: {account: /.+/, name: "${account}/*"}, actions: ["*"]}
  - {match: {account: /.+/, type: registry, name: catalog}, actions: ["*"]}
  - {match: {account: /.+/}, actions: [pull]}
  - {match: {account: "", name: hello-world}, actions: [pull]}
  - {match: {account: "/^(.+)@test.com$/", name: "${account:1}/*"}, actions: []}
  - {match: {labels: {group: VIP}}, actions: [push]}
  - {match: {labels: {group: /trainee|dev/}}, actions: [push, pull]}
  - {match: {name: "${labels:group}-shared/*"}, actions: [push, pull]}
  - {match: {name: "${labels:project}/*"}, actions: [push, pull]}
  - {match: {name: "${labels:project}-{labels:tier}/*"}, actions: [push, pull]}
acl_mongo: {collection: acl}
ext_authz: {command: /usr/local/bin/my_authz}
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
        ({"name": "${account:1}/x"}, ["pull"], "${account:1} cannot be said"),
        ({"account": "/^(.+)$/", "name": "/^${account:1}$/"}, ["pull"], "${account:1} cannot be said"),
        ({"account": "/^(.+)$/", "name": "${account:2}/x"}, ["pull"], "there is no group 2"),
        ({"account": "/^(a|b)$/", "name": "${account:1}/x"}, ["pull"], "is more than (.+)"),
        ({"account": "/^(.+)x(.*)$/", "name": "${account:2}/x"}, ["pull"], "is more than (.+)"),
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
            {"labels": {"groups": "/^(a|b)$/"}, "name": "${labels:groups}/x"},
            ["pull"],
            "an entry for each of the alternatives",
        ),
        ({"service": "reg*"}, ["pull"], "one by one"),
        ({"type": "plugin"}, ["pull"], "write repository or registry"),
        ({"type": "registry", "name": "x"}, ["*"], "type: registry, name: catalog"),
        ({"ip": "300.1.1.1"}, ["pull"], "is no network"),
        ({}, ["push"], "push without pull"),
        ({"account": "al*", "name": "${account:1}/*"}, ["pull"], "only a regular expression has parts"),
        ({"name": "${account}*"}, ["pull"], "without a login ${account} is empty"),
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


def test_an_exception_before_a_deny() -> None:
    """A deny would win here: so `only test-* for test` leaves test out of what everybody has."""
    first, second, last = _outcomes(
        {"match": {"account": "test", "name": "test-*"}, "actions": ["*"]},
        {"match": {"account": "test"}, "actions": []},
        {"match": {"account": "/.+/"}, "actions": ["pull"]},
    )
    assert [rule["users"] for rule in first.rules] == [["test"]]
    assert second.rules == ()
    (rule,) = (rule for rule in last.rules if "repositories" in rule)
    assert (rule["authenticated"], rule["except"], rule["allow"]) == (True, {"users": ["test"]}, ["pull"])


def test_an_exception_before_a_deny_for_everybody_cannot_keep_its_meaning() -> None:
    """Nobody without a login can be left out or kept apart."""
    _, refused, last = _outcomes(
        {"match": {"account": "test", "name": "a/b"}, "actions": ["*"]},
        {"match": {"name": "a/*"}, "actions": []},
        {"match": {"name": "*/*"}, "actions": ["pull"]},
    )
    assert "entry 1, which gives pull" in refused.refusal
    assert "entry 3" in refused.refusal
    assert last.rules


def test_the_anonymous_are_left_out_of_what_everybody_has() -> None:
    """That is what `authenticated` says."""
    nothing, everybody = _outcomes(
        {"match": {"account": ""}, "actions": []}, {"match": {"name": "base"}, "actions": ["pull"]}
    )
    assert nothing.rules == ()
    assert everybody.rules[0]["authenticated"] is True


def test_what_the_anonymous_have_is_kept_from_whom_an_entry_gives_less() -> None:
    """By a deny on no more than that, where it takes nothing that an earlier entry gives."""
    _, less, anonymous, _ = _outcomes(
        {"match": {"account": "eve", "name": "own/*"}, "actions": ["*"]},
        {"match": {"account": "eve"}, "actions": []},
        {"match": {"account": "", "name": "base"}, "actions": ["pull"]},
        {"match": {"account": "/.+/"}, "actions": ["pull"]},
    )
    assert [(rule["repositories"], rule["deny"]) for rule in less.rules] == [(["base"], ["pull", "push"])]
    assert anonymous.rules[0]["everyone"] is True
    assert not anonymous.notes


@pytest.mark.parametrize(
    ("labels", "name", "groups"),
    [
        ({"groups": "dev", "group": "lead"}, None, ["dev", "lead"]),
        ({"groups": "dev"}, "${labels:groups}/*", ["dev", "{group}"]),
    ],
)
def test_several_groups_at_once(labels: dict[str, str], name: str | None, groups: list[str]) -> None:
    """Each label must match: that is `all_groups`."""
    match = {"labels": labels, "type": "repository"} | ({"name": name} if name else {})
    made = document.translate(
        entry.read(yaml.parse(json.dumps({"acl": [{"match": match, "actions": ["pull"]}]}), "auth.yml")),
        ("groups", "group"),
    )
    assert made[0].rules[0]["all_groups"] == groups


def test_a_part_of_the_account() -> None:
    """What the account's expression captures stands in the name, by a variable of the rule."""
    match = {"account": "/^(.+)@test\\.com$/", "name": "${account:1}/*"}
    outcomes = _outcomes({"match": match, "actions": ["*"]})
    written: Any = yaml.parse(document.as_yaml(outcomes, "x"), "rules.yaml").data
    (rule,) = written["rules"]
    assert rule["users"] == ["{account1}@test.com"]
    assert rule["repositories"] == ["{account1}/*"]


def test_an_unknown_key_is_named_where_it_stands() -> None:
    """Each of them, also where an entry has several."""
    text = "acl:\n  - match:\n      account: x\n      nmae: y\n      tpye: z\n    actions: []\n"
    with pytest.raises(ConfigurationError) as caught:
        entry.read(yaml.parse(text, "auth.yml"))
    assert [str(each.position) for each in caught.value.problems] == ["auth.yml:4:7", "auth.yml:5:7"]


def test_what_cannot_be_said_and_is_never_reached_is_left_out() -> None:
    """It decides nothing there, so nothing need be said of it here."""
    _, regex, push = _outcomes(
        {"match": {"account": "/.+/"}, "actions": ["pull"]},
        {"match": {"labels": {"groups": "/trainee|dev/"}}, "actions": ["push", "pull"]},
        {"match": {"account": "/[a-z]@x/"}, "actions": ["push"]},
    )
    assert [each.decided_by for each in (regex, push)] == [(1,), (1,)]


def test_what_cannot_be_said_and_may_be_reached_is_refused() -> None:
    """By those without a login, by another network, or at another type."""
    for match in ({"account": "/x*/"}, {"name": "[a-z]"}, {"account": "[a-z]", "ip": "10.0.0.0/8"}):
        *_, last = _outcomes(
            {"match": {"account": "/.+/", "ip": "192.0.2.0/24"}, "actions": ["pull"]},
            {"match": match, "actions": ["pull"]},
        )
        assert last.refusal


def test_the_reference_file_of_docker_auth(tmp_path: Path) -> None:
    """All its entries are taken, and what it has beside the ACL is named."""
    done = _import(tmp_path, DOCKER_AUTH, "--out", str(tmp_path / "rules.yaml"))
    assert done.exit_code == 0, done.output
    for number in range(11, 17):
        assert re.search(rf"^entry {number} .*: is never reached: .* 9 decide", done.stderr, re.MULTILINE)
    assert "line 31: acl_mongo (an ACL in a collection of MongoDB) is not read" in done.stderr
    assert "line 32: ext_authz (a program that is asked) is not read" in done.stderr
    rules: Any = yaml.read(tmp_path / "rules.yaml").data
    excepting = [rule["id"] for rule in rules["rules"] if rule.get("except") == {"users": ["test"]}]
    assert excepting == ["docker-auth-7", "docker-auth-8-catalog", "docker-auth-9"]
    assert not [rule for rule in rules["rules"] if "deny" in rule]
    assert "entry 10 (line 24): became docker-auth-10; entry 6 gives its people less" in done.stderr


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
        ("acl: [{match: {team: x}, actions: []}]", "unknown key 'team' (of docker_auth before 1.3)"),
        ("acl: [{match: {nmae: x}, actions: []}]", "unknown key 'nmae'"),
        (
            "acl: [{match: {}, actions: [], comments: x}]",
            "unknown key 'comments' (known here: actions, comment",
        ),
        ("acl: [{match: {}}]", "'actions' must be a list"),
        ("acl: [{match: {name: [x]}, actions: []}]", "must be a text"),
        ("acl: [{match: {labels: x}, actions: []}]", "must be a text"),
        ("acl: [{match: {labels: {groups: null}}, actions: []}]", "must be a text"),
        ("acl: [{match: {account: 010}, actions: []}]", "put quotes around numbers"),
        ("acl: [{match: {account: true}, actions: []}]", "put quotes around numbers"),
        ("acl: [{match: x, actions: []}]", "must be a mapping"),
        ("acl_mongo: {collection: acl}", "acl_mongo (an ACL in a collection of MongoDB) cannot be read"),
    ],
)
def test_what_docker_auth_would_not_read(text: str, expected: str) -> None:
    """Nor are rules made where there is no ACL to make them of."""
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
