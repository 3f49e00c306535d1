"""The engine: who is granted what, and why."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import dn
from app.directory.names import canonical
from app.errors import Position
from app.rules.decision import Cause, Effect, Through, WhoKind
from app.rules.file import load
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona
from tests.support.tools import REPOSITORY
from tests.support.work import lines_run
from tests.unit.rules.given import NOW, decision, granted, may, one_rule, person, robot, rule_set

ALL = "delete,pull,push"


@pytest.fixture(scope="module")
def sample() -> RuleSet:
    """Return the sample company's rules."""
    return load.load(REPOSITORY / "deploy" / "demo" / "rules.yaml", NOW)


ALICE = person(
    "alice", "cn=team-platform,ou=groups,dc=example,dc=com", "cn=release-managers,ou=groups,dc=example,dc=com"
)
BOB = person("bob", "team-web", "contractors")
CAROL = person("carol", "auditors")


@pytest.mark.parametrize(
    ("subject", "name", "actions"),
    [
        (None, "base/debian", "pull"),
        (None, "base", ""),
        (None, "web/app", ""),
        (ALICE, "platform/app", "pull,push"),
        (ALICE, "platform", ""),
        (ALICE, "web/app", ""),
        (ALICE, "web/release/app", ALL),
        (ALICE, "platform/release/a/b", ALL),
        (ALICE, "sandbox/alice/x", ALL),
        (ALICE, "sandbox/bob/x", ""),
        (ALICE, "base/debian", "pull"),
        (BOB, "web/app", "pull,push"),
        (BOB, "web/release/app", "pull"),
        (BOB, "sandbox/bob/x", ALL),
        (CAROL, "web/app", ""),
        (person("mallory"), "legacy/a", "pull"),
        (person("mallory"), "sandbox/mallory", ""),
        (robot("ci-platform", "team-platform"), "platform/app", "pull,push"),
        (robot("ci-platform", "team-platform"), "sandbox/ci-platform/x", ""),
    ],
)
def test_the_sample_company(sample: RuleSet, subject: Persona | None, name: str, actions: str) -> None:
    """The rules that the documentation explains mean what it says."""
    assert may(sample, subject, name) == actions


def test_the_default_is_deny() -> None:
    """Without a rule nobody may do anything."""
    assert granted(rule_set(""), ALICE, "repository:a:pull,push,delete,*", "registry:catalog:*") == []


def test_what_was_not_asked_is_not_granted() -> None:
    """A request is never widened."""
    rules = one_rule("everyone: true", "repositories: ['**']", "allow: ['*']")
    assert granted(rules, ALICE, "repository:a:pull") == ["repository:a:pull"]
    assert granted(rules, ALICE, "repository:a:push") == ["repository:a:push"]
    assert granted(rules, ALICE) == []


def test_entries_follow_the_request_and_actions_are_sorted() -> None:
    """The token of a request is the same whenever it is made."""
    rules = one_rule("everyone: true", "repositories: ['**']", "allow: ['*']")
    asked = ("repository:z:push,pull", "repository:a:delete", "repository:m:pull")
    assert granted(rules, None, *asked) == [
        "repository:z:pull,push",
        "repository:a:delete",
        "repository:m:pull",
    ]


def test_rights_add_up() -> None:
    """What several rules and groups allow is allowed together."""
    rules = rule_set("""
        - {id: one, groups: [a], repositories: [x], allow: [pull]}
        - {id: two, groups: [b], repositories: ["*"], allow: [delete]}
    """)
    assert may(rules, person("p", "a"), "x") == "pull"
    assert may(rules, person("p", "b"), "x") == "delete"
    assert may(rules, person("p", "a", "b"), "x") == "delete,pull"


