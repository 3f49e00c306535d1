"""The subjects and names that prove something about rules: nobody more than the rules in question ask for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.dn import DN
from app.rules import robot_names
from app.rules.decision import WhoKind
from app.rules.parts.audience import OWN_NAME, Audience, Called
from app.rules.parts.automaton import Elements
from app.rules.patterns.syntax import USERNAME, Token, TokenKind
from app.rules.persona import NamedGroup, Persona

_ANYBODY = "somebody"
_NAMED = (WhoKind.USER, WhoKind.ROBOT)

Values = Mapping[str, str]
"""What numbered variables stand for."""


def persona(*parts: tuple[Audience, Values], attributes: Mapping[str, tuple[str, ...]]) -> Persona | None:
    """Make a subject that is meant in each of some ways and has nothing else; None is nobody at all.

    Raises:
        ValueError: Nobody can be all of them.
    """
    is_anonymous = all(
        audience.kind is WhoKind.EVERYONE and USERNAME not in values for audience, values in parts
    )
    if is_anonymous and not attributes:
        return None
    names = {values[USERNAME] for _, values in parts if USERNAME in values}
    names |= {_own_name(audience, values) for audience, values in parts if audience.kind in _NAMED}
    if len(names) > 1 or len({audience.kind for audience, _ in parts if audience.kind in _NAMED}) > 1:
        raise ValueError("nobody has two names")
    (name,) = names or {_ANYBODY}
    is_robot = any(audience.kind is WhoKind.ROBOT for audience, _ in parts)
    groups = tuple(
        group(called, {USERNAME: name, **values})
        for audience, values in parts
        if audience.kind is WhoKind.GROUP
        for called in audience.called
    )
    canonical = robot_names.canonical(name) if is_robot else name
    return Persona(canonical, groups, is_robot=is_robot, attributes=attributes)


def _own_name(audience: Audience, values: Values) -> str:
    """Return the name of a person or robot that a pattern means."""
    if OWN_NAME in audience.numbers.values() and USERNAME in values:
        values = {**values, "1": values[USERNAME]}  # the variable that captures the whole of the name
    return example(audience.called[0].name, values)


def group(called: Called, values: Values) -> NamedGroup:
    """Make a group that is called so."""
    if called.dn is None:
        return NamedGroup(example(called.name, values))
    rdns = tuple(
        tuple((kind, example([value], values) if value[:1] == "{" else value) for kind, value in rdn)
        for rdn in called.dn.rdns
    )
    return NamedGroup(rdns[0][0][1], DN(rdns))


def example(symbols: Iterable[str] | Elements, values: Values) -> str:
    """Return a name for a pattern, or for a word with variables."""
    pieces = []
    for symbol in symbols:
        if isinstance(symbol, Token):
            kind, value = symbol.kind, symbol.value
        else:
            kind, value = (TokenKind.VARIABLE, symbol[1:-1]) if len(symbol) > 1 else (TokenKind.TEXT, symbol)
        if kind is TokenKind.VARIABLE:
            pieces.append(values.get(value, _ANYBODY if value == USERNAME else f"v{value}"))
        else:
            pieces.append(value if kind is TokenKind.TEXT else "x")
    return "".join(pieces)
