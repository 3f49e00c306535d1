"""What entries of a rules file come to mean, and what they cannot mean."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest

from app import dn
from app.errors import Position
from app.rules.conditions import Conditions
from app.rules.decision import Effect
from app.rules.file import load
from app.rules.file.compile import expand
from app.rules.file.paths import FileText
from app.rules.networks import Network
from app.rules.persona import NamedGroup
from tests.unit.rules.given import NOW, problems_of, rule_set

HASH = "ab" * 32


@pytest.mark.parametrize(
    ("effect", "words", "actions"),
    [
        (Effect.ALLOW, ["pull"], {"pull"}),
        (Effect.ALLOW, ["push"], {"pull", "push"}),
        (Effect.ALLOW, ["delete"], {"delete"}),
        (Effect.ALLOW, ["*"], {"*", "pull", "push", "delete"}),
        (Effect.DENY, ["pull"], {"pull", "push"}),
        (Effect.DENY, ["push"], {"push"}),
        (Effect.DENY, ["delete"], {"delete"}),
        (Effect.DENY, ["*"], {"*", "pull", "push", "delete"}),
    ],
)
def test_what_words_mean(effect: Effect, words: list[str], actions: set[str]) -> None:
    """`*` is all; allowing push allows pull, denying pull denies push; delete stands alone."""
    assert expand(effect, words) == actions


@pytest.mark.parametrize(
    ("written", "network"),
    [
        ("10.20.0.0/16", "10.20.0.0/16"),
        ("10.20.0.7", "10.20.0.7/32"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
    ],
)
def test_networks(written: str, network: str) -> None:
    """A network, or one address."""
    rules = rule_set(
        f"- {{id: a, everyone: true, repositories: [x], allow: [pull], when: {{networks: ['{written}']}}}}"
    )
    assert rules.rules[0].when == Conditions((Network((ip_network(network),)),))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("10.20.0.1/16", "is no network"),
        ("10.20.0.0/33", "is no network"),
        ("10.20", "is no network"),
        ("10.20.0.0/16 ", "is no network"),
        ("", "is no network"),
        ("office", "is no network"),
        ("010.0.0.0/8", "is no network"),
        ("::ffff:10.20.0.0/112", "is IPv4 written as IPv6"),
        ("::ffff:10.20.0.7", "is IPv4 written as IPv6"),
        ("fe80::1%eth0", "has a zone"),
    ],
)
def test_no_networks(written: str, text: str) -> None:
    """What could never match a client, IPv4 in IPv6's clothes above all, is an error."""
    [found] = problems_of(
        f"- {{id: a, everyone: true, repositories: [x], deny: [pull], when: {{networks: ['{written}']}}}}"
    )
    assert text in found


def test_robots() -> None:
    """A robot has up to two secrets, groups, an expiry of which the day counts, and networks."""
    rules = rule_set(
        "",
        rest=f"""
        robots:
          - name: ci
            secrets: ["sha256:{HASH}", "sha256:{HASH[::-1]}"]
            groups: [Team-Web, "CN=Admins,DC=x"]
            expires: 2027-01-31
            networks: [10.30.0.0/16]
        """,
    )
    made = rules.robots["ci"]
    assert made.secret_hashes == (bytes.fromhex(HASH), bytes.fromhex(HASH[::-1]))
    assert made.expires == datetime(2027, 2, 1, tzinfo=UTC)
    assert made.networks == (ip_network("10.30.0.0/16"),)
    persona = made.persona()
    assert persona.name == "robot$ci"
    assert persona.is_robot
    assert persona.groups == (NamedGroup("team-web"), NamedGroup("admins", dn.parse("cn=admins,dc=x")))


@pytest.mark.parametrize(
    "secret", [HASH, "sha256:", f"sha256:{HASH}0", f"SHA256:{HASH}", f"sha256:{HASH.upper()}", "hunter2"]
)
def test_a_secret_is_a_hash_and_never_shown(secret: str) -> None:
    """What stands there instead of a hash may be the secret itself."""
    [problem] = problems_of("", rest=f"robots: [{{name: ci, secrets: ['{secret}']}}]\n")
    assert problem == "this is not sha256: and 64 hex digits"


def test_everything_of_a_rule() -> None:
    """Id, description, place and order are kept; values keep the file's order."""
    first, second = rule_set("""
        - {id: a, description: Why, everyone: true, repositories: [x, y], allow: [pull]}
        - {id: b, authenticated: true, catalog: true, deny: ["*"]}
    """).rules
    assert (first.id, first.description, first.order) == ("a", "Why", 0)
    assert first.position == Position("rules.yaml", 3, 5)
    assert [pattern.text for pattern in first.repositories] == ["x", "y"]
    assert (second.order, second.effect) == (1, Effect.DENY)
    assert second.position == Position("rules.yaml", 4, 5)


def test_whom_people_ask() -> None:
    """A rule's own contact, else its file's; the files' for what no rule allows, where they agree."""
    text = """
        version: 1
        contact: {contact}
        rules:
          - {{id: {name}-own, contact: "#web", everyone: true, repositories: [x], allow: [pull]}}
          - {{id: {name}, everyone: true, repositories: [x], allow: [pull]}}
    """
    us = "us@example.com"
    one, same, other = (
        FileText(f"{name}.yaml", textwrap.dedent(text.format(name=name, contact=contact)))
        for name, contact in (
            ("one", "us@example.com"),
            ("same", "us@example.com"),
            ("other", "it@example.com"),
        )
    )
    without = FileText("without.yaml", "version: 1\n")
    known = load.compiled([one, same, without]).rules
    assert [rule.contact for rule in known.rules] == ["#web", us] * 2
    assert known.contact == us
    differing = load.compiled([one, other]).rules
    assert [rule.contact for rule in differing.rules] == ["#web", us, "#web", "it@example.com"]
    assert differing.contact == ""


def test_a_variable_that_nothing_binds() -> None:
    """It is an error at load; one that any part of `who` binds, and `{username}`, are none."""
    text = "- {{id: a, groups: ['{0}', admins], repositories: ['{{x}}/{{username}}'], allow: [pull]}}"
    assert problems_of(text.format("team-{y}")) == ["nothing binds {x}"]
    assert rule_set(text.format("team-{x}")).rules


def test_the_clock_is_not_read() -> None:
    """Compiling depends on the file alone; a rule that has ended is still a rule."""
    text = "- {id: a, everyone: true, repositories: [x], allow: [pull], when: {until: 2020-01-01}}"
    assert rule_set(text, now=NOW).rules == rule_set(text, now=datetime(2000, 1, 1, tzinfo=UTC)).rules