@pytest.mark.parametrize("order", [("deny", "allow"), ("allow", "deny")])
def test_deny_wins_in_any_order(order: tuple[str, str]) -> None:
    """A deny takes away wherever it stands, and however broad or narrow it is."""
    for one, other in (("['**']", "[x]"), ("[x]", "['**']")):
        rules = rule_set(f"""
            - {{id: one, everyone: true, repositories: {one}, {order[0]}: ['*']}}
            - {{id: two, everyone: true, repositories: {other}, {order[1]}: ['*']}}
        """)
        assert may(rules, ALICE, "x") == ""


def test_push_includes_pull() -> None:
    """A push without pull is useless to every registry."""
    rules = one_rule("everyone: true", "repositories: [x]", "allow: [push]")
    assert may(rules, None, "x") == "pull,push"


def test_denying_pull_denies_push() -> None:
    """And leaves delete, which stands alone."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: ["*"]}
        - {id: none, everyone: true, repositories: [x], deny: [pull]}
    """)
    assert may(rules, None, "x") == "delete"
    assert granted(rules, None, "repository:x:push") == []


def test_denying_push_leaves_pull() -> None:
    """A deny takes what it names and what needs it, nothing else."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: ["*"]}
        - {id: none, everyone: true, repositories: [x], deny: [push]}
    """)
    assert may(rules, None, "x") == "delete,pull"


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ("['*']", "repository:x:*,delete,pull,push"),
        ("[pull, push, delete]", "repository:x:*,delete,pull,push"),
        ("[push, delete]", "repository:x:*,delete,pull,push"),
        ("[push]", "repository:x:pull,push"),
        ("[delete]", "repository:x:delete"),
    ],
)
def test_a_star_that_is_asked(allowed: str, expected: str) -> None:
    """It asks for every single action, and is granted itself only where all are."""
    rules = one_rule("everyone: true", "repositories: [x]", f"allow: {allowed}")
    assert granted(rules, None, "repository:x:*") == [expected]


def test_a_denied_star() -> None:
    """One denied action keeps the star back."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: ["*"]}
        - {id: none, everyone: true, repositories: [x], deny: [delete]}
    """)
    assert granted(rules, None, "repository:x:*") == ["repository:x:pull,push"]


def test_a_denied_star_is_everything() -> None:
    """`deny: ["*"]` leaves nothing of a repository."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: ["*"]}
        - {id: none, everyone: true, repositories: [x], deny: ["*"]}
    """)
    assert granted(rules, None, "repository:x:*,pull") == []


def test_the_catalog() -> None:
    """Only a rule on the catalog grants it, with the literal star."""
    rules = one_rule("groups: [auditors]", "catalog: true", "allow: ['*']")
    assert granted(rules, CAROL, "registry:catalog:*") == ["registry:catalog:*"]
    assert granted(rules, CAROL, "repository:catalog:pull") == []
    assert granted(rules, BOB, "registry:catalog:*") == []
    everything = one_rule("everyone: true", "repositories: ['**']", "allow: ['*']")
    assert granted(everything, CAROL, "registry:catalog:*") == []


def test_the_catalog_denied() -> None:
    """A deny on the catalog wins there, and touches no repository."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: ["**"], catalog: true, allow: ["*"]}
        - {id: none, groups: [contractors], catalog: true, deny: ["*"]}
    """)
    assert granted(rules, BOB, "registry:catalog:*", "repository:a:pull") == ["repository:a:pull"]
    assert granted(rules, CAROL, "registry:catalog:*") == ["registry:catalog:*"]


def test_everyone_and_authenticated() -> None:
    """`everyone` is anonymous people too; `authenticated` is people and robots that signed in."""
    everyone = one_rule("everyone: true", "repositories: [x]")
    authenticated = one_rule("authenticated: true", "repositories: [x]")
    assert [may(everyone, who, "x") for who in (None, ALICE, robot())] == ["pull"] * 3
    assert [may(authenticated, who, "x") for who in (None, ALICE, robot())] == ["", "pull", "pull"]


def test_any_of_who_is_enough() -> None:
    """A rule is for whoever any part of it names."""
    rules = one_rule("groups: [a], users: [u], robots: [r]", "repositories: [x]")
    subjects = (person("p", "a"), person("u"), robot("r"), person("p"), None)
    assert [may(rules, who, "x") for who in subjects] == [
        "pull", "pull", "pull", "", ""
    ]  # fmt: skip


