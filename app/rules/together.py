"""The ways in which a subject is in every one of several groups (`all_groups`), captures shared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.protocol.scope import Scope
from app.rules.decision import Effect
from app.rules.model import Group, GroupPattern, Rule, RuleSet, Subject, matched
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.syntax import Captures

_Ways = dict[Captures, tuple[str, ...]]
"""What variables stand for, each with the groups through which they do."""


def together(
    rules: RuleSet, subject: Subject, username: str, places: frozenset[str], scopes: Sequence[Scope]
) -> Iterator[tuple[Rule, tuple[str, ...], Captures]]:
    """Return the rules of some places whose `all_groups` a subject has, each with the groups and captures."""
    hits: dict[int, tuple[Rule, int]] = {}
    for group in subject.groups:
        found = [rule for rule, _ in rules.by_one_of_all_names.find(group.name, username, places)]
        if group.dn is not None:
            found += [rule for rule, _ in rules.by_one_of_all_dns.find(group.dn, username, places)]
        for rule in found:
            hits[id(rule)] = rule, hits.get(id(rule), (rule, 0))[1] + 1
    for rule, count in hits.values():
        if count >= len(rule.who.all_groups):  # else one of the patterns has no group
            for captures, through in _ways(rule, subject, username, scopes).items():
                yield rule, through, captures


def _ways(rule: Rule, subject: Subject, username: str, scopes: Sequence[Scope]) -> _Ways:
    """Join the groups that match each pattern, by what they capture."""
    ways: _Ways = {(): ()}
    groups = sorted(subject.groups, key=lambda one: (one.name, str(one.dn)))  # a directory has no order
    for at, pattern in enumerate(rule.who.all_groups):
        needed = _needed(rule, rule.who.all_groups[at + 1 :])
        further: _Ways = {}
        for group in groups:
            found = matched(pattern, group, username) if _proves(rule, pattern, group) else None
            if found is None:
                continue
            for captures, through in ways.items():
                joined = _joined(captures, found[1], needed)
                if joined is not None and _may_match(rule, joined, scopes):
                    further.setdefault(joined, (*through, found[0]))
        ways = further
    return ways


def _proves(rule: Rule, pattern: GroupPattern, group: Group) -> bool:
    """Whether a match says enough: a name that two groups share can only take away."""
    return rule.effect is Effect.DENY or not group.ambiguous or isinstance(pattern, DNPattern)


def _needed(rule: Rule, patterns: Sequence[GroupPattern]) -> frozenset[str]:
    """Return the variables that are compared with something further on."""
    return frozenset[str]().union(*(pattern.variables for pattern in (*rule.repositories, *patterns)))


def _joined(captures: Captures, more: Captures, needed: frozenset[str]) -> Captures | None:
    """Put captures together; None where a variable would stand for two texts."""
    known = dict(captures)
    if any(known.setdefault(variable, value) != value for variable, value in more):
        return None
    return tuple(sorted((variable, value) for variable, value in known.items() if variable in needed))


def _may_match(rule: Rule, captures: Captures, scopes: Sequence[Scope]) -> bool:
    """Whether a repository that is asked for has the captured texts in its name.

    So somebody in a thousand groups for each of two patterns costs no million ways.
    """
    if rule.catalog:
        return True
    everywhere = frozenset.intersection(*(pattern.variables for pattern in rule.repositories))
    values = [value for variable, value in captures if variable in everywhere]
    return any(all(value in scope.name for value in values) for scope in scopes)
