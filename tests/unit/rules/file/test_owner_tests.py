"""The tests that owners write into their rules."""

from __future__ import annotations

import pytest

from app.errors import ConfigurationError
from tests.unit.rules.given import problems_of, rule_set

RULES = """
- {id: base, everyone: true, repositories: ["base/**"], allow: [pull]}
- {id: teams, groups: ["team-{team}"], repositories: ["{team}/**"], allow: [push]}
- {id: admins, groups: ["cn=admins,ou=groups,dc=x"], repositories: ["**"], allow: ["*"]}
- {id: audit, groups: [auditors], catalog: true, allow: ["*"]}
- {id: office, authenticated: true, repositories: [office], allow: [pull], when: {networks: [10.0.0.0/8]}}
- {id: hot, everyone: true, repositories: [ice], allow: [pull], when: {from: 2026-06-01, until: 2026-08-31}}
- {id: one, authenticated: true, repositories: [one], allow: [pull], when: {services: [one]}}
- {id: staff, authenticated: true, repositories: [staff], allow: [pull], when: {attributes: {kind: [staff]}}}
"""
ROBOTS = f"""
robots:
  - {{name: ci, secrets: ['sha256:{"0" * 64}'], groups: [team-web]}}
  - name: far
    secrets: ['sha256:{"1" * 64}']
    groups: [team-web]
    networks: [10.30.0.0/16]
    expires: 2026-06-30
"""


def test_what_a_test_does_not_say_is_not_known() -> None:
    """A deny on a condition that it says nothing about applies, and the problem says why."""
    rules = """
- {id: base, everyone: true, repositories: [x], allow: [pull]}
- {id: guests, everyone: true, repositories: [x], deny: [pull], when: {networks: [10.0.0.0/8]}}
"""
    said = "tests: [{id: t, as: {anonymous: true}, from: 192.0.2.1, expect: {x: [pull]}}]"
    assert rule_set(rules, rest=said)
    unsaid = said.replace("from: 192.0.2.1, ", "")
    with pytest.raises(ConfigurationError) as caught:
        rule_set(rules, rest=unsaid)
    (problem,) = caught.value.problems
    assert problem.hint == "pull: denied by 'guests' (everyone, network not known)"


def _test(test: str) -> str:
    return f"{ROBOTS}tests:\n  - {{id: t, {test}}}\n"


@pytest.mark.parametrize(
    "test",
    [
        "as: {anonymous: true}, expect: {base/a: [pull], web/a: []}",
        "as: {user: bob}, expect: {base/a: [pull], web/a: []}",
        "as: {user: bob, groups: [team-web]}, expect: {web/a: [pull, push], ops/a: []}",
        "as: {user: Bob, groups: [Team-WEB]}, expect: {web/a: [push, pull]}",
        "as: {user: b, groups: ['CN=Admins,OU=Groups,DC=x']}, expect: {x: ['*'], y: [delete, pull, push]}",
        "as: {user: bob, groups: [admins]}, expect: {any: []}",
        "as: {user: bob, groups: [auditors]}, expect: {catalog: ['*']}",
        "as: {user: bob}, expect: {catalog: []}",
        "as: {robot: ci}, expect: {web/a: [pull, push]}",
        "as: {robot: robot$ci}, expect: {web/a: [pull, push]}",
        "as: {robot: far}, expect: {web/a: [pull, push]}",
        "as: {robot: far}, from: 10.30.0.1, at: 2026-06-30, expect: {web/a: [pull, push]}",
        "as: {robot: far}, from: 192.0.2.1, expect: {web/a: [], base/a: []}",
        "as: {robot: far}, at: 2026-07-01, expect: {web/a: []}",
        "as: {user: bob}, from: 10.1.2.3, expect: {office: [pull]}",
        "as: {user: bob}, from: '::ffff:10.1.2.3', expect: {office: [pull]}",
        "as: {user: bob}, from: 192.0.2.1, expect: {office: []}",
        "as: {user: bob}, expect: {office: []}",
        "as: {user: bob}, at: 2026-07-01, expect: {ice: [pull]}",
        "as: {user: bob}, at: 2026-08-31T23:59:59Z, expect: {ice: [pull]}",
        "as: {user: bob}, at: 2026-09-01, expect: {ice: []}",
        "as: {user: bob}, expect: {ice: []}",
        "as: {user: bob}, service: one, expect: {one: [pull]}",
        "as: {user: bob}, service: two, expect: {one: []}",
        "as: {user: bob, attributes: {Kind: [STAFF]}}, expect: {staff: [pull]}",
        "as: {user: bob, attributes: {kind: [guest]}}, expect: {staff: []}",
    ],
)
def test_what_holds(test: str) -> None:
    """A test passes where exactly what it expects is granted when everything is asked."""
    assert rule_set(RULES, rest=_test(test)).rules


@pytest.mark.parametrize(
    ("test", "problem"),
    [
        ("as: {anonymous: true}, expect: {base/a: []}", "test 't': base/a grants [pull], not []"),
        (
            "as: {anonymous: true}, expect: {base/a: [pull, push]}",
            "test 't': base/a grants [pull], not [pull, push]",
        ),
        (
            "as: {user: b, groups: [team-web]}, expect: {web/a: [push]}",
            "test 't': web/a grants [pull, push], not [push]",
        ),
        ("as: {anonymous: true}, expect: {x: ['*']}", "test 't': x grants [], not [delete, pull, push]"),
        ("as: {anonymous: true}, expect: {catalog: ['*']}", "test 't': catalog grants [], not [*]"),
        ("as: {anonymous: true}, expect: {Web: []}", "'Web' is no repository name"),
        ("as: {anonymous: true}, expect: {'web/*': []}", "'web/*' is no repository name"),
        ("as: {anonymous: true}, expect: {catalog: [pull]}", "the catalog knows the action '*' alone"),
        (
            "as: {anonymous: true, groups: [a]}, expect: {x: []}",
            "test 't': only a user has groups and attributes here",
        ),
        ("as: {user: robot$ci}, expect: {x: []}", "test 't': 'robot$ci' is a robot"),
        ("as: {}, expect: {x: []}", "test 't': 'as' names not exactly one subject"),
        ("as: {anonymous: false}, expect: {x: []}", "test 't': 'as' names not exactly one subject"),
        ("as: {user: a, robot: ci}, expect: {x: []}", "test 't': 'as' names not exactly one subject"),
        ("as: {user: a, anonymous: true}, expect: {x: []}", "test 't': 'as' names not exactly one subject"),
        ("as: {robot: cd}, expect: {x: []}", "test 't': there is no robot 'cd'"),
        ("as: {user: ''}, expect: {x: []}", "test 't': 'user' is empty"),
        ("as: {user: a}, from: 10.0.0.0/8, expect: {x: []}", "'10.0.0.0/8' is no address"),
        ("as: {user: a}, from: office, expect: {x: []}", "'office' is no address"),
        ("as: {user: a}, at: noon, expect: {x: []}", "'noon' is no date or time"),
        (
            "as: {user: a, groups: ['']}, expect: {x: []}",
            "'' is no group: a group's name cannot be empty",
        ),
    ],
)
def test_what_does_not_hold(test: str, problem: str) -> None:
    """A test that fails, or that would prove nothing, is a problem of the file."""
    assert problems_of(RULES, rest=_test(test)) == [problem]


def test_every_expectation_is_checked() -> None:
    """Each that fails is reported, not only the first."""
    assert (
        len(problems_of(RULES, rest=_test("as: {anonymous: true}, expect: {a: [pull], b: [], c: [pull]}")))
        == 2
    )
