"""What can be seen of one rule or robot by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime

from app.errors import Position
from app.expiry import ends_soon, last_day
from app.protocol.scope import ALL_ACTIONS, Action
from app.rules.conditions import Period
from app.rules.decision import Effect, Lack, WhoKind
from app.rules.model import Robot, Rule
from app.rules.parts import audience
from app.rules.parts.audience import Audience
from app.rules.parts.clauses import tokens
from app.rules.patterns.names import NamePattern
from app.rules.patterns.repository import RepositoryPattern
from app.rules.patterns.syntax import USERNAME, Token, TokenKind
from app.rules.review.lint.finding import Finding, Name

_CHANGES = frozenset({str(Action.PUSH), str(Action.DELETE)})
_HOST = re.compile(r"localhost|[a-z0-9.-]+:[0-9]+|(?:[a-z0-9-]+\.)+[a-z]{2,}")
_OWN_NAME = Token(TokenKind.VARIABLE, USERNAME)

Found = Iterator[tuple[Name, str, str]]
"""The name of a warning, what may be wrong, and what to do."""


def of_rule(rule: Rule, now: datetime) -> Iterator[Finding]:
    """Look at one rule."""
    for look in _LOOKS:
        for name, text, hint in look(rule):
            yield Finding(name, rule.id, rule.position, text, hint)
    for condition in rule.when:
        if isinstance(condition, Period):
            yield from _expiry(f"the rule {rule.id!r}", rule.id, rule.position, condition.end, now)


def of_robot(robot: Robot, now: datetime) -> Iterator[Finding]:
    """Look at one robot."""
    yield from _expiry(f"the robot {robot.name!r}", robot.name, robot.position, robot.expires, now)


def _expiry(
    what: str, about: str, position: Position, end: datetime | None, now: datetime
) -> Iterator[Finding]:
    if end is None or not ends_soon(end, now):
        return
    last = last_day(end)
    if end <= now:
        hint = "take it out, or write a later date"
        yield Finding(Name.EXPIRED, about, position, f"{what} ended on {last}", hint)
    else:
        hint = "write a later date if it is still needed"
        yield Finding(Name.EXPIRES_SOON, about, position, f"{what} ends on {last}", hint)


def _anyone_can_change(rule: Rule) -> Found:
    changes = sorted(_CHANGES & rule.actions)
    if rule.effect is Effect.ALLOW and rule.who.everyone and rule.repositories and changes:
        text = f"the rule {rule.id!r} allows {' and '.join(changes)} without a login"
        yield Name.ANYONE_CAN_CHANGE, text, "write 'authenticated: true', or name groups"


def _all_repositories(rule: Rule) -> Found:
    if rule.effect is Effect.ALLOW and any(pattern.text == "**" for pattern in rule.repositories):
        text = f"the rule {rule.id!r} allows something on every repository, also on those still to come"
        yield Name.ALL_REPOSITORIES, text, "write the namespaces that are meant, such as platform/**"


def _star_action(rule: Rule) -> Found:
    star = ALL_ACTIONS in rule.actions
    if rule.effect is Effect.ALLOW and star and rule.repositories and not rule.catalog:
        text = f"the rule {rule.id!r} allows '*', which includes delete"
        yield Name.STAR_ACTION, text, "write the actions that are meant, such as [pull, push]"


def _broad_variable(rule: Rule) -> Found:
    if rule.effect is Effect.DENY:
        return
    used = frozenset[str]().union(*(pattern.variables for pattern in rule.repositories))
    who = rule.who
    groups = (*who.groups, *who.all_groups)
    for kind, patterns in (("group", groups), ("user", who.users), ("robot", who.robots)):
        for pattern in patterns:
            if isinstance(pattern, NamePattern) and pattern.variables & used and not _has_letters(pattern):
                text = f"in the rule {rule.id!r} {pattern.text} captures the name of any {kind}"
                hint = "write what the names have in common, such as team-{team}"
                if kind == "user":
                    hint = f"write 'authenticated: true' and {{{USERNAME}}} if that is meant"
                yield Name.BROAD_VARIABLE, text, hint
    for repository in rule.repositories:
        if repository.beginning[:1] == (_OWN_NAME,):
            text = f"in the rule {rule.id!r} whoever is called like a namespace owns it: {repository.text}"
            yield Name.BROAD_VARIABLE, text, f"write a namespace before it: people/{repository.text}"


def _has_letters(pattern: NamePattern) -> bool:
    return any(token.kind is TokenKind.TEXT and re.search(r"\w", token.value) for token in pattern.tokens)


def _widened_who(rule: Rule) -> Found:
    """See names beside `everyone`: who writes them means that both must be."""
    who = rule.who
    names = [
        key
        for key, patterns in (
            ("groups", who.groups),
            ("all_groups", who.all_groups),
            ("users", who.users),
            ("robots", who.robots),
        )
        if any(not pattern.variables for pattern in patterns)
    ]
    wide = "everyone" if who.everyone else "authenticated" if who.authenticated else ""
    if wide and names:
        meant = "anyone who has logged in" if wide == "authenticated" else "everyone"
        text = f"the rule {rule.id!r} is for {meant}, so its {' and '.join(names)} say nothing"
        yield Name.WIDENED_WHO, text, f"take out '{wide}: true' to mean them alone, or take them out"
    elif who.everyone and who.authenticated:
        text = f"the rule {rule.id!r} is for everyone, so 'authenticated' says nothing"
        yield Name.WIDENED_WHO, text, "take one of the two out"


def _never_applies(rule: Rule) -> Found:
    """See patterns that match nothing for some, or for all, of those whom a rule is for."""
    if not rule.repositories:
        return
    idle = [who for who in audience.of(rule.who) if not any(_meets(who, one) for one in rule.repositories)]
    for who in idle:
        text = f"for {who} the rule {rule.id!r} matches no repository: nothing binds its variables"
        if who.kind is WhoKind.ROBOT:
            text = f"for {who} the rule {rule.id!r} matches no repository: a robot's name is no component"
        name = Name.NEVER_APPLIES if len(idle) == len(list(audience.of(rule.who))) else Name.UNBOUND_FOR_SOME
        if not (rule.catalog and name is Name.NEVER_APPLIES):
            yield name, text, "write a rule of its own for them, without the variables"
    robots_alone = all(who.kind is WhoKind.ROBOT for who in audience.of(rule.who))
    if robots_alone and any(condition.lack is Lack.ATTRIBUTE for condition in rule.when):
        text = f"the rule {rule.id!r} asks for attributes, which robots do not have"
        yield Name.NEVER_APPLIES, text, "take out 'attributes', or name people"


def _meets(who: Audience, pattern: RepositoryPattern) -> bool:
    return audience.bind(tokens(pattern), who) is not None


def _host_in_name(rule: Rule) -> Found:
    for pattern in rule.repositories:
        first, slash, rest = pattern.text.partition("/")
        if slash and _HOST.fullmatch(first):
            text = f"in the rule {rule.id!r} {pattern.text} begins with a host"
            yield Name.HOST_IN_NAME, text, f"write {rest}, unless repositories are really called so"


_LOOKS: tuple[Callable[[Rule], Found], ...] = (
    _anyone_can_change,
    _all_repositories,
    _star_action,
    _broad_variable,
    _widened_who,
    _never_applies,
    _host_in_name,
)
