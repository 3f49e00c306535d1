"""Whom a rule is for, each way by itself: so that two rule sets, or a rule and a repository, can be compared.

A rule for two groups and one person is for three of these. Two of them are equal where they mean the same
subjects and capture the same pieces, however the variables are called.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.dn import DN
from app.protocol import scope
from app.rules.model import ROBOT_PREFIX, NamedGroup, Persona, Who
from app.rules.patterns.pattern import USERNAME, DNPattern, NamePattern
from app.rules.patterns.pieces import Token
from app.rules.review.automaton import NAMES, Elements, TooHardError, beyond, elements, folded, written

_OWN_NAME = Token("variable", USERNAME)
_ANYBODY = "somebody"


class Kind(enum.StrEnum):
    """The ways in which a rule can be for somebody."""

    EVERYONE = "everyone"
    AUTHENTICATED = "authenticated"
    USER = "user"
    ROBOT = "robot"
    GROUP = "group"
    GROUP_DN = "group by DN"


@dataclass(frozen=True, slots=True)
class Whom:
    """One way in which a rule is for somebody.

    Attributes:
        key: The name or pattern as a text, with its variables numbered.
        name: The same, cut into elements.
        dn: The DN of a group, with its variables numbered.
        text: For people, with the variables as they were written.
        source: The pattern as it was read.
        numbers: The number of each variable, as a token.
    """

    kind: Kind
    key: str = ""
    name: Elements = field(default=(), compare=False)
    dn: DN | None = None
    text: str = field(default="", compare=False)
    source: NamePattern | DNPattern | None = field(default=None, compare=False)
    numbers: Mapping[str, Token] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        """Give it as people read it: `group team-{team}`, `everyone`."""
        word = Kind.GROUP if self.kind is Kind.GROUP_DN else self.kind
        return f"{word} {self.text}" if self.text else str(word)

    @property
    def literal(self) -> str | DN | None:
        """Give the one name or DN that is meant; None where it is a pattern or no name at all."""
        return self.source.key if self.source is not None else None

    @property
    def variables(self) -> Mapping[str, Token]:
        """Give what the variables of the rule's repositories stand for, apart from what nothing binds."""
        if self.kind is Kind.USER and isinstance(self.literal, str):
            return {USERNAME: Token("text", self.literal)}
        return self.numbers

    def names_another(self, other: Whom) -> bool:
        """Tell whether this one and another cannot be the same subject: they have two names."""
        named = (Kind.USER, Kind.ROBOT)
        if self.kind not in named or other.kind not in named:
            return False
        both_literal = self.literal is not None and other.literal is not None
        return self.kind is not other.kind or (both_literal and self.literal != other.literal)

    def seen_by(self, narrower: Whom) -> Mapping[str, Token] | None:
        """Tell whether whoever is meant by another is meant by this one too.

        Returns:
            What is known of the variables of this one then; None where it cannot be said of all of them.
        """
        own = {USERNAME: narrower.variables[USERNAME]} if USERNAME in narrower.variables else {}
        if self == narrower or self.kind is Kind.EVERYONE:
            return own
        if self.kind is Kind.AUTHENTICATED:
            return own if narrower.kind is not Kind.EVERYONE else None
        if self.kind is not narrower.kind or self.source is None:
            return None
        if narrower.literal is None:
            return own if self.kind is not Kind.GROUP_DN and _within(narrower.name, self.name) else None
        return _captured(self, narrower, own)


def of(who: Who) -> Iterator[Whom]:
    """Give each way in which a rule is for somebody."""
    for group in who.groups:
        yield _of_dn(group) if isinstance(group, DNPattern) else _of_name(Kind.GROUP, group)
    for user in who.users:
        yield _of_name(Kind.USER, user)
    for robot in who.robots:
        yield _of_name(Kind.ROBOT, robot)
    if who.authenticated:
        yield AUTHENTICATED
    if who.everyone:
        yield EVERYONE


EVERYONE, AUTHENTICATED = Whom(Kind.EVERYONE), Whom(Kind.AUTHENTICATED)


def bind(tokens: Iterable[Token], whom: Whom) -> Elements | None:
    """Give a repository pattern with the variables of somebody; None where it matches nothing for them."""
    tokens = tuple(tokens)
    bound = dict(whom.variables)
    for token in tokens:
        if token.kind != "variable":
            continue
        if token.value == USERNAME and whom.kind is Kind.ROBOT:
            return None  # robot$NAME is no component of a repository name
        if token.value not in bound and token.value != USERNAME:
            return None
        value = bound.get(token.value, token)
        if value.kind == "text" and not scope.is_component(value.value):
            return None
    return elements(tokens, bound)


def rebind(pattern: Elements, known: Mapping[str, Token], *, same: bool) -> Elements | None:
    """Give a pattern of a wider `Whom` as it is for a narrower one; None where that cannot be said.

    Args:
        pattern: With numbered variables.
        known: What `seen_by` gave.
        same: Whether the two are the same, so that all variables are.
    """
    for token in pattern:
        if token.kind != "variable" or (same and token.value not in known):
            continue
        value = known.get(token.value)
        if value is None and token.value != USERNAME:
            return None
        if value is not None and value.kind == "text" and not scope.is_component(value.value):
            return None
    return elements(pattern, known)


