"""For whom a rule is, one way at a time, so that two rules, or a rule and a repository, can be compared.

A rule for two groups and one person has three audiences. Two audiences are equal where they mean the same
subjects and capture the same pieces, however the variables are called: variables are numbered.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.dn import DN, fold
from app.protocol import scope
from app.rules.decision import WhoKind
from app.rules.model import Who
from app.rules.parts.automaton import (
    NAMES,
    Elements,
    TooHardError,
    beyond,
    elements,
    folded,
    prefix,
    written,
)
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.names import NamePattern
from app.rules.patterns.syntax import USERNAME, Token, TokenKind

OWN_NAME = Token(TokenKind.VARIABLE, USERNAME)
Known = Mapping[str, Token]
"""What variables, by number, are known to stand for: a text, or a variable of another audience."""


@dataclass(frozen=True, slots=True)
class Called:
    """How a subject, or a group that a subject is in, must be called.

    Attributes:
        key: The name or pattern as a text, with its variables numbered; empty for a DN.
        dn: The DN, with its variables numbered; None for a name.
        name: The name or pattern as elements; empty for a DN.
        prefix: The text with which every such name begins; empty for a DN.
        text: As it was written.
        source: The pattern as it was read.
    """

    key: str
    dn: DN | None
    name: Elements = field(compare=False)
    prefix: str = field(compare=False)
    text: str = field(compare=False)
    source: NamePattern | DNPattern = field(compare=False)

    @property
    def literal(self) -> str | DN | None:
        """The one name or DN that is meant; None where it is a pattern."""
        return self.source.key

    def cover(self, narrower: Called, numbers: Mapping[str, Token], own: Known) -> Known | None:
        """Return what the variables stand for, if this matches all that `narrower` does; None if not.

        Args:
            narrower: How somebody else must be called.
            numbers: The number of each variable of this pattern.
            own: What is known of the subject's own name.
        """
        if not narrower.prefix.startswith(self.prefix):
            return None
        if narrower.literal is not None:
            return _captured(self.source, narrower.literal, numbers, own)
        if self.dn is not None or narrower.dn is not None:
            return _matched(self.dn, narrower.dn, own)
        alike = _alike(self.name, narrower.name)
        if alike is not None:
            return {**alike, **own}
        return own if _within(narrower.name, self.name) else None


@dataclass(frozen=True, slots=True)
class Audience:
    """One way in which a rule is for somebody.

    Attributes:
        kind: Never `GROUPS`: several groups that a subject must all be in are a `GROUP` with several names.
        called: How the subject, or each of the groups that it must be in, is called.
        exceptions: Who of them is not meant.
        numbers: The number of each variable, as a token.
    """

    kind: WhoKind
    called: tuple[Called, ...] = ()
    exceptions: frozenset[Audience] = frozenset()
    numbers: Mapping[str, Token] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        """Return it as people read it: `group team-{team}`, `everyone`."""
        return but(described(self.kind, [one.text for one in self.called]), self)

    @property
    def literal(self) -> tuple[str | DN, ...] | None:
        """The names or DNs that are meant; None where one is a pattern, or where nobody is named."""
        names = tuple(one.literal for one in self.called if one.literal is not None)
        return names if self.called and len(names) == len(self.called) else None

    @property
    def variables(self) -> Known:
        """What the variables of the rule's repositories stand for, apart from those that nothing binds."""
        if self.kind is WhoKind.USER and self.literal is not None:
            return {USERNAME: Token(TokenKind.TEXT, str(self.literal[0]))}
        return self.numbers

    def names_another(self, other: Audience) -> bool:
        """Whether no subject is meant by both, because it would need two names."""
        named = (WhoKind.USER, WhoKind.ROBOT)
        if self.kind not in named or other.kind not in named:
            return False
        both_literal = self.literal is not None and other.literal is not None
        return self.kind is not other.kind or (both_literal and self.literal != other.literal)

    def cover(self, narrower: Audience) -> Known | None:
        """Return what the variables stand for, if this means every subject of `narrower`; None if not."""
        if not self.exceptions <= narrower.exceptions:
            return None
        variables = narrower.variables
        own = {USERNAME: variables[USERNAME]} if USERNAME in variables else {}
        if self.kind is WhoKind.EVERYONE:
            return own
        if self.kind is WhoKind.AUTHENTICATED:
            return own if narrower.kind is not WhoKind.EVERYONE else None
        if self.kind is not narrower.kind:
            return None
        return _cover_all(self.called, narrower.called, self.numbers, own)


