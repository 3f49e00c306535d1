"""The tests that owners write into the rules file, run by the server's own engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from app import dn
from app.configfile.yaml import Document
from app.errors import Problem
from app.protocol import scope
from app.protocol.scope import ALL_ACTIONS, CATALOG, Action, ResourceType, Scope
from app.rules.decide import decide
from app.rules.model import ROBOT_PREFIX, Context, Persona, RuleSet
from app.rules.pattern import PatternError
from app.rules.schema import TestEntry
from app.rules.values import named_group, parse_time


def run(rules: RuleSet, document: Document, index: int, test: TestEntry, now: datetime) -> Iterator[Problem]:
    """Run one test; gives a problem for each expectation that is not met."""
    at = ("tests", index)
    try:
        subject = _subject(rules, test)
    except PatternError as error:
        yield document.problem(at, f"test {test.id!r}: {error.text}", error.hint)
        return
    moment = parse_time(test.at, end_of_day=False) if test.at is not None else now
    context = Context(test.service, test.from_, moment)
    for name, expected in test.expect.items():
        place = (*at, "expect", name)
        asked = _everything(name)
        if asked is None:
            yield document.problem(place, f"test {test.id!r}: {name!r} is no repository name", key=True)
            continue
        granted = {a for entry in decide(rules, subject, [asked], context).access for a in entry.actions}
        wanted = asked.actions if ALL_ACTIONS in expected else frozenset[str](expected)
        if granted != wanted:
            text = f"test {test.id!r}: {name} grants {_words(granted)}, not {_words(wanted)}"
            yield document.problem(place, text)


def _everything(name: str) -> Scope | None:
    """Ask for everything that a resource has; None where the name is no repository's."""
    if name == CATALOG:
        return Scope(ResourceType.REGISTRY, CATALOG, frozenset({ALL_ACTIONS}))
    if not scope.is_repository(name):
        return None
    return Scope(ResourceType.REPOSITORY, name, frozenset(str(action) for action in Action))


def _subject(rules: RuleSet, test: TestEntry) -> Persona | None:
    about = test.as_
    if (about.user is not None) + (about.robot is not None) + about.anonymous != 1:
        raise PatternError("'as' names not exactly one subject", "write user, robot or 'anonymous: true'")
    if about.anonymous:
        return None
    if about.robot is not None:
        robot = rules.robots.get(about.robot.removeprefix(ROBOT_PREFIX))
        if robot is None:
            raise PatternError(f"there is no robot {about.robot!r}", "name one of the file's robots")
        return robot.persona()
    attributes = {name.lower(): tuple(values) for name, values in about.attributes.items()}
    groups = tuple(named_group(text) for text in about.groups)
    name = dn.fold(about.user or "")
    if not name:
        raise PatternError("'user' is empty", "write 'anonymous: true' for nobody")
    return Persona(name, groups, attributes=attributes)


def _words(actions: Iterable[str]) -> str:
    return f"[{', '.join(sorted(actions))}]"
