"""What rules name that nothing else knows: groups of the directory, services, robots, clients' addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from app.errors import Fault
from app.rules.conditions import Service
from app.rules.decision import Effect
from app.rules.file.values import nearest
from app.rules.model import Robot, Rule, RuleSet
from app.rules.networks import Network
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.names import NamePattern
from app.rules.review.lint.finding import Finding, Name


class KnownGroups(Protocol):
    """What the lint needs to know of a directory."""

    def group_fault(self, name: str) -> Fault | None:
        """Return why no login finds a group of this name (a name with `=` in it is a DN); None where one can.

        Raises:
            WharfingerError: It could not be found out.
        """


def robots(rules: RuleSet) -> Iterator[Finding]:
    """Look for robots that rules name and that are in no file."""
    for rule in rules.rules:
        for pattern in (*rule.who.robots, *rule.who.exceptions.robots):
            if pattern.key is not None and pattern.key not in rules.robots:
                yield _unknown(Name.UNKNOWN_ROBOT, rule, f"robot {pattern.text!r}", pattern.key, rules.robots)


def services(rules: RuleSet, known: Collection[str]) -> Iterator[Finding]:
    """Look for services that rules name and that the realm does not have."""
    for rule in rules.rules:
        named = {name for one in rule.when if isinstance(one, Service) for name in one.names}
        for service in sorted(named.difference(known)):
            yield _unknown(Name.UNKNOWN_SERVICE, rule, f"service {service!r}", service, known)


def addresses(rules: RuleSet) -> Iterator[Finding]:
    """Look for networks, where no request has an address."""
    for rule in rules.rules:
        if any(isinstance(one, Network) for one in rule.when):
            effect = "never applies" if rule.effect is Effect.ALLOW else "applies to requests from anywhere"
            yield _without_address(rule, f"the rule {rule.id!r}", rule.id, f"so it {effect}")
    for robot in rules.robots.values():
        if robot.networks:
            yield _without_address(robot, f"the robot {robot.name!r}", robot.name, "so it cannot log in")


def _without_address(of: Rule | Robot, what: str, about: str, effect: str) -> Finding:
    text = f"{what} has networks, and no request has an address, {effect}"
    hint = "write trusted_proxies: [unix] into the configuration, and have the proxy say the address"
    return Finding(Name.UNKNOWN_ADDRESS, about, of.position, text, hint)


def groups(rules: RuleSet, directory: KnownGroups) -> Iterator[Finding]:
    """Look for groups that rules name and that no login finds; each is asked for once.

    Raises:
        WharfingerError: The directory does not say.
    """
    answers: dict[str, Fault | None] = {}
    for rule in rules.rules:
        for pattern in (*rule.who.groups, *rule.who.all_groups, *rule.who.exceptions.groups):
            if pattern.key is None:
                continue
            text = _text(pattern)
            if text not in answers:
                answers[text] = directory.group_fault(text)
            if (fault := answers[text]) is not None:
                said = f"the rule {rule.id!r} names the group {text!r}, {fault.text}"
                yield Finding(Name.UNKNOWN_GROUP, rule.id, rule.position, said, fault.hint)


def _text(pattern: NamePattern | DNPattern) -> str:
    return pattern.text if isinstance(pattern, DNPattern) else " ".join(pattern.text.split())


def _unknown(
    name: Name, rule: Rule, what: str, word: str, known: Collection[str] | Mapping[str, Robot]
) -> Finding:
    place = {
        Name.UNKNOWN_ROBOT: "no file has",
        Name.UNKNOWN_SERVICE: "the realm does not have",
    }[name]
    text = f"the rule {rule.id!r} names the {what}, which {place}"
    return Finding(name, rule.id, rule.position, text, nearest(word, known) or "look for a typo")