EVERYONE, AUTHENTICATED = Audience(WhoKind.EVERYONE), Audience(WhoKind.AUTHENTICATED)


def described(kind: WhoKind, names: Sequence[str]) -> str:
    """Put a kind and names into words: `group team-web`, `groups team-web and editors`, `everyone`."""
    return f"{kind}{'s' if len(names) > 1 else ''} {' and '.join(names)}".strip()


def but(words: str, audience: Audience) -> str:
    """Add to words for an audience who of it is not meant."""
    exceptions = sorted(map(str, audience.exceptions))
    return f"{words}, but not {' or '.join(exceptions)}" if exceptions else words


def of(who: Who) -> Iterator[Audience]:
    """Return each way in which a rule is for somebody."""
    exceptions = who.exceptions
    meant = _each(Who(groups=exceptions.groups, users=exceptions.users, robots=exceptions.robots))
    kept = frozenset(meant)
    return (replace(one, exceptions=kept) for one in _each(who)) if kept else _each(who)


def _each(who: Who) -> Iterator[Audience]:
    for group in who.groups:
        yield _of(WhoKind.GROUP, group)
    if who.all_groups:
        yield _of(WhoKind.GROUP, *sorted(who.all_groups, key=lambda one: str(one.key or fold(one.text))))
    for user in who.users:
        yield _of(WhoKind.USER, user)
    for robot in who.robots:
        yield _of(WhoKind.ROBOT, robot)
    if who.authenticated:
        yield AUTHENTICATED
    if who.everyone:
        yield EVERYONE


def _of(kind: WhoKind, *patterns: NamePattern | DNPattern) -> Audience:
    numbers = _number(name for pattern in patterns for name in _variables(pattern))
    called = tuple(_called(pattern, numbers) for pattern in patterns)
    if kind is WhoKind.USER and patterns[0].key is None and len(called[0].name) == 1:
        numbers = dict.fromkeys(numbers, OWN_NAME)  # it captures the whole of one's own name
    return Audience(kind, called, numbers=numbers)


def _variables(pattern: NamePattern | DNPattern) -> Iterator[str]:
    """Return the variables of a pattern, in the order in which they stand."""
    if isinstance(pattern, NamePattern):
        return (token.value for token in pattern.tokens if token.kind is TokenKind.VARIABLE)
    return (value[1:-1] for rdn in pattern.name.rdns for _, value in rdn if value[:1] == "{")


def _number(names: Iterable[str]) -> dict[str, Token]:
    """Number variables; one's own name keeps its."""
    numbered: dict[str, Token] = {}
    for name in names:
        count = str(len(numbered) + 1)
        numbered.setdefault(name, OWN_NAME if name == USERNAME else Token(TokenKind.VARIABLE, count))
    return numbered


def _called(pattern: NamePattern | DNPattern, numbers: Mapping[str, Token]) -> Called:
    if isinstance(pattern, DNPattern):
        return Called("", _numbered(pattern, numbers), (), "", str(pattern.name), pattern)
    if pattern.key is not None:
        name = elements([Token(TokenKind.TEXT, pattern.key)])
        return Called(pattern.key, None, name, pattern.key, pattern.key, pattern)
    name = elements(folded(pattern), numbers)
    return Called(written(name), None, name, prefix(name), pattern.text, pattern)


def _numbered(pattern: DNPattern, numbers: Mapping[str, Token]) -> DN:
    if pattern.key is not None:
        return pattern.key
    return DN(
        tuple(
            tuple((kind, f"{{{numbers[v[1:-1]].value}}}" if v[:1] == "{" else v) for kind, v in rdn)
            for rdn in pattern.name.rdns
        )
    )