Values = Mapping[str, str]
"""What numbered variables stand for."""


def persona(*parts: tuple[Whom, Values], attributes: Mapping[str, tuple[str, ...]]) -> Persona | None:
    """Make somebody who is meant in each of some ways, and no more than that takes; None is nobody at all.

    Raises:
        ValueError: Nobody can be all of them.
    """
    if (
        all(whom.kind is Kind.EVERYONE and USERNAME not in values for whom, values in parts)
        and not attributes
    ):
        return None
    names = {values[USERNAME] for _, values in parts if USERNAME in values}
    named = {
        (whom, example(whom.name, _with_own_name(whom, values)))
        for whom, values in parts
        if whom.kind in (Kind.USER, Kind.ROBOT)
    }
    names |= {name for _, name in named}
    if len(names) > 1 or len({whom.kind for whom, _ in named}) > 1:
        raise ValueError("nobody has two names")
    (name,) = names or {_ANYBODY}
    is_robot = any(whom.kind is Kind.ROBOT for whom, _ in named)
    groups = tuple(
        _group(whom, {USERNAME: name, **values})
        for whom, values in parts
        if whom.kind in (Kind.GROUP, Kind.GROUP_DN)
    )
    return Persona(
        ROBOT_PREFIX + name if is_robot else name, groups, is_robot=is_robot, attributes=attributes
    )


def _with_own_name(whom: Whom, values: Values) -> Values:
    """Add the variable that captures the whole of one's own name."""
    if _OWN_NAME in whom.numbers.values() and USERNAME in values:
        return {**values, "1": values[USERNAME]}
    return values


def example(symbols: Iterable[str] | Elements, values: Values) -> str:
    """Give one name for a pattern or a word with variables."""
    pieces = []
    for symbol in symbols:
        if isinstance(symbol, Token):
            kind, value = symbol.kind, symbol.value
        else:
            kind, value = ("variable", symbol[1:-1]) if len(symbol) > 1 else ("text", symbol)
        if kind == "variable":
            pieces.append(values.get(value, _ANYBODY if value == USERNAME else f"v{value}"))
        else:
            pieces.append(value if kind == "text" else "x")
    return "".join(pieces)


def _of_name(kind: Kind, pattern: NamePattern) -> Whom:
    if pattern.key is not None:
        text = elements([Token("text", pattern.key)])
        return Whom(kind, pattern.key, text, None, pattern.key, pattern, {})
    tokens = folded(pattern)
    numbers = _number(token.value for token in tokens if token.kind == "variable")
    name = elements(tokens, numbers)
    if kind is Kind.USER and len(tokens) == 1:
        numbers = dict.fromkeys(numbers, _OWN_NAME)
    return Whom(kind, written(name), name, None, pattern.text, pattern, numbers)


def _of_dn(pattern: DNPattern) -> Whom:
    values = [value[1:-1] for rdn in pattern.name.rdns for _, value in rdn if value[:1] == "{"]
    numbers = _number(values)
    numbered = DN(
        tuple(
            tuple(
                (kind, f"{{{numbers[value[1:-1]].value}}}" if value[:1] == "{" else value)
                for kind, value in r
            )
            for r in pattern.name.rdns
        )
        if pattern.key is None
        else pattern.name.rdns
    )
    return Whom(Kind.GROUP_DN, "", (), numbered, str(pattern.name), pattern, numbers)


def _number(names: Iterable[str]) -> dict[str, Token]:
    """Number variables in the order in which they stand; one's own name keeps its."""
    numbered: dict[str, Token] = {}
    for name in names:
        count = str(len(numbered) + 1)
        numbered.setdefault(name, _OWN_NAME if name == USERNAME else Token("variable", count))
    return numbered


def _within(narrower: Elements, wider: Elements) -> bool:
    """Tell whether one pattern of names lies within another, whatever they capture."""
    try:
        return beyond(_captureless(narrower), [_captureless(wider)], grammar=NAMES) is None
    except TooHardError:
        return False


def _captureless(pattern: Elements) -> Elements:
    return tuple(
        Token("piece", "") if token.kind == "variable" and token != _OWN_NAME else token for token in pattern
    )


def _captured(wider: Whom, narrower: Whom, own: Mapping[str, Token]) -> Mapping[str, Token] | None:
    """Match the one name that is meant with a pattern."""
    literal, source = narrower.literal, wider.source
    username = own[USERNAME].value if USERNAME in own else "\0"  # of a group's members nothing is known
    if isinstance(source, DNPattern):
        captures = source.match(literal, username) if isinstance(literal, DN) else None
    elif source is not None and isinstance(literal, str):
        captures = source.match(literal, username)
    else:
        captures = None
    if captures is None:
        return None
    return {**own, **{wider.numbers[name].value: Token("text", value) for name, value in captures}}


def _group(whom: Whom, values: Values) -> NamedGroup:
    if whom.dn is None:
        return NamedGroup(example(whom.name, values))
    rdns = tuple(
        tuple((kind, example([value], values) if value[:1] == "{" else value) for kind, value in rdn)
        for rdn in whom.dn.rdns
    )
    return NamedGroup(rdns[0][0][1], DN(rdns))
