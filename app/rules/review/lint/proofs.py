"""Tests that test nothing, and tests that will fail one day though nobody changes anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

import re2

from app.protocol.scope import ResourceType, Scope
from app.rules.decide import decide
from app.rules.decision import Effect, Lack
from app.rules.file.owner_tests import Test
from app.rules.model import Rule, RuleSet
from app.rules.patterns.pattern import RepositoryPattern
from app.rules.review.lint.finding import Finding, Name

_WILD = "*"
_LOOSE = {"deep": ".+", "run": "[^/]+", "one": "[^/]", "variable": "[^/]+"}


class Reach:
    """Which names the allow rules can reach, whoever asks."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._catalog = False
        self._patterns: dict[str, list[RepositoryPattern]] = defaultdict(list)
        self._literals: set[str] = set()
        for rule in rules:
            if rule.effect is Effect.ALLOW:
                self._catalog = self._catalog or rule.catalog
                for pattern in rule.repositories:
                    if pattern.literal:
                        self._literals.add(pattern.text)
                    else:
                        self._patterns[_first(pattern)].append(pattern)

    def holds(self, scope: Scope) -> bool:
        """Tell whether some rule allows somebody something there."""
        if scope.type is ResourceType.REGISTRY:
            return self._catalog
        if scope.name in self._literals:
            return True
        near = (*self._patterns.get(scope.name.partition("/")[0], ()), *self._patterns.get(_WILD, ()))
        return any(
            scope.name.startswith(pattern.fixed) and re2.fullmatch(_regex(pattern), scope.name)
            for pattern in near
        )


def find(rules: RuleSet, tests: Iterable[Test], now: datetime) -> Iterator[Finding]:
    """Look at the tests."""
    tests = tuple(tests)
    if not tests:
        return
    reach = Reach(rules.rules)
    dated = _always(rules)
    for test in tests:
        if not any(one.wanted or reach.holds(one.scope) for one in test.expectations):
            names = ", ".join(one.scope.name for one in test.expectations)
            text = f"the test {test.id!r} would pass without any rule: none is about {names}"
            hint = "look for a typo in the names, or expect something that a rule decides"
            yield Finding(Name.TEST_OF_NOTHING, test.id, test.position, text, hint)
        if test.at is None and dated is not None:
            yield from _timed(test, dated, now)


def _always(rules: RuleSet) -> RuleSet | None:
    """Give the rules that have dates, as if they held at all times; None where there are none."""
    dated = [
        replace(rule, when=rule.when.without(Lack.TIME))
        for rule in rules.rules
        if any(condition.lack is Lack.TIME for condition in rule.when)
    ]
    return RuleSet(rules.version, tuple(dated)) if dated else None


def _timed(test: Test, dated: RuleSet, now: datetime) -> Iterator[Finding]:
    scopes = [one.scope for one in test.expectations]
    speaking = decide(dated, test.subject, scopes, test.context(now)).rules
    if speaking:
        text = f"the test {test.id!r} depends on when it is run: {', '.join(speaking)} has dates or hours"
        hint = f"write a time, such as at: {now:%Y-%m-%d}"
        yield Finding(Name.TEST_WITHOUT_TIME, test.id, test.position, text, hint)


def _first(pattern: RepositoryPattern) -> str:
    first, slash, _ = pattern.fixed.partition("/")
    return first if slash else _WILD


def _regex(pattern: RepositoryPattern) -> str:
    tokens = (*pattern.beginning, *pattern.rest)
    return "".join(_LOOSE.get(token.kind) or re2.escape(token.value) for token in tokens)
