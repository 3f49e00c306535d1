"""What may be wrong with rules that load and pass their tests."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import Fault, Position
from app.rules.file import load
from app.rules.file.load import Written
from app.rules.file.paths import FileText
from app.rules.review.lint.finding import Name
from app.rules.review.lint.lint import lint
from tests.support.tools import REPOSITORY
from tests.support.work import lines_run

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SECRET = f"sha256:{'0' * 64}"


def written(text: str) -> Written:
    """Compile the items of `rules:`, or a whole file."""
    text = textwrap.dedent(text).strip("\n")
    if not text.startswith("version:"):
        text = f"version: 1\nrules:\n{textwrap.indent(text, '  ')}"
    return load.compiled([FileText("rules.yaml", text + "\n")])


def warnings(text: str, **known: object) -> list[str]:
    """Return the warnings, each as its name and what it is about."""
    return [f"{one.name} {one.about}" for one in lint(written(text), NOW, **known)]  # type: ignore[arg-type]


def rule(*parts: str, id_: str = "a") -> str:
    """Write one rule."""
    return f"- {{id: {id_}, {', '.join(parts)}}}\n"


WHO, WHAT, PULL = "groups: [team-web]", "repositories: ['web/**']", "allow: [pull]"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (rule(WHO, WHAT, PULL), []),
        (rule("everyone: true", WHAT, PULL), []),
        (rule("everyone: true", WHAT, "allow: [push]"), ["anyone-can-change"]),
        (rule("everyone: true", WHAT, "allow: [delete]"), ["anyone-can-change"]),
        (rule("everyone: true", WHAT, "deny: [push, delete]"), []),
        (rule("authenticated: true", WHAT, "allow: [push]"), []),
        (rule(WHO, "repositories: ['**']", PULL), ["all-repositories"]),
        (rule(WHO, "repositories: ['*/**']", PULL), []),
        (rule(WHO, "repositories: ['**']", "deny: [push]"), []),
        (rule(WHO, WHAT, "allow: ['*']"), ["star-action"]),
        (rule(WHO, WHAT, "deny: ['*']"), []),
        (rule(WHO, "catalog: true", "allow: ['*']"), []),
        (rule("groups: ['{team}']", "repositories: ['{team}/**']", PULL), ["broad-variable"]),
        (rule("groups: ['*-{team}']", "repositories: ['{team}/**']", PULL), ["broad-variable"]),
        (rule("groups: ['team-{team}']", "repositories: ['{team}/**']", PULL), []),
        (rule("groups: ['cn={team},ou=teams,dc=x']", "repositories: ['{team}/**']", PULL), []),
        (rule("users: ['{x}']", "repositories: ['people/{x}/**']", PULL), ["broad-variable"]),
        (rule("groups: ['{team}']", WHAT, PULL), []),
        (rule("groups: ['{team}']", "repositories: ['{team}/**']", "deny: [pull]"), []),
        (rule("authenticated: true", "repositories: ['{username}/**']", PULL), ["broad-variable"]),
        (rule("authenticated: true", "repositories: ['people/{username}/**']", PULL), []),
        (rule("authenticated: true", WHO, WHAT, PULL), ["widened-who"]),
        (rule("everyone: true", "users: [bob]", WHAT, PULL), ["widened-who"]),
        (rule("everyone: true", "authenticated: true", WHAT, PULL), ["widened-who"]),
        (
            rule("groups: ['team-{t}']", "users: [bob]", "repositories: ['{t}/**']", PULL),
            ["unbound-for-some"],
        ),
        (rule("groups: ['team-{t}']", "users: [bob]", "repositories: ['{t}/**', x]", PULL), []),
        (rule("robots: ['ci-*']", "repositories: ['x/{username}']", PULL), ["never-applies"]),
        (rule("robots: ['ci-*']", WHAT, PULL, "when: {attributes: {l: [x]}}"), ["never-applies"]),
        (rule(WHO, "repositories: ['registry.example.com/web']", PULL), ["host-in-name"]),
        (rule(WHO, "repositories: ['registry.example.com:5000/web/**']", PULL), ["host-in-name"]),
        (rule(WHO, "repositories: ['localhost/web']", PULL), ["host-in-name"]),
        (rule(WHO, "repositories: ['web.1/app', 'v1.2/*', example.com]", PULL), []),
        (rule(WHO, WHAT, PULL, "when: {until: 2026-05-31}"), ["expired"]),
        (rule(WHO, WHAT, PULL, "when: {until: 2026-06-01}"), ["expires-soon"]),
        (rule(WHO, WHAT, PULL, "when: {until: 2026-06-30}"), ["expires-soon"]),
        (rule(WHO, WHAT, PULL, "when: {until: 2026-07-01}"), []),
        (rule(WHO, WHAT, PULL, "when: {from: 2026-05-31}"), []),
        (rule("robots: [ci]", WHAT, PULL), ["unknown-robot"]),
        (rule("robots: ['ci-*']", WHAT, PULL), []),
    ],
)
def test_one_rule(text: str, names: list[str]) -> None:
    """What can be seen of a rule by itself."""
    assert warnings(text) == [f"{name} a" for name in names]


NARROW = "repositories: [web/app]"


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ((WHO, NARROW, PULL), (WHO, WHAT, PULL)),
        ((WHO, NARROW, PULL), (WHO, WHAT, "allow: [push]")),
        ((WHO, NARROW, PULL), ("everyone: true", WHAT, PULL)),
        ((WHO, NARROW, PULL), ("authenticated: true", WHAT, PULL)),
        (("authenticated: true", NARROW, PULL), ("everyone: true", WHAT, PULL)),
        ((WHO, NARROW, PULL), ("groups: ['team-*']", WHAT, PULL)),
        ((WHO, NARROW, PULL), ("groups: ['team-{t}']", "repositories: ['{t}/**']", PULL)),
        (
            ("groups: ['cn=web,dc=x']", NARROW, PULL),
            ("groups: ['CN={t},DC=x']", "repositories: ['{t}/*']", PULL),
        ),
        (
            ("groups: ['team-{a}']", "repositories: ['{a}/x']", PULL),
            ("groups: ['team-{b}']", "repositories: ['{b}/*']", PULL),
        ),
        (("groups: ['team-w*']", NARROW, PULL), ("groups: ['team-*']", WHAT, PULL)),
        (("users: [Bob]", NARROW, PULL), ("users: [bob, eve]", WHAT, PULL)),
        (
            ("users: [bob]", "repositories: [home/bob]", PULL),
            ("users: ['*']", "repositories: ['home/{username}']", PULL),
        ),
        (("robots: [ci-a]", NARROW, PULL), ("robots: ['ci-*']", WHAT, PULL)),
        (
            (WHO, NARROW, PULL, "when: {networks: [10.1.0.0/16]}"),
            (WHO, WHAT, PULL, "when: {networks: [10.0.0.0/8]}"),
        ),
        ((WHO, NARROW, PULL, "when: {until: 2026-08-01}"), (WHO, WHAT, PULL, "when: {until: 2026-09-01}")),
        ((WHO, NARROW, PULL, "when: {services: [a]}"), (WHO, WHAT, PULL, "when: {services: [a, b]}")),
        ((WHO, "repositories: ['web/*/x', web/y]", PULL), (WHO, "repositories: ['web/**', z]", PULL)),
        ((WHO, "catalog: true", "allow: ['*']"), ("authenticated: true", "catalog: true", "allow: ['*']")),
        ((WHO, NARROW, "deny: [push]"), (WHO, WHAT, "deny: [pull]")),
    ],
)
@pytest.mark.parametrize("narrow_first", [True, False])
def test_contained(narrow: tuple[str, ...], wide: tuple[str, ...], *, narrow_first: bool) -> None:
    """A rule that another makes superfluous, wherever it stands."""
    rules = [rule(*narrow, id_="n"), rule(*wide, id_="w")]
    found = warnings("".join(rules if narrow_first else rules[::-1]))
    assert "contained n" in found
    assert "contained w" not in found


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ((WHO, NARROW, PULL), (WHO, "repositories: ['ops/**']", PULL)),
        ((WHO, NARROW, "allow: [push]"), (WHO, WHAT, PULL)),
        ((WHO, NARROW, PULL), ("groups: [team-ops]", WHAT, PULL)),
        (("everyone: true", NARROW, PULL), ("authenticated: true", WHAT, PULL)),
        ((WHO, NARROW, PULL), (WHO, WHAT, PULL, "when: {services: [a]}")),
        ((WHO, NARROW, PULL), (WHO, WHAT, PULL, "when: {networks: [10.0.0.0/8]}")),
        ((WHO, NARROW, PULL), (WHO, WHAT, PULL, "when: {until: 2026-12-31}")),
        ((WHO, NARROW, PULL), (WHO, WHAT, PULL, "when: {attributes: {l: [x]}}")),
        ((WHO, "repositories: [web/app, ops/app]", PULL), (WHO, WHAT, PULL)),
        (("groups: [team-web, other]", NARROW, PULL), (WHO, WHAT, PULL)),
        ((WHO, NARROW, PULL), ("groups: ['team-{t}']", "repositories: ['x/{t}/**']", PULL)),
        ((WHO, "repositories: ['web/**']", PULL), (WHO, "repositories: ['web/*']", PULL)),
        ((WHO, NARROW, PULL), (WHO, WHAT, "deny: [push]")),
        ((WHO, "catalog: true", "allow: ['*']"), (WHO, WHAT, "allow: [pull, push, delete]")),
        ((WHO, "catalog: true", "allow: ['*']"), (WHO, "repositories: ['**']", "allow: ['*']")),
        (("users: [bob]", NARROW, PULL), ("robots: [bob]", WHAT, PULL)),
        (("groups: [bob]", NARROW, PULL), ("users: [bob]", WHAT, PULL)),
    ],
)
def test_not_contained(narrow: tuple[str, ...], wide: tuple[str, ...]) -> None:
    """A rule that adds something is not superfluous."""
    found = warnings(rule(*narrow, id_="n") + rule(*wide, id_="w"))
    assert not {"contained n", "denied n"} & set(found)


def test_equal_rules_are_told_once() -> None:
    """Of rules that mean the same, one is needed."""
    found = warnings("".join(rule(WHO, WHAT, PULL, id_=id_) for id_ in "abc"))
    assert sorted(found) == ["contained a", "contained b"]


def test_an_allow_that_a_deny_takes_all_from() -> None:
    """It says nothing; where the deny takes a part, or not always, it says something."""
    allow = rule(WHO, NARROW, "allow: [pull, push]", id_="n")
    assert warnings(allow + rule("everyone: true", WHAT, "deny: [pull]", id_="d")) == ["denied n"]
    assert warnings(allow + rule("everyone: true", WHAT, "deny: [push]", id_="d")) == []
    assert (
        warnings(allow + rule("everyone: true", WHAT, "deny: [pull]", "when: {services: [x]}", id_="d")) == []
    )


def test_a_rule_that_is_over_is_not_compared() -> None:
    """What has ended neither contains nor is contained."""
    past = "when: {until: 2026-01-01}"
    assert warnings(rule(WHO, NARROW, PULL, past, id_="n") + rule(WHO, WHAT, PULL, id_="w")) == ["expired n"]
    assert warnings(rule(WHO, NARROW, PULL, id_="n") + rule(WHO, WHAT, "deny: [pull]", past, id_="w")) == [
        "expired w"
    ]


@pytest.mark.parametrize(
    ("expires", "names"),
    [("2026-05-31", ["expired ci"]), ("2026-06-20", ["expires-soon ci"]), ("2027-01-01", [])],
)
def test_robots_that_expire(expires: str, names: list[str]) -> None:
    """A robot that can no longer log in, or soon not."""
    text = (
        f"version: 1\nrules:\n{rule(WHO, WHAT, PULL)}"
        f"robots: [{{name: ci, secrets: ['{SECRET}'], expires: {expires}}}]"
    )
    assert warnings(text) == names


@pytest.mark.parametrize("text", ["version: 1", "version: 1\nrules: []"])
def test_no_rules(text: str) -> None:
    """An emptied file loads, and takes everybody's rights: a warning says so."""
    (found,) = lint(written(text), NOW)
    assert (found.name, found.about) == (Name.NO_RULES, "rules.yaml")
    assert found.position == Position("rules.yaml")