def test_people_and_robots_do_not_meet() -> None:
    """`users` are people, `robots` are robots, whatever they are called."""
    users = one_rule("users: ['*']", "repositories: [x]")
    robots = one_rule("robots: ['*']", "repositories: [x]")
    assert (may(users, person("ci"), "x"), may(users, robot("ci"), "x")) == ("pull", "")
    assert (may(robots, person("ci"), "x"), may(robots, robot("ci"), "x")) == ("", "pull")
    assert may(robots, person("robot$ci"), "x") == ""


def test_captures_of_users_and_robots() -> None:
    """A variable captures a piece of a person's or robot's name as of a group's."""
    rules = rule_set("""
        - {id: people, users: ["ext-{firm}-*"], repositories: ["{firm}/**"], allow: [pull]}
        - {id: machines, robots: ["ci-{team}"], repositories: ["{team}/**"], allow: [push]}
    """)
    assert may(rules, person("ext-acme-bob"), "acme/x") == "pull"
    assert may(rules, person("ext-acme-bob"), "other/x") == ""
    assert may(rules, robot("ci-web"), "web/x") == "pull,push"


def test_each_group_captures_for_itself() -> None:
    """What one group captures is not mixed with what another does."""
    rules = one_rule("groups: ['{env}-{team}']", "repositories: ['{env}/{team}/**']")
    somebody = person("p", "prod-web", "test-ops")
    assert may(rules, somebody, "prod/web/x") == "pull"
    assert may(rules, somebody, "test/ops/x") == "pull"
    assert may(rules, somebody, "prod/ops/x") == ""


def test_a_group_called_like_a_pattern() -> None:
    """Whoever may name groups gains the namespace of that literal name and no other."""
    rules = one_rule("groups: ['team-{team}']", "repositories: ['{team}/**']")
    for name in ("team-*", "team-**", "team-.*", "team-{x}", "team-a|b", "team-?"):
        assert may(rules, person("p", name), "web/x") == ""


def test_the_own_name() -> None:
    """`{username}` is bound for people without any capture, and for nobody else."""
    rules = one_rule("everyone: true", "repositories: ['sandbox/{username}/**']")
    assert may(rules, person("alice"), "sandbox/alice/x") == "pull"
    assert may(rules, None, "sandbox/x/x") == ""
    assert may(rules, person("a/b"), "sandbox/a/b/x") == ""
    assert may(rules, person("*"), "sandbox/alice/x") == ""
    assert may(rules, person("zoë"), "sandbox/zoë/x") == ""


def test_the_own_group() -> None:
    """`{username}` in a group is the subject's name, not a capture."""
    rules = one_rule("groups: ['{username}-friends']", "repositories: [x]")
    assert may(rules, person("alice", "alice-friends"), "x") == "pull"
    assert may(rules, person("alice", "bob-friends"), "x") == ""


@pytest.mark.parametrize("name", ["\u01f0ohn", "alice  b", "straße"])
def test_a_deny_for_a_person_of_an_odd_name(name: str) -> None:
    """A name that folds in an odd way cannot be used to get around a deny."""
    rules = rule_set(f"""
        - {{id: all, everyone: true, repositories: [x], allow: [pull]}}
        - {{id: none, users: ["{name}"], repositories: [x], deny: [pull]}}
    """)
    assert may(rules, person(canonical(name)), "x") == ""


def test_groups_by_name_and_by_dn() -> None:
    """A rule by name goes by the name, a rule by DN by the DN, in whatever spelling."""
    by_name = one_rule("groups: [Admins]", "repositories: [x]")
    by_dn = one_rule("groups: ['CN=Admins, OU=Groups, DC=x']", "repositories: [x]")
    one, other = person("p", "cn=admins,ou=groups,dc=x"), person("p", "cn=admins,ou=evil,dc=x")
    assert (may(by_name, one, "x"), may(by_name, other, "x")) == ("pull", "pull")
    assert (may(by_dn, one, "x"), may(by_dn, other, "x")) == ("pull", "")
    assert may(by_dn, person("p", "admins"), "x") == ""


