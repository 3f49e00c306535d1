"""For whom a rule is about one resource: the variables of its patterns solved for that name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.dn import DN
from app.protocol.scope import ResourceType
from app.rules.model import Rule
from app.rules.patterns.pattern import USERNAME, Captures, DNPattern, NamePattern
from app.rules.patterns.pieces import Token
from app.rules.review import audience
from app.rules.review.audience import Kind, Whom
from app.rules.review.automaton import Elements, elements, written
from app.rules.review.bindings import solve


@dataclass(frozen=True, slots=True)
class Reached:
    """One way in which a rule is about a resource.

    Attributes:
        whom: For whom, as the rule has it.
        name: The name or DN that is meant, its variables solved; empty for everyone and authenticated.
        exact: Whether that is one name rather than a pattern.
        username: The only one who is meant, where the pattern has one's own name in it; else empty.
        captures: What the variables of the rule stand for.
        values: The same by number.
    """

    rule: Rule
    whom: Whom
    name: str
    exact: bool
    username: str
    captures: Captures
    values: Mapping[str, str]

    def __str__(self) -> str:
        """Say for whom: `group team-web`, `user alice`, `everyone`."""
        if self.username and self.whom.kind in (Kind.EVERYONE, Kind.AUTHENTICATED):
            return f"user {self.username}"
        word = Kind.GROUP if self.whom.kind is Kind.GROUP_DN else self.whom.kind
        said = f"{word} {self.name}".strip()
        return f"{said}, as user {self.username}" if self.username else said

    def group(self) -> DN | str:
        """Give the group that is meant, by DN or by name."""
        named = audience.persona((self.whom, self.values), attributes={})
        found = named.groups[0] if named is not None and named.groups else None
        return found.dn if found is not None and found.dn is not None else self.name


def reach(rule: Rule, kind: ResourceType, name: str) -> Iterator[Reached]:
    """Give each way in which a rule is about a resource, whatever its actions and conditions."""
    told = set()
    for who in audience.of(rule.who):
        for values in _solutions(rule, who, kind, name):
            made = _reached(rule, who, values)
            if made is not None and str(made) not in told:
                told.add(str(made))
                yield made


def _solutions(rule: Rule, who: Whom, kind: ResourceType, name: str) -> Iterator[Mapping[str, str]]:
    if kind is ResourceType.REGISTRY:
        if rule.catalog:
            yield {}
        return
    for pattern in rule.repositories:
        if not name.startswith(pattern.fixed):
            continue
        bound = audience.bind((*pattern.beginning, *pattern.rest), who)
        if bound is not None:
            yield from solve(bound, name)


def _reached(rule: Rule, who: Whom, values: Mapping[str, str]) -> Reached | None:
    """Put the values into the name; None where such a name would capture something else."""
    own = values.get(USERNAME, "")
    captures = tuple(
        sorted(
            (n, values[number.value])
            for n, number in who.numbers.items()
            if number.value in values and n != USERNAME
        )
    )
    if who.kind in (Kind.EVERYONE, Kind.AUTHENTICATED):
        return Reached(rule, who, "", not own, own, captures, values)
    bound = {number: Token("text", value) for number, value in values.items()}
    if who.kind is Kind.GROUP_DN:
        return _reached_by_dn(rule, who, values, own, captures)
    name = elements(_with_own(who.name, who, own), bound)
    exact = all(token.kind == "text" for token in name)
    text = written(name)
    if exact and isinstance(who.source, NamePattern):
        found = who.source.match(text, own or text)
        if found is None or any(dict(found).get(variable) != value for variable, value in captures):
            return None
    return Reached(rule, who, text, exact, "" if who.kind is Kind.USER else own, captures, values)


def _with_own(name: Elements, who: Whom, own: str) -> Elements:
    """Put somebody's own name for a variable that is the whole of it."""
    whole = who.kind is Kind.USER and len(name) == 1 and name[0].kind == "variable"
    return elements([Token("text", own)]) if whole and own else name


def _reached_by_dn(
    rule: Rule, who: Whom, values: Mapping[str, str], own: str, captures: Captures
) -> Reached | None:
    if not isinstance(who.source, DNPattern) or who.dn is None:
        return None
    text = str(who.source.name)
    if who.literal is not None:
        return Reached(rule, who, text, exact=True, username=own, captures=captures, values=values)
    for variable, value in captures:
        text = text.replace(f"{{{variable}}}", value)
    if own:
        text = text.replace(f"{{{USERNAME}}}", own)
    return Reached(rule, who, text, "{" not in text, own, captures, values)
