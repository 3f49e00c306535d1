"""Everything that one subject may do: each pattern of each rule that is for it, less what denies take."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.dn import fold
from app.protocol import scope
from app.protocol.scope import ACTIONS, ACTIONS_OF, ALL_ACTIONS, CATALOG, ResourceType, Scope
from app.rules.conditions import ALWAYS, Condition, Context, Holds
from app.rules.decide import decide
from app.rules.decision import Cause, Effect, Lack
from app.rules.model import Rule, RuleSet, Subject
from app.rules.parts.automaton import Elements, TooHardError, beyond, elements, loose, meet, written
from app.rules.parts.clauses import tokens
from app.rules.patterns.syntax import USERNAME, Captures, Token, TokenKind

_CATALOG_PATTERN = elements([Token(TokenKind.TEXT, CATALOG)])
_WHETHER_FOR = (Scope(ResourceType.REGISTRY, CATALOG, frozenset([ALL_ACTIONS])),)


class Extent(enum.StrEnum):
    """On how many of some repositories something may be done."""

    ALL = "all"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What of a request is known; of all else every possibility counts.

    Attributes:
        context: The service and the address, as far as they are known, and the time.
        service: Whether the service is known.
        address: Likewise the address.
        time: Whether the time is; else hours that come again may hold or not.
    """

    context: Context
    service: bool
    address: bool
    time: bool

    def knows(self, condition: Condition) -> bool:
        """Whether it is known of a condition if it holds; of others it is said."""
        match condition.lack:
            case Lack.SERVICE:
                return self.service
            case Lack.NETWORK:
                return self.address
            case Lack.TIME:
                return self.time or not condition.recurs
        return True