def test_captures_of_a_dn() -> None:
    """A variable of a DN is a whole value; one that is no component owns nothing."""
    rules = one_rule("groups: ['cn={role},ou={team},dc=x']", "repositories: ['{team}/{role}/**']")
    assert may(rules, person("p", "CN=Dev,OU=Web,DC=x"), "web/dev/a") == "pull"
    assert may(rules, person("p", "cn=a/b,ou=web,dc=x"), "web/a/b/c") == ""


def _ambiguous(*names: str) -> Persona:
    groups = tuple(dataclasses.replace(NamedGroup.parse(name), ambiguous=True) for name in names)
    return Persona("p", groups)


def test_an_ambiguous_name_grants_nothing() -> None:
    """A name that two groups share proves no membership; the DN still does."""
    somebody = _ambiguous("cn=admins,ou=a,dc=x", "cn=admins,ou=b,dc=x")
    assert may(one_rule("groups: [admins]", "repositories: [x]"), somebody, "x") == ""
    assert may(one_rule("groups: ['{g}']", "repositories: [x]"), somebody, "x") == ""
    assert may(one_rule("groups: ['cn=admins,ou=a,dc=x']", "repositories: [x]"), somebody, "x") == "pull"


def test_an_ambiguous_name_still_takes_away() -> None:
    """A deny by such a name applies, or a second group of the name would undo it."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: [pull]}
        - {id: none, groups: [contractors], repositories: [x], deny: [pull]}
    """)
    assert may(rules, _ambiguous("cn=contractors,ou=a,dc=x"), "x") == ""


# conditions


def test_services() -> None:
    """A rule for some services says nothing on others; names are compared exactly."""
    rules = one_rule("everyone: true", "repositories: [x]", when="services: [one, Two]")
    assert [may(rules, None, "x", service=name) for name in ("one", "Two", "two", "", "three")] == [
        "pull", "pull", "", "", ""
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.20.0.1", True),
        ("10.20.255.255", True),
        ("10.21.0.0", False),
        ("::ffff:10.20.0.1", True),
        ("::ffff:0a14:0001", True),
        ("::ffff:10.21.0.1", False),
        ("::10.20.0.1", False),
        ("2001:db8:20::7", True),
        ("2001:DB8:20:0::7", True),
        ("2001:db8:21::7", False),
        ("192.0.2.5", True),
        ("192.0.2.6", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("localhost", False),
        ("10.20.0.1, 10.21.0.1", False),
        ("10.20.0.1:443", False),
        ("010.020.0.1", False),
        ("10.20.0.1\n", False),
    ],
)
def test_networks(address: str, *, inside: bool) -> None:
    """An address is in a network of either family, IPv4 also where it is written as IPv6."""
    when = "networks: [10.20.0.0/16, '2001:db8:20::/48', 192.0.2.5]"
    rules = one_rule("everyone: true", "repositories: [x]", when=when)
    assert may(rules, None, "x", address=address) == ("pull" if inside else "")


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("when", "moment", "holds"),
    [
        ("from: 2026-03-01", "2026-02-28T23:59:59.999999", False),
        ("from: 2026-03-01", "2026-03-01T00:00:00", True),
        ("until: 2026-12-31", "2026-12-31T23:59:59.999999", True),
        ("until: 2026-12-31", "2027-01-01T00:00:00", False),
        ("until: 2026-12-31T18:00:00Z", "2026-12-31T17:59:59", True),
        ("until: 2026-12-31T18:00:00Z", "2026-12-31T18:00:00", False),
        ("until: 2026-12-31T18:00:00+02:00", "2026-12-31T16:00:00", False),
        ("from: 2026-12-31T18:00:00-02:00", "2026-12-31T19:59:59", False),
        ("from: 2026-03-01, until: 2026-03-01", "2026-03-01T12:00:00", True),
        ("until: 9999-12-31", "9999-12-31T23:59:59", True),
        ("from: 0001-01-01", "0001-01-01T00:00:00", True),
    ],
)
def test_times(when: str, moment: str, *, holds: bool) -> None:
    """A date is its whole day in UTC, a time is a moment; `from` is in it, the end of `until` is not."""
    rules = one_rule("everyone: true", "repositories: [x]", when=when)
    assert may(rules, None, "x", now=_at(moment)) == ("pull" if holds else "")