def _cover_all(
    wider: Sequence[Called], narrower: Sequence[Called], numbers: Mapping[str, Token], own: Known
) -> Known | None:
    """Find for each of some names one of `narrower` that it covers, so that all agree on the variables."""
    if not wider:
        return own
    for one in narrower:
        known = wider[0].cover(one, numbers, own)
        rest = _cover_all(wider[1:], narrower, numbers, own) if known is not None else None
        if known is not None and rest is not None and all(rest.get(k, v) == v for k, v in known.items()):
            return {**known, **rest}
    return None


def _captured(
    wider: NamePattern | DNPattern, literal: str | DN, numbers: Mapping[str, Token], own: Known
) -> Known | None:
    """Match the one name that is meant with a pattern."""
    username = own[USERNAME].value if USERNAME in own else "\0"  # of a group's members nothing is known
    if isinstance(wider, DNPattern):
        captures = wider.match(literal, username) if isinstance(literal, DN) else None
    else:
        captures = wider.match(literal, username) if isinstance(literal, str) else None
    if captures is None:
        return None
    return {**own, **{numbers[name].value: Token(TokenKind.TEXT, value) for name, value in captures}}


def _alike(wider: Elements, narrower: Elements) -> dict[str, Token] | None:
    """Compare two patterns over names that differ in the numbers of their variables at the most."""
    if len(wider) != len(narrower):
        return None
    known: dict[str, Token] = {}
    for one, other in zip(wider, narrower, strict=True):
        if one.kind is other.kind is TokenKind.VARIABLE and OWN_NAME not in (one, other):
            if known.setdefault(one.value, other) != other:
                return None
        elif one != other:
            return None
    return known


def _matched(wider: DN | None, narrower: DN | None, own: Known) -> Known | None:
    """Match a pattern over DNs with another one: a variable stands for whatever is at its place."""
    if wider is None or narrower is None or len(wider.rdns) != len(narrower.rdns):
        return None
    known = dict(own)
    for one, other in zip(wider.rdns, narrower.rdns, strict=True):
        if [kind for kind, _ in one] != [kind for kind, _ in other]:
            return None
        for (_, want), (_, value) in zip(one, other, strict=True):
            if not _match_value(want, value, known):
                return None
    return known


def _match_value(want: str, value: str, known: dict[str, Token]) -> bool:
    """Whether one value of a DN covers another; what its variable stands for is added to what is known."""
    if want[:1] != "{" or want[1:-1] == USERNAME:
        return want == value
    token = Token(TokenKind.VARIABLE, value[1:-1]) if value[:1] == "{" else Token(TokenKind.TEXT, value)
    return known.setdefault(want[1:-1], token) == token


def bind(tokens: Iterable[Token], audience: Audience) -> Elements | None:
    """Return a repository pattern with the variables of an audience; None where it matches nothing."""
    tokens = tuple(tokens)
    bound = audience.variables
    for token in tokens:
        if token.kind is not TokenKind.VARIABLE:
            continue
        if token.value == USERNAME and audience.kind is WhoKind.ROBOT:
            return None  # robot$NAME is no component of a repository name
        if token.value not in bound and token.value != USERNAME:
            return None
        value = bound.get(token.value, token)
        if value.kind is TokenKind.TEXT and not scope.is_component(value.value):
            return None
    return elements(tokens, bound)


def rebind(pattern: Elements, known: Known) -> Elements | None:
    """Return a pattern of a wider audience as it is for a narrower one; None where that is not known.

    Args:
        pattern: With numbered variables.
        known: What `cover` returned.
    """
    for token in pattern:
        if token.kind is not TokenKind.VARIABLE:
            continue
        value = known.get(token.value)
        if value is None and token.value != USERNAME:
            return None
        if value is not None and value.kind is TokenKind.TEXT and not scope.is_component(value.value):
            return None
    return elements(pattern, known)


@functools.lru_cache(maxsize=4096)
def _within(narrower: Elements, wider: Elements) -> bool:
    """Whether one pattern of names lies within another, whatever they capture."""
    try:
        return beyond(_captureless(narrower), [_captureless(wider)], grammar=NAMES) is None
    except TooHardError:
        return False


def _captureless(pattern: Elements) -> Elements:
    return tuple(
        Token(TokenKind.PIECE, "") if token.kind is TokenKind.VARIABLE and token != OWN_NAME else token
        for token in pattern
    )