def _with_tests(rules: str, *tests: str) -> str:
    listed = "\n".join(f"  - {{id: t{number}, {test}}}" for number, test in enumerate(tests))
    return f"version: 1\nrules:\n{textwrap.indent(rules, '  ')}tests:\n{listed}"


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("as: {user: bob, groups: [team-web]}, expect: {web/app: [pull]}", []),
        ("as: {anonymous: true}, expect: {web/app: []}", []),
        ("as: {anonymous: true}, expect: {wbe/app: []}", ["test-of-nothing t0"]),
        ("as: {anonymous: true}, expect: {catalog: [], ops/x: []}", ["test-of-nothing t0"]),
        ("as: {anonymous: true}, expect: {web/app: [], catalog: []}", []),
        ("as: {user: a}, expect: {exact: []}", []),
        ("as: {user: a}, expect: {any/release/x: []}", []),
    ],
)
def test_tests_of_nothing(test: str, names: list[str]) -> None:
    """A test that expects nothing where no rule could give anybody anything."""
    rules = (
        rule("groups: ['team-{t}']", "repositories: ['{t}/app', exact]", PULL, id_="r")
        + rule("groups: [team-web]", "repositories: ['web/**', '*/release/**']", PULL, id_="s")
    ).replace("{t}/app", "web-{t}/app")
    assert warnings(_with_tests(rules, test)) == names


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("as: {anonymous: true}, expect: {hot: [pull]}", ["test-without-time t0"]),
        ("as: {anonymous: true}, at: 2026-06-02, expect: {hot: [pull]}", []),
        ("as: {anonymous: true}, expect: {cold: [pull]}", []),
        ("as: {anonymous: true}, expect: {work: []}", ["test-without-time t0"]),
        ("as: {anonymous: true}, at: 2026-06-02, expect: {work: []}", []),
    ],
)
def test_tests_without_a_time(test: str, names: list[str]) -> None:
    """A test whose outcome depends on the day, and that says none."""
    rules = rule("everyone: true", "repositories: [hot]", PULL, "when: {until: 2026-12-31}", id_="h")
    rules += rule("everyone: true", "repositories: [cold]", PULL, id_="c")
    rules += rule(
        "everyone: true", "repositories: [work]", PULL, "when: {hours: Mon 08:00-09:00 UTC}", id_="w"
    )
    assert warnings(_with_tests(rules, test)) == names