@pytest.mark.parametrize(
    ("attributes", "holds"),
    [
        ({"employeetype": ["internal"]}, True),
        ({"employeetype": ["temp", "INTERNAL "]}, True),
        ({"employeetype": ["Apprentice  2"]}, True),
        ({"employeetype": ["external"]}, False),
        ({"employeetype": []}, False),
        ({}, False),
    ],
)
def test_attributes(attributes: dict[str, list[str]], *, holds: bool) -> None:
    """One of an attribute's values is among the accepted ones, without regard to case and blanks."""
    when = "attributes: {employeeType: [Internal, apprentice 2]}"
    rules = one_rule("authenticated: true", "repositories: [x]", when=when)
    assert may(rules, person("p", attributes=attributes), "x") == ("pull" if holds else "")


def test_attributes_of_nobody() -> None:
    """Anonymous people and robots have no attributes, so such a rule never applies to them."""
    rules = one_rule("everyone: true", "repositories: [x]", when="attributes: {a: ['1']}")
    assert may(rules, None, "x") == ""
    assert may(rules, robot(), "x") == ""


def test_all_conditions_must_hold() -> None:
    """One that does not is enough for the rule to say nothing."""
    when = "services: [s], networks: [10.0.0.0/8], from: 2026-01-01, until: 2026-12-31"
    rules = one_rule("everyone: true", "repositories: [x]", when=when)
    good = {"service": "s", "address": "10.0.0.1", "now": NOW}
    assert may(rules, None, "x", **good) == "pull"
    for change in (
        {"service": "t"},
        {"address": "11.0.0.1"},
        {"now": _at("2027-06-01")},
        {"now": _at("2025-06-01")},
    ):
        assert may(rules, None, "x", **{**good, **change}) == ""


def test_a_deny_with_a_condition() -> None:
    """A deny whose condition does not hold takes nothing away."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: [pull]}
        - {id: office-only, everyone: true, repositories: [x], deny: [pull], when: {networks: [10.0.0.0/8]}}
    """)
    assert may(rules, None, "x", address="10.0.0.1") == ""
    assert may(rules, None, "x", address="192.0.2.1") == "pull"


def test_a_robot_is_known_by_what_it_is_and_not_by_its_name() -> None:
    """A person whose name begins as robots' names do is nobody whom a rule names without the prefix."""
    rules = one_rule("users: [ci], robots: [ci]", "repositories: [x]")
    assert may(rules, robot("ci"), "x") == "pull"
    assert may(rules, Persona("robot$ci"), "x") == ""
    assert may(one_rule("robots: [ci]", "repositories: [x]"), person("ci"), "x") == ""


@pytest.mark.parametrize(
    ("condition", "lack"), [("networks: [10.0.0.0/8]", "network"), ("services: [s]", "service")]
)
def test_a_deny_applies_where_its_condition_cannot_be_checked(condition: str, lack: str) -> None:
    """The reason says what was not known; an allow on the same condition does not apply."""
    rules = rule_set(f"""
        - {{id: all, everyone: true, repositories: [x], allow: [pull]}}
        - {{id: none, everyone: true, repositories: [x], deny: [pull], when: {{{condition}}}}}
    """)
    made = decision(rules, None, "repository:x:pull", service="", address="")
    assert made.access == ()
    (denied,) = made.resources[0].outcomes[0].denied_by
    assert (denied.rule, denied.unknown, str(denied)) == ("none", (lack,), f"everyone, {lack} not known")
    allow = one_rule("everyone: true", "repositories: [x]", when=condition)
    assert may(allow, None, "x", service="", address="") == ""


