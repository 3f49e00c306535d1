"""Patterns over repository names.

A pattern matches a whole name, never a part. `*` is a run of characters but `/`, `?` is one, `**` is one or
more whole components. `{name}` stands for the very text that it captured of a group's or person's name: it is
quoted, so a group called `team-*` owns nothing but a literal `*`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import re2

from app.errors import UnfitError
from app.protocol import scope
from app.rules.patterns.expression import Expression, expressions, shared
from app.rules.patterns.syntax import WILDCARDS, Token, TokenKind, cut, is_plain, likeliest_name, variables

_PARSED = 1024
"""Patterns that are kept parsed: rules that stand together are often about the same names."""
ANYWHERE = ""
"""The place of all names, and of patterns that have no other."""
CATALOG_PLACE = "*"
"""The place of the catalog; no component of a repository is called so."""
_GRAM = 4
"""Characters of a text that is a place: names have few of them, and patterns seldom the same."""
_SIGNS = frozenset("*?{")
_TEXT = re.compile(r"[a-z0-9._/:-]+")


@dataclass(frozen=True, slots=True)
class RepositoryPattern:
    """A pattern over repository names.

    Attributes:
        text: As written.
        variables: Must be bound by who the rule is for.
        literal: Whether it matches one name alone.
        beginning: All before the first wildcard: text and variables.
        rest: The first wildcard and all behind it.
        fixed: What every name that it matches begins with, whatever is bound.
        place: A place of every name that it matches; see `places`.
        expression: That of the rest; None where it depends on what is bound.
        bound: Makes it then.
    """

    text: str
    variables: frozenset[str]
    literal: bool
    beginning: tuple[Token, ...]
    rest: tuple[Token, ...]
    fixed: str
    place: str
    expression: Expression | None = field(compare=False, repr=False)
    bound: Callable[[str], Expression] = field(compare=False, repr=False)

    @staticmethod
    @functools.lru_cache(maxsize=_PARSED)
    def parse(text: str) -> RepositoryPattern:
        """Read a pattern.

        Raises:
            UnfitError: It is none, or no repository name could ever match it.
        """
        tokens = cut(text)
        plain = is_plain(tokens)
        if not scope.is_repository(text.removesuffix("/**")):  # else there is no need to look closer
            _check_pieces(tokens, text)
            _check_components(text.split("/"), text)
            if not scope.is_repository(likeliest_name(text)):
                hint = f"a repository name has {scope.MAX_NAME} characters"
                raise UnfitError(f"{text!r} is too long", hint)
        wild = (index for index, token in enumerate(tokens) if token.kind in WILDCARDS)
        count = next(wild, len(tokens))
        fixed = tokens[0].value if tokens[0].kind is TokenKind.TEXT else ""
        rest, used = tokens[count:], variables(tokens)
        expression = None if used and variables(rest) else shared(_source(rest, {}))
        bound = shared if expression is not None else expressions()
        place = _place(text.split("/"), tokens)
        return RepositoryPattern(text, used, plain, tokens[:count], rest, fixed, place, expression, bound)

    def matches(self, name: str, bound: Mapping[str, str]) -> bool:
        """Whether it matches a repository name, with the variables standing for what is bound.

        A value that is no legal component of a repository name matches nothing.
        """
        if self.literal:
            return name == self.text
        # what is left for RE2 has seldom a variable in it, so few patterns are compiled
        position = 0
        for kind, value in self.beginning:
            piece = bound.get(value, "") if kind is TokenKind.VARIABLE else value
            if not name.startswith(piece, position):
                return False
            position += len(piece)
        for variable in self.variables:
            if not scope.is_component(bound.get(variable, "")):
                return False
        expression = self.expression or self.bound(_source(self.rest, bound))
        return expression.match(name[position:]) is not None


def places(name: str, grams: Iterable[int]) -> Iterator[str]:
    """Return the places of a repository name: a pattern that matches it has one of them.

    They are its first component, each further one after a slash, each text of some lengths after a tilde, and
    the place of all names.

    Args:
        name: The name.
        grams: The lengths of the texts of which patterns have one as their place.
    """
    first, *further = name.split("/")
    yield from (first, ANYWHERE)
    yield from (f"/{component}" for component in further)
    for length in grams:
        yield from (f"~{name[start : start + length]}" for start in range(len(name) - length + 1))


def gram(place: str) -> int:
    """Return the length of the text that a place is; 0 where it is no text."""
    return len(place) - 1 if place.startswith("~") else 0


def _place(components: Sequence[str], tokens: Iterable[Token]) -> str:
    """Choose a place of every name that a pattern matches, which few other names have."""
    first, *further = (component if _SIGNS.isdisjoint(component) else "" for component in components)
    if first:
        return first
    longest = max(further, key=len, default="")
    if longest:
        return f"/{longest}"
    texts = (text for token in tokens if token.kind is TokenKind.TEXT for text in token.value.split("/"))
    longest = max(texts, key=len, default="")
    return f"~{longest[-_GRAM:]}" if longest else ANYWHERE


def _source(tokens: Iterable[Token], bound: Mapping[str, str]) -> str:
    pieces = []
    for token in tokens:
        if token.kind is TokenKind.VARIABLE:
            pieces.append(re2.escape(bound[token.value]))
        else:
            pieces.append(WILDCARDS.get(token.kind) or re2.escape(token.value))
    return "".join(pieces)


def _check_pieces(tokens: Iterable[Token], text: str) -> None:
    """Check the letters of what is written out.

    Raises:
        UnfitError: No repository name has one of them.
    """
    for token in tokens:
        if token.kind is TokenKind.TEXT and not _TEXT.fullmatch(token.value):
            raise UnfitError(f"{text!r} matches no repository name", _letters_hint(token.value))


def _check_components(components: Sequence[str], text: str) -> None:
    """Check what stands between the slashes.

    Raises:
        UnfitError: No repository name has such a component.
    """
    for index, component in enumerate(components):
        if not component:
            raise UnfitError(f"{text!r} has an empty component", "no '/' at the ends, nor two in a row")
        if "**" in component and component != "**":
            raise UnfitError(f"{text!r} has '**' beside other text", "'**' stands alone between slashes")
        likeliest = likeliest_name(component)
        if scope.is_component(likeliest):
            continue
        is_host = index == 0 and len(components) > 1  # then it may have a port
        if not (is_host and scope.is_repository(f"{likeliest}/x")):
            hint = _component_hint(component, text, is_host=is_host)
            raise UnfitError(f"{text!r} matches no repository name: {component!r}", hint)


def _letters_hint(text: str) -> str:
    """Return what to write instead of characters that no repository name has."""
    if "@" in text:
        return "a rule is about repositories: take the @ and what follows out"
    if re.fullmatch(r"[A-Za-z0-9._/:-]+", text):
        return "repository names have no capitals"
    return "repository names have a-z 0-9 . _ - / alone"


def _component_hint(text: str, whole: str, *, is_host: bool) -> str:
    """Return what to write instead of a component that no repository name has.

    Args:
        text: The component.
        whole: The pattern that it is part of.
        is_host: Whether it stands where a host might.
    """
    if ":" not in text:
        return "separators stand between letters or digits"
    if "://" in whole:
        return "take the registry's address out, and begin with the name behind it"
    if is_host:
        return "a host has a number behind its colon, as in host:5000/app"
    return "a rule is about repositories: take the tag out"