def test_services_that_the_realm_does_not_have() -> None:
    """Told only where the realm is known."""
    text = rule(WHO, WHAT, PULL, "when: {services: [registry.exmple.com]}")
    assert warnings(text) == []
    assert warnings(text, services=["registry.example.com"]) == ["unknown-service a"]
    (found,) = lint(written(text), NOW, services=["registry.example.com"])
    assert found.hint == "did you mean 'registry.example.com'?"


def test_networks_where_no_request_has_an_address() -> None:
    """Told only where that is known; a deny does the opposite of an allow, and a robot cannot log in."""
    text = f"""
        version: 1
        robots:
          - {{name: ci, networks: [192.0.2.0/24], secrets: ["{SECRET}"]}}
        rules:
          - {{id: a, {WHO}, {WHAT}, {PULL}, when: {{networks: [192.0.2.0/24]}}}}
          - {{id: d, {WHO}, {WHAT}, deny: [push], when: {{networks: [192.0.2.0/24]}}}}
    """
    assert warnings(text) == []
    assert warnings(text, knows_addresses=False) == [f"unknown-address {each}" for each in ("ci", "a", "d")]
    ends = [one.text.rsplit(", ", 1)[1] for one in lint(written(text), NOW, knows_addresses=False)]
    assert ends == ["so it cannot log in", "so it never applies", "so it applies to requests from anywhere"]


