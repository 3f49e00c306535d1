"""The rules as the engine has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.model import Conditions, Context, Index, in_networks
from app.rules.pattern import NamePattern
from app.rules.values import parse_time
from tests.unit.rules.given import NOW, one_rule, rule_set


def test_a_plain_name_finds_its_rules_without_the_others() -> None:
    """The index leads from a name to its rules; patterns are tried beside."""
    rules = rule_set("""
        - {id: plain, groups: [Team-Web], repositories: [x], allow: [pull]}
        - {id: pattern, groups: ["team-{t}"], repositories: [x], allow: [pull]}
        - {id: other, groups: [team-ops], repositories: [x], allow: [pull]}
    """)
    found = {rule.id: captures for rule, captures in rules.by_group_name.find("team-web", "bob")}
    assert found == {"plain": (), "pattern": (("t", "web"),)}


def test_an_index_of_nothing() -> None:
    """No rules are found in an empty index."""
    index: Index[str] = Index()
    assert list(index.find("x", "x")) == []
    rule = one_rule("everyone: true", "repositories: [x]").rules[0]
    index.add(NamePattern.parse("y"), rule)
    assert list(index.find("x", "x")) == []


def test_a_rule_set_is_indexed_by_all_that_it_is_for() -> None:
    """A rule stands in each index that its parts ask for."""
    rules = one_rule(
        "groups: [g, 'cn=g,dc=x'], users: [u], robots: [r], authenticated: true, everyone: true",
        "repositories: [x]",
    )
    assert [rule.id for rule in rules.for_everyone + rules.for_authenticated] == ["only", "only"]
    assert [rule.id for rule, _ in rules.by_user.find("u", "u")] == ["only"]
    assert [rule.id for rule, _ in rules.by_robot.find("r", "r")] == ["only"]


def test_no_condition_always_holds() -> None:
    """What says nothing is no condition."""
    assert Conditions().hold(None, Context("s", "", NOW))


@pytest.mark.parametrize("end", ["2026-01-31T12:00:00Z", "2026-01-30"])
def test_the_end_is_no_part(end: str) -> None:
    """A rule does not hold at the very moment at which it ends."""
    assert not Conditions(end=parse_time(end, end_of_day=True)).hold(None, Context("s", "", NOW))


@given(st.text(max_size=50) | st.ip_addresses().map(str))
def test_any_address_is_in_a_network_or_not(address: str) -> None:
    """No text that stands for an address makes anything else happen."""
    everything = (
        one_rule("everyone: true", "repositories: [x]", when="networks: ['0.0.0.0/0', '::/0']")
        .rules[0]
        .when.networks
    )
    assert in_networks(address, everything) in (True, False)
    assert not in_networks(address, ())


@given(st.ip_addresses(v=4))
def test_mapped_addresses(address: object) -> None:
    """An IPv4 address that a dual-stack socket wrote as IPv6 is that IPv4 address, and no IPv6 one."""
    networks = (
        one_rule("everyone: true", "repositories: [x]", when=f"networks: ['{address}']")
        .rules[0]
        .when.networks
    )
    assert in_networks(f"::ffff:{address}", networks)
    ipv6 = one_rule("everyone: true", "repositories: [x]", when="networks: ['::/0']").rules[0].when.networks
    assert not in_networks(f"::ffff:{address}", ipv6)