@dataclass(frozen=True, slots=True)
class Claim:
    """What one rule says of a subject, on one pattern.

    Attributes:
        type: Of the resources.
        repositories: The pattern, with what its variables stand for; `catalog` for that.
        pattern: The same as elements.
        actions: Those that the rule allows or denies.
        through: What made the rule apply, in words.
        when: The conditions of the rule that may hold or not, in words.
    """

    rule: Rule
    type: ResourceType
    repositories: str
    pattern: Elements
    actions: frozenset[str]
    through: tuple[str, ...]
    captures: Captures
    when: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a subject may do by one rule, on one pattern.

    Attributes:
        claim: What the rule allows.
        actions: What of that no deny takes everywhere and always.
        denials: The denies that take something of it, somewhere or at times.
    """

    claim: Claim
    actions: tuple[str, ...]
    denials: tuple[Claim, ...]


def entitlements(rules: RuleSet, subject: Subject | None, fixed: Fixed) -> tuple[Entitlement, ...]:
    """Find everything that a subject may do, in the order of the repositories.

    Args:
        rules: The rules.
        subject: Who; None for somebody without a login.
        fixed: What of the requests is known.
    """
    claims = list(_claims(rules, subject, fixed))
    denies = [claim for claim in claims if claim.rule.effect is Effect.DENY]
    found = (_entitlement(claim, denies) for claim in claims if claim.rule.effect is Effect.ALLOW)
    return tuple(
        sorted(found, key=lambda one: (one.claim.type, one.claim.repositories, one.claim.rule.order))
    )


def extent(
    found: Iterable[Entitlement], wanted: Elements, action: str
) -> tuple[Extent, tuple[Entitlement, ...]]:
    """Say on how many names of a pattern something may be done, and by what, where all conditions hold.

    Args:
        found: What a subject may do.
        wanted: The pattern, without variables.
        action: On repositories.
    """
    near = [one for one in found if action in one.actions and meet(wanted, one.claim.pattern)]
    allowed = [one.claim.pattern for one in near]
    denied = [
        denial.pattern
        for one in near
        for denial in one.denials
        if action in denial.actions and not denial.when
    ]
    try:
        if not any(beyond(pattern, denied, also=wanted) for pattern in allowed):
            return Extent.NONE, ()
        is_whole = beyond(wanted, allowed) is None and not any(meet(wanted, pattern) for pattern in denied)
    except TooHardError:
        is_whole = False
    return (Extent.ALL if is_whole else Extent.PART), tuple(near)


def _claims(rules: RuleSet, subject: Subject | None, fixed: Fixed) -> Iterator[Claim]:
    """Return what each rule that is for a subject says of it."""
    username = fold(subject.name) if subject is not None else ""
    told: dict[tuple[str, str], Claim] = {}
    by_id = {rule.id: rule for rule in rules.rules}
    for cause in _causes(rules, subject, fixed.context):
        rule = by_id[cause.rule]
        when = _left(rule, subject, fixed)
        if when is None:
            continue
        for claim in _of_rule(rule, cause, username, when):
            key = (rule.id, claim.repositories)
            known = told.get(key, claim)
            through = tuple(dict.fromkeys((*known.through, *claim.through)))
            told[key] = replace(known, through=through)
    yield from told.values()


def _causes(rules: RuleSet, subject: Subject | None, context: Context) -> Sequence[Cause]:
    """Ask the engine which rules are for a subject: as if all were about the catalog too, and always."""
    freed = [replace(rule, when=ALWAYS, actions=frozenset(ACTIONS), catalog=True) for rule in rules.rules]
    (resource,) = decide(RuleSet("", tuple(freed)), subject, _WHETHER_FOR, context).resources
    (outcome,) = resource.outcomes
    return (*outcome.allowed_by, *outcome.denied_by)


def _left(rule: Rule, subject: Subject | None, fixed: Fixed) -> tuple[str, ...] | None:
    """Put the conditions that may hold or not into words; None where one does not hold."""
    words: list[str] = []
    for condition in rule.when:
        holds = condition.check(subject, fixed.context) if fixed.knows(condition) else Holds.UNKNOWN
        if holds is Holds.NO:
            return None
        if holds is Holds.UNKNOWN:
            words += condition.words()
    return tuple(words)


def _of_rule(rule: Rule, cause: Cause, username: str, when: tuple[str, ...]) -> Iterator[Claim]:
    through = (str(cause.through),)
    bound = {name: Token(TokenKind.TEXT, value) for name, value in (*cause.captures, (USERNAME, username))}
    for pattern in rule.repositories:
        values = [bound[name].value for name in pattern.variables if name in bound]
        if not all(map(scope.is_component, values)):
            continue  # it matches nothing
        made = elements(tokens(pattern), bound)
        if any(token.kind is TokenKind.VARIABLE for token in made):
            if rule.effect is Effect.ALLOW:
                continue
            made = loose(made)  # nobody can know what it stands for, so it may be anything
        actions = rule.actions & ACTIONS_OF[ResourceType.REPOSITORY]
        kind = ResourceType.REPOSITORY
        yield Claim(rule, kind, written(made), made, actions, through, cause.captures, when)
    if rule.catalog and ALL_ACTIONS in rule.actions:
        actions = frozenset([ALL_ACTIONS])
        kind = ResourceType.REGISTRY
        yield Claim(rule, kind, CATALOG, _CATALOG_PATTERN, actions, through, cause.captures, when)


def _entitlement(claim: Claim, denies: Sequence[Claim]) -> Entitlement:
    near = [
        deny
        for deny in denies
        if deny.type is claim.type and deny.actions & claim.actions and _meets(claim, deny)
    ]
    left = [action for action in ACTIONS if action in claim.actions and not _is_denied(claim, action, near)]
    denials = tuple(deny for deny in near if deny.actions.intersection(left) or not left)
    return Entitlement(claim, tuple(left), denials)


def _meets(claim: Claim, deny: Claim) -> bool:
    return claim.type is ResourceType.REGISTRY or meet(claim.pattern, deny.pattern)


def _is_denied(claim: Claim, action: str, denies: Sequence[Claim]) -> bool:
    """Whether denies take an action everywhere and always."""
    always = [deny.pattern for deny in denies if action in deny.actions and not deny.when]
    if claim.type is ResourceType.REGISTRY:
        return bool(always)
    try:
        return bool(always) and beyond(claim.pattern, always) is None
    except TooHardError:
        return False