class _Directory:
    def __init__(self, *names: str) -> None:
        self.names, self.asked = names, list[str]()

    def group_fault(self, name: str) -> Fault | None:
        self.asked.append(name)
        return None if name in self.names else Fault("which nobody has", "look for a typo")


def test_groups_that_the_directory_does_not_have() -> None:
    """Literal names and DNs are asked for, each once; patterns are not."""
    directory = _Directory("team-web", "cn=a,dc=x")
    text = rule("groups: [team-web, tema-web, 'cn=a,dc=x', 'cn=b,dc=x', 'team-*']", WHAT, PULL)
    text += rule("groups: [team-web]", "repositories: [x]", PULL, id_="b")
    found = lint(written(text), NOW, directory=directory)
    assert [one.text.split("'")[3] for one in found] == ["cn=b,dc=x", "tema-web"]
    assert {one.name for one in found} == {"unknown-group"}
    assert all("which nobody has" in one.text and one.hint == "look for a typo" for one in found)
    assert sorted(directory.asked) == ["cn=a,dc=x", "cn=b,dc=x", "team-web", "tema-web"]


def test_the_sample_is_clean() -> None:
    """What people copy from gives no warning."""
    sample = load.written(REPOSITORY / "deploy" / "demo" / "rules.yaml")
    assert lint(sample, NOW) == ()


def test_a_warning_names_its_place(tmp_path: Path) -> None:
    """It stands in the file like an error, with its name first."""
    file = tmp_path / "r.yaml"
    file.write_text(f"version: 1\nrules:\n  {rule('everyone: true', WHAT, 'allow: [push]')}")
    (found,) = lint(load.written(file), NOW)
    assert str(found.problem()) == (
        f"{file}:3:5: anyone-can-change: the rule 'a' allows push without a login"
        " (write 'authenticated: true', or name groups)"
    )


def test_the_work_grows_with_the_rules_and_not_with_their_square() -> None:
    """Four times the rules are about four times the work; for one group, for many, and for patterns."""

    def work(count: int) -> int:
        text = "".join(
            rule(
                who, f"repositories: ['ns{number}/**', 'shared/x{number}/*']", PULL, id_=f"r{number}-{index}"
            )
            for number in range(count)
            for index, who in enumerate(
                ("groups: [devs]", f"groups: [team-{number}]", f"groups: ['t{number}-{{x}}']")
            )
        )
        rules = written(text)
        return lines_run(lambda: lint(rules, NOW))

    assert work(400) < 5 * work(100)
