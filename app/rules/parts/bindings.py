"""For whom a rule is about one resource: what the variables of its clauses stand for there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.dn import DN
from app.protocol import scope
from app.protocol.scope import ResourceType
from app.rules.decision import WhoKind
from app.rules.model import Rule
from app.rules.parts.audience import Audience, Called, but, described
from app.rules.parts.automaton import Elements, elements, prefix, written
from app.rules.parts.clauses import clauses
from app.rules.parts.examples import group
from app.rules.patterns.dns import DNPattern
from app.rules.patterns.syntax import USERNAME, Captures, Token, TokenKind

MOST_STEPS = 20_000
"""Steps in which one pattern is matched with one name; what people write needs a few dozen."""
_MOST = 32
"""Solutions that are returned: `{a}{b}` has one for each cut of a component."""


def solve(pattern: Elements, name: str, steps: int = MOST_STEPS) -> list[Mapping[str, str]]:
    """Return what the variables stand for, in each way in which a pattern matches a name.

    Every value is a legal component of a repository name, and one variable has one value. After so many
    steps, what was found by then is returned.
    """
    if not scope.is_repository(name) or not name.startswith(prefix(pattern)):
        return []
    walk = _Walk(pattern, name, steps)
    found: list[Mapping[str, str]] = []
    for solution in walk.solutions(0, 0, {}):
        if solution not in found:
            found.append(solution)
        if len(found) == _MOST:
            break
    return found


class _Walk:
    """A walk over a pattern and a name; no place is visited twice with the same values."""

    def __init__(self, pattern: Elements, name: str, steps: int) -> None:
        self._pattern, self._name, self._most = pattern, name, steps
        self._seen: set[tuple[int, int, tuple[tuple[str, str], ...]]] = set()

    def solutions(self, index: int, place: int, bound: dict[str, str]) -> Iterator[Mapping[str, str]]:
        """Go on from an element of the pattern and a place in the name."""
        key = (index, place, tuple(sorted(bound.items())))
        if key in self._seen or len(self._seen) > self._most:
            return
        self._seen.add(key)
        if index == len(self._pattern):
            if place == len(self._name):
                yield bound
            return
        for end in self._ends(index, place, bound):
            token = self._pattern[index]
            value = self._name[place:end]
            further = {**bound, token.value: value} if token.kind is TokenKind.VARIABLE else bound
            yield from self.solutions(index + 1, end, further)

    def _ends(self, index: int, place: int, bound: Mapping[str, str]) -> Iterator[int]:
        """Return the places where an element that begins somewhere can end."""
        token, name = self._pattern[index], self._name
        slash = name.find("/", place)
        component_end = len(name) if slash < 0 else slash
        match token.kind:
            case TokenKind.TEXT:
                if name.startswith(token.value, place):
                    yield place + len(token.value)
            case TokenKind.ONE:
                if place < component_end:
                    yield place + 1
            case TokenKind.RUN:
                yield from range(component_end, place, -1)
            case TokenKind.DEEP:
                yield from (
                    end for end in range(place + 1, len(name) + 1) if end == len(name) or name[end] == "/"
                )
            case TokenKind.VARIABLE if token.value in bound:
                if name.startswith(bound[token.value], place):
                    yield place + len(bound[token.value])
            case TokenKind.VARIABLE:
                ends = range(component_end, place, -1)
                yield from (end for end in ends if scope.is_component(name[place:end]))


@dataclass(frozen=True, slots=True)
class Reached:
    """One way in which a rule is about a resource.

    Attributes:
        audience: For whom, as the rule has it.
        names: The names or DNs that are meant, variables solved; none for everyone and authenticated.
        exact: Whether these are names rather than patterns.
        username: The only subject that is meant, where the pattern has one's own name in it; else empty.
        captures: What the variables of the rule stand for.
        values: The same by number.
    """

    rule: Rule
    audience: Audience
    names: tuple[str, ...]
    exact: bool
    username: str
    captures: Captures
    values: Mapping[str, str]

    def __str__(self) -> str:
        """Return for whom: `group team-web`, `user alice`, `everyone`."""
        if self.username and not self.audience.called:
            return but(described(WhoKind.USER, [self.username]), self.audience)
        said = described(self.audience.kind, self.names)
        return but(f"{said}, as user {self.username}" if self.username else said, self.audience)

    def groups(self) -> tuple[DN | str, ...]:
        """Return the groups that are meant, by DN or by name."""
        values = {USERNAME: self.username, **self.values} if self.username else self.values
        made = (group(called, values) for called in self.audience.called)
        return tuple(
            one.dn if one.dn is not None else name for one, name in zip(made, self.names, strict=True)
        )


def reach(rule: Rule, kind: ResourceType, name: str, steps: int = MOST_STEPS) -> Iterator[Reached]:
    """Return each way in which a rule is about a resource, whatever its actions and conditions.

    Args:
        rule: Which.
        kind: Of the resource.
        name: Of the resource.
        steps: How many are taken to match each of its patterns.
    """
    told = set()
    for clause in clauses(rule):
        if clause.type is not kind or not name.startswith(clause.prefix):
            continue
        solutions = solve(clause.pattern, name, steps) if kind is ResourceType.REPOSITORY else [{}]
        for values in solutions:
            made = reached(rule, clause.audience, values)
            if made is not None and str(made) not in told:
                told.add(str(made))
                yield made


def reached(rule: Rule, audience: Audience, values: Mapping[str, str]) -> Reached | None:
    """Put the values into the names; None where such a name would capture something else."""
    own = values.get(USERNAME, "")
    numbered = audience.numbers.items()
    captures = tuple(sorted((n, values[v.value]) for n, v in numbered if v.value in values and n != USERNAME))
    names = []
    for called in audience.called:
        name, exact = _named(called, audience, values, own, captures)
        if exact and not _captures(called, name, own, captures):
            return None
        names.append((name, exact))
    exact = all(exact for _, exact in names) if names else not own
    username = "" if audience.kind is WhoKind.USER else own
    return Reached(rule, audience, tuple(name for name, _ in names), exact, username, captures, values)


def _named(
    called: Called, audience: Audience, values: Mapping[str, str], own: str, captures: Captures
) -> tuple[str, bool]:
    """Return a name with its variables solved, and whether it is one name rather than a pattern."""
    if called.dn is not None:
        text = called.text
        for variable, value in (*captures, (USERNAME, own)):
            text = text.replace(f"{{{variable}}}", value) if value else text
        return text, called.literal is not None or "{" not in text
    is_whole = audience.kind is WhoKind.USER and [token.kind for token in called.name] == [TokenKind.VARIABLE]
    if is_whole and own:  # the variable is the whole of one's own name
        return own, True
    bound = {number: Token(TokenKind.TEXT, value) for number, value in values.items()}
    name = elements(called.name, bound)
    return written(name), all(token.kind is TokenKind.TEXT for token in name)


def _captures(called: Called, name: str, own: str, captures: Captures) -> bool:
    """Whether a name captures what it was made of."""
    if isinstance(called.source, DNPattern):
        return True  # a variable is a whole value there
    found = called.source.match(name, own or name)
    known = dict(captures)
    return found is not None and all(known.get(variable, value) == value for variable, value in found)
