"""Tests that test nothing, and tests that will fail one day though nobody changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from app.protocol.scope import Scope
from app.rules.decide import decide
from app.rules.decision import Effect, Lack
from app.rules.file.owner_tests import Test
from app.rules.model import Rule, RuleSet
from app.rules.parts.bindings import reach
from app.rules.patterns.index import Shelf
from app.rules.review.lint.finding import Finding, Name


def find(rules: RuleSet, tests: Iterable[Test], now: datetime) -> Iterator[Finding]:
    """Look at the tests."""
    tests = tuple(tests)
    if not tests:
        return
    allows: Shelf[Rule] = Shelf()
    for rule in rules.rules:
        if rule.effect is Effect.ALLOW:
            allows.add(rule)

    def is_about(scope: Scope) -> bool:
        """Whether a rule allows somebody something there."""
        near = allows.near(frozenset(rules.places(scope)))
        return any(True for rule in near for _ in reach(rule, scope.type, scope.name))

    dated = _always(rules)
    for test in tests:
        if not any(one.wanted or is_about(one.scope) for one in test.expectations):
            names = ", ".join(one.scope.name for one in test.expectations)
            text = f"the test {test.id!r} would pass without any rule: none is about {names}"
            hint = "look for a typo in the names, or expect something that a rule decides"
            yield Finding(Name.TEST_OF_NOTHING, test.id, test.position, text, hint)
        if test.at is None and dated is not None:
            yield from _timed(test, dated, now)


def _always(rules: RuleSet) -> RuleSet | None:
    """Return the rules that have dates, as if they held at all times; None where there are none."""
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