def test_many_scopes_and_many_rules_that_begin_with_a_wildcard() -> None:
    """A hundred scopes are held to the rules near each, not to every rule: whoever asks costs little."""
    patterns = ("['*/app{n}/**']", "['*-{n}/**']", "['**/x{n}*']")
    lines = [
        f"- {{id: r{n}, groups: [g], repositories: {patterns[n % 3].replace('{n}', str(n))}, allow: [pull]}}"
        for n in range(2_000)
    ]
    rules = rule_set("\n".join(lines))
    asked = [f"repository:t-{n}/app{n}/x{n}y:pull" for n in range(100)]
    somebody = person("bob", "g")
    made = decision(rules, somebody, *asked)
    assert all(resource.outcomes[0].granted for resource in made.resources)
    assert lines_run(lambda: decision(rules, somebody, *asked)) < 100_000  # of two hundred thousand pairs


# reasons


def test_the_order_of_the_reasons() -> None:
    """The rules in their order in the file; one rule by what made it apply, then by what it captured."""
    rules = rule_set("""
        - {id: z, everyone: true, repositories: ["*/app"], allow: [pull]}
        - {id: b, groups: ["{x}-{y}", "*"], authenticated: true, repositories: ["*/app"], allow: [pull]}
        - {id: a, everyone: true, repositories: ["*/app"], allow: [pull]}
    """)
    made = decision(rules, person("bob", "team-web", "a-b"), "repository:web/app:pull")
    assert [
        (one.rule, str(one.through), one.captures) for one in made.resources[0].outcomes[0].allowed_by
    ] == [
        ("z", "everyone", ()),
        ("b", "authenticated", ()),
        ("b", "group a-b", ()),
        ("b", "group a-b", (("x", "a"), ("y", "b"))),
        ("b", "group team-web", ()),
        ("b", "group team-web", (("x", "team"), ("y", "web"))),
        ("a", "everyone", ()),
    ]


def test_the_reasons() -> None:
    """Each action carries the rules that allowed and denied it, where they stand, and through what."""
    rules = rule_set("""
        - {id: teams, groups: ["team-{team}"], repositories: ["{team}/**"], allow: [push]}
        - {id: freeze, everyone: true, repositories: ["web/**"], deny: [push]}
    """)
    made = decision(rules, person("bob", "team-web"), "repository:web/app:pull,push,delete")
    teams = Cause(
        "teams",
        Position("rules.yaml", 3, 5),
        Effect.ALLOW,
        Through(WhoKind.GROUP, "team-web"),
        (("team", "web"),),
    )
    freeze = Cause("freeze", Position("rules.yaml", 4, 5), Effect.DENY, Through(WhoKind.EVERYONE), ())
    delete, pull, push = made.resources[0].outcomes
    assert (delete.action, delete.granted, delete.allowed_by, delete.denied_by) == ("delete", False, (), ())
    assert (pull.action, pull.granted, pull.allowed_by, pull.denied_by) == ("pull", True, (teams,), ())
    assert (push.action, push.granted, push.allowed_by, push.denied_by) == (
        "push",
        False,
        (teams,),
        (freeze,),
    )


def test_the_rules_of_a_decision() -> None:
    """Every rule that spoke is named once; those that only could have are not."""
    rules = rule_set("""
        - {id: b, everyone: true, repositories: ["*"], allow: [pull]}
        - {id: a, authenticated: true, repositories: ["*"], deny: [pull]}
        - {id: c, everyone: true, repositories: ["*"], allow: [delete]}
    """)
    assert decision(rules, ALICE, "repository:x:pull", "repository:y:pull").rules == ("a", "b")
    assert decision(rules, ALICE, "repository:x/y:pull").rules == ()


