"""The entries of a rules file as rules and robots; what their keys say together is checked here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app import dn
from app.configfile.yaml import Document, Location
from app.errors import Problem
from app.protocol.scope import ALL_ACTIONS, Action
from app.rules.decision import Effect
from app.rules.model import Conditions, NamedGroup, Robot, Rule, Who
from app.rules.pattern import USERNAME, NamePattern, RepositoryPattern, parse_group
from app.rules.schema import RobotEntry, RuleEntry, WhenEntry
from app.rules.values import network, parse_time, secret_hash


class Compiler:
    """Compiles entries of one document; collects problems rather than raising them."""

    def __init__(self, document: Document, *, first_order: int) -> None:
        self._document = document
        self._first_order = first_order
        self.problems: list[Problem] = []

    def rule(self, index: int, entry: RuleEntry) -> Rule:
        """Compile a rule."""
        at: Location = ("rules", index)
        who = Who(
            groups=tuple(map(parse_group, entry.groups or ())),
            users=tuple(map(NamePattern.parse, entry.users or ())),
            robots=tuple(map(NamePattern.parse, entry.robots or ())),
            authenticated=entry.authenticated,
            everyone=entry.everyone,
        )
        repositories = tuple(map(RepositoryPattern.parse, entry.repositories or ()))
        self._check_parts(entry, at)
        self._check_variables(who, repositories, at)
        effect = Effect.ALLOW if entry.allow is not None else Effect.DENY
        place = self._document.problem(at, "")
        return Rule(
            order=self._first_order + index,
            id=entry.id,
            description=entry.description,
            position=f"{place.file}:{place.line}:{place.column}",
            who=who,
            repositories=repositories,
            catalog=entry.catalog,
            effect=effect,
            actions=expand(effect, entry.allow or entry.deny or ()),
            when=_conditions(entry.when),
        )

    def _check_parts(self, entry: RuleEntry, at: Location) -> None:
        if not (entry.groups or entry.users or entry.robots or entry.authenticated or entry.everyone):
            hint = "write groups, users, robots, 'authenticated: true' or 'everyone: true'"
            self._report(at, f"the rule {entry.id!r} is for nobody", hint)
        if not (entry.repositories or entry.catalog):
            self._report(
                at, f"the rule {entry.id!r} is about nothing", "write repositories or 'catalog: true'"
            )
        if (entry.allow is None) == (entry.deny is None):
            has = "neither allow nor deny" if entry.allow is None else "both allow and deny"
            self._report(at, f"the rule {entry.id!r} has {has}", "write exactly one of them")
        if entry.catalog and ALL_ACTIONS not in (entry.allow or entry.deny or (ALL_ACTIONS,)):
            word = "allow" if entry.allow is not None else "deny"
            self._report((*at, word), "the catalog knows the action '*' alone", f'write {word}: ["*"]')

    def _check_variables(self, who: Who, repositories: Sequence[RepositoryPattern], at: Location) -> None:
        bound = {USERNAME}.union(*(pattern.variables for pattern in (*who.groups, *who.users, *who.robots)))
        for index, pattern in enumerate(repositories):
            for variable in sorted(pattern.variables - bound):
                hint = f"capture it, as in groups: ['team-{{{variable}}}'], or write {{{USERNAME}}}"
                self._report((*at, "repositories", index), f"nothing binds {{{variable}}}", hint)

    def _report(self, at: Location, text: str, hint: str = "") -> None:
        self.problems.append(self._document.problem(at, text, hint))


def robot(entry: RobotEntry) -> Robot:
    """Compile a robot."""
    return Robot(
        name=entry.name,
        secret_hashes=tuple(map(secret_hash, entry.secrets)),
        groups=tuple(map(NamedGroup.parse, entry.groups)),
        expires=parse_time(entry.expires, end_of_day=True) if entry.expires is not None else None,
        networks=tuple(map(network, entry.networks or ())),
    )


def _conditions(entry: WhenEntry) -> Conditions:
    attributes = (entry.attributes or {}).items()
    return Conditions(
        services=frozenset(entry.services or ()),
        networks=tuple(map(network, entry.networks or ())),
        start=parse_time(entry.from_, end_of_day=False) if entry.from_ is not None else None,
        end=parse_time(entry.until, end_of_day=True) if entry.until is not None else None,
        attributes=tuple((name.lower(), frozenset(map(dn.fold, values))) for name, values in attributes),
    )


def expand(effect: Effect, words: Iterable[str]) -> frozenset[str]:
    """Give every action that a list of words means: `*` is all, push includes pull, no pull means no push."""
    actions = set(words)
    if ALL_ACTIONS in actions:
        actions.update(Action)
    if effect is Effect.ALLOW and Action.PUSH in actions:
        actions.add(Action.PULL)
    if effect is Effect.DENY and Action.PULL in actions:
        actions.add(Action.PUSH)
    return frozenset(str(action) for action in actions)