@pytest.mark.parametrize(
    ("who", "subject", "through"),
    [
        ("everyone: true", None, "everyone"),
        ("authenticated: true", ALICE, "authenticated"),
        ("users: ['al*']", ALICE, "user alice"),
        ("robots: [ci]", robot("ci"), "robot ci"),
        ("groups: ['*']", person("p", "Admins"), "group admins"),
        ("groups: ['cn=a,dc=x']", person("p", "CN=A,DC=x"), "group cn=a,dc=x"),
    ],
)
def test_how_a_rule_applied(who: str, subject: Persona | None, through: str) -> None:
    """A reason names the membership, name or word through which the rule applied."""
    made = decision(one_rule(who, "repositories: [x]"), subject, "repository:x:pull")
    assert [str(cause.through) for cause in made.resources[0].outcomes[0].allowed_by] == [through]


def test_the_reasons_of_a_star() -> None:
    """It carries those of every single action."""
    rules = rule_set("""
        - {id: a, everyone: true, repositories: [x], allow: [push]}
        - {id: b, everyone: true, repositories: [x], deny: [delete]}
    """)
    star = decision(rules, None, "repository:x:*").resources[0].outcomes[0]
    assert star.action == "*"
    assert [cause.rule for cause in star.allowed_by] == ["a"]
    assert [cause.rule for cause in star.denied_by] == ["b"]


def test_the_version(tmp_path: Path) -> None:
    """A decision carries the hash of the content that decided."""
    file = tmp_path / "rules.yaml"
    file.write_text("version: 1\n")
    rules = load.load(file, NOW)
    assert decision(rules, None, "repository:x:pull").rules_version == rules.version


def test_a_group_without_a_dn() -> None:
    """A group that is in no directory is matched by its name alone."""
    somebody = Persona("p", (NamedGroup("admins", None),))
    assert may(one_rule("groups: [admins]", "repositories: [x]"), somebody, "x") == "pull"
    assert dn.parse("cn=admins") is not None


def _in_unread(text: str, name: str = "c++") -> Persona:
    return Persona("p", (NamedGroup(name, dn.of_server(text)),))


ODD = [_in_unread("cn=C++,ou=groups,dc=x"), _in_unread("cn=#0401ff,ou=groups,dc=x")]


@pytest.mark.parametrize("somebody", ODD)
@pytest.mark.parametrize("group", ["cn=other,ou=groups,dc=x", "cn={g},ou=groups,dc=x"])
def test_a_group_whose_dn_cannot_be_compared_is_allowed_nothing_by_dn(somebody: Persona, group: str) -> None:
    """Nobody can know whether it is that one; its name still works."""
    assert may(one_rule(f"groups: ['{group}']", "repositories: [x]"), somebody, "x") == ""
    assert may(one_rule("groups: ['C++']", "repositories: [x]"), somebody, "x") == "pull"


@pytest.mark.parametrize("somebody", ODD)
@pytest.mark.parametrize(
    ("group", "repositories", "left"),
    [
        ("cn=other,ou=groups,dc=x", "[x]", ""),
        ("cn=other,ou=groups,dc=x", "['y/**']", "pull"),
        ("cn={g},ou=groups,dc=x", "['**']", ""),
        ("cn={g},ou={o},dc=x", "['{g}/x', x]", ""),
    ],
)
def test_a_deny_by_dn_applies_where_the_dn_cannot_be_compared(
    somebody: Persona, group: str, repositories: str, left: str
) -> None:
    """It may be the one that is meant."""
    rules = rule_set(f"""
        - {{id: all, everyone: true, repositories: ['**'], allow: [pull]}}
        - {{id: none, groups: ['{group}'], repositories: {repositories}, deny: [pull]}}
    """)
    assert may(rules, somebody, "x") == left


def test_a_deny_whose_captures_nobody_knows_denies_what_it_may_mean() -> None:
    """All that begins like its repositories; the reason names the group."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: ['**'], allow: [pull]}
        - {id: none, groups: ['cn={g},ou=groups,dc=x'], repositories: ['team/{g}/**'], deny: [pull]}
    """)
    somebody = _in_unread("cn=C++,ou=groups,dc=x")
    assert may(rules, somebody, "team/any/thing") == ""
    assert may(rules, somebody, "other/any/thing") == "pull"
    (resource,) = decision(rules, somebody, "repository:team/any/thing:pull").resources
    assert [str(cause.through) for cause in resource.outcomes[0].denied_by] == ["group cn=c++,ou=groups,dc=x"]


def test_what_was_decided_before_is_not_worked_out_again() -> None:
    """A subject that is remembered is decided in a fraction of the work, with reasons and all."""
    rules = rule_set("\n".join(
        f"  - {{id: r{number}, groups: ['team-{{x}}'], repositories: ['{{x}}/**'], allow: [pull]}}"
        for number in range(20)
    ))  # fmt: skip
    subject = person("alice", *(f"team-{number}" for number in range(20)))
    first = lines_run(lambda: decision(rules, subject, "repository:7/app:pull"))
    again = lines_run(lambda: decision(rules, subject, "repository:7/app:pull"))
    assert again < first / 5


def test_a_condition_is_looked_at_each_time() -> None:
    """What is kept of a subject does not outlast the hour in which a rule holds."""
    rules = one_rule("everyone: true", "repositories: ['**']", when="until: 2026-02-01")
    subject = person("alice")
    assert granted(rules, subject, "repository:a:pull") == ["repository:a:pull"]
    later = datetime(2026, 3, 1, tzinfo=UTC)
    assert granted(rules, subject, "repository:a:pull", now=later) == []
    assert granted(rules, subject, "repository:a:pull") == ["repository:a:pull"]


@pytest.mark.parametrize(
    "who",
    [
        "users: ['{username}']",
        "groups: ['{username}-team']",
        "groups: ['cn={username},ou=own,dc=x']",
        "all_groups: ['{username}-team', staff]",
        "all_groups: ['cn={username},ou=own,dc=x', staff]",
    ],
)
def test_the_own_name_in_every_way_to_be_meant(who: str) -> None:
    """`{username}` is compared with the name of whoever asks, in names and in DNs."""
    own = ("cn=alice-team,ou=groups,dc=x", "cn=alice,ou=own,dc=x", "staff")
    rules = one_rule(who, "repositories: [x]")
    assert may(rules, person("alice", *own), "x") == "pull"
    if not who.startswith("users"):
        assert may(rules, person("bob", *own), "x") == ""


def test_the_reason_names_an_attribute_that_was_not_read() -> None:
    """A deny on it applies, and says so."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: [x], allow: [pull]}
        - {id: none, everyone: true, repositories: [x], deny: [pull], when: {attributes: {l: [rome]}}}
    """)
    made = decision(rules, Persona("alice", others=None), "repository:x:pull")
    (denied,) = made.resources[0].outcomes[0].denied_by
    assert denied.unknown == ("attribute",)


def test_captures_that_are_not_known_beside_patterns_that_need_none() -> None:
    """Only a pattern with a variable that is not known may mean anything; the others mean what they say."""
    rules = rule_set("""
        - {id: all, everyone: true, repositories: ['**'], allow: [pull]}
        - id: none
          groups: ['cn={g},ou=groups,dc=x']
          repositories: [plain, '{username}/x', 't/{g}']
          deny: [pull]
    """)
    somebody = _in_unread("cn=C++,ou=groups,dc=x")
    found = {name: may(rules, somebody, name) for name in ("plain", "plainer", "p/x", "q/x", "t/y")}
    assert found == {"plain": "", "plainer": "pull", "p/x": "", "q/x": "pull", "t/y": ""}
    own = one_rule("groups: ['t-{g}']", "repositories: ['{username}/{g}']")
    assert may(own, person("alice", "t-x"), "alice/x") == "pull"
    assert may(own, person("alice", "t-x"), "alice/y") == ""
