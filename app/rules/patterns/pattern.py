"""Patterns over repository names, and over the names and DNs of groups, people and robots.

A pattern matches a whole name, never a part. `*` is a run of characters but `/`, `?` is one, `**` is one or
more whole components. `{name}` captures a piece of a group's or person's name, and stands in a repository
pattern for that very text: it is quoted, so a group called `team-*` owns nothing but a literal `*`.

Matching is RE2's, linear in the length of the name: the name comes from anyone on the network.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import re2

from app import dn
from app.errors import UnfitError
from app.protocol import scope
from app.rules.patterns import hints, regex
from app.rules.patterns.pieces import (
    MAX_LENGTH,
    NO_VARIABLES,
    Token,
    cut,
    is_plain,
    likeliest_name,
    variables,
)
from app.rules.patterns.regex import Captures as Captures  # noqa: PLC0414 - part of what this module gives
from app.rules.patterns.shape import Beginning, End, Written

USERNAME = "username"
"""The variable that every rule has: the subject's own name."""

_PARSED = 1024
"""Patterns that are kept parsed: rules that stand together are often about the same names."""
_TEXT = re.compile(r"[a-z0-9._/:-]+")
_WHOLE_VARIABLE = re.compile(r"\{[a-z][a-z0-9_]*\}")
_PIECE = r"[a-z0-9._-]+"
_SIGNS = frozenset("*{}")
_WHOLE_DN = "write cn=name,ou=groups,dc=example,dc=com"
_WILDCARDS = {"deep": r"[^/]+(?:/[^/]+)*", "run": r"[^/]+", "one": r"[^/]"}


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
        first: The first component of every name that it matches; empty where it is not written out.
        source: The regular expression of the rest; None where it depends on what is bound.
    """

    text: str
    variables: frozenset[str]
    literal: bool
    beginning: tuple[Token, ...]
    rest: tuple[Token, ...]
    fixed: str
    first: str
    source: str | None

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
        wild = (index for index, token in enumerate(tokens) if token.kind in _WILDCARDS)
        count = next(wild, len(tokens))
        fixed = tokens[0].value if tokens[0].kind == "text" else ""
        component, _, below = fixed.partition("/")
        first = component if below or plain or fixed.endswith("/") else ""
        rest, used = tokens[count:], variables(tokens)
        source = None if used and variables(rest) else _source(rest, {})
        return RepositoryPattern(text, used, plain, tokens[:count], rest, fixed, first, source)

    def matches(self, name: str, bound: Mapping[str, str]) -> bool:
        """Tell whether it matches a repository name, with the variables standing for what is bound.

        A value that is no legal component of a repository name matches nothing.
        """
        if self.literal:
            return name == self.text
        # what is left for RE2 has seldom a variable in it, so few patterns are compiled
        position = 0
        for kind, value in self.beginning:
            piece = bound.get(value, "") if kind == "variable" else value
            if not name.startswith(piece, position):
                return False
            position += len(piece)
        for variable in self.variables:
            if not scope.is_component(bound.get(variable, "")):
                return False
        source = self.source if self.source is not None else _source(self.rest, bound)
        return regex.compiled(source).fullmatch(name[position:]) is not None


def _source(tokens: Iterable[Token], bound: Mapping[str, str]) -> str:
    pieces = []
    for token in tokens:
        if token.kind == "variable":
            pieces.append(re2.escape(bound[token.value]))
        else:
            pieces.append(_WILDCARDS.get(token.kind) or re2.escape(token.value))
    return "".join(pieces)


def _check_pieces(tokens: Iterable[Token], text: str) -> None:
    """Check the letters of what is written out.

    Raises:
        UnfitError: No repository name has one of them.
    """
    for token in tokens:
        if token.kind == "text" and not _TEXT.fullmatch(token.value):
            raise UnfitError(f"{text!r} matches no repository name", hints.letters(token.value))


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
            hint = hints.component(component, text, is_host=is_host)
            raise UnfitError(f"{text!r} matches no repository name: {component!r}", hint)


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A pattern over the folded names of groups, people or robots; its variables capture pieces of them.

    Attributes:
        text: As written.
        key: The folded name where it is a plain one; None where it is a pattern.
        variables: What it captures; `username` is compared, not captured.
        source: The regular expression of a pattern that is the same for everybody; None of any other.
        longest: The longest text that every name has which it matches, folded.
    """

    text: str
    tokens: tuple[Token, ...]
    key: str | None
    variables: frozenset[str]
    source: str | None
    longest: str

    @staticmethod
    @functools.lru_cache(maxsize=_PARSED)
    def parse(text: str) -> NamePattern:
        """Read a pattern.

        Raises:
            UnfitError: It is none.
        """
        tokens = cut(" ".join(text.split()))
        if is_plain(tokens):
            key = dn.fold(text)
            return NamePattern(text, tokens, key, NO_VARIABLES, None, key)
        if any(token.kind == "deep" for token in tokens):
            raise UnfitError(f"{text!r} has '**', which is for repositories", "write '*'")
        captured = [token.value for token in tokens if token.kind == "variable" and token.value != USERNAME]
        if len(captured) != len(set(captured)):
            raise UnfitError(f"{text!r} captures one variable twice", "name the second one differently")
        own = any(token == Token("variable", USERNAME) for token in tokens)
        source = None if own else _name_source(tokens, "")
        texts = (dn.fold_case(token.value) for token in tokens if token.kind == "text")
        longest = max(texts, key=len, default="")
        return NamePattern(text, tokens, None, frozenset(captured), source, longest)

    @property
    def is_personal(self) -> bool:
        """Tell whether it compares something with the name of whoever asks."""
        return self.key is None and self.source is None

    def match(self, name: str, username: str) -> Captures | None:
        """Match a folded name; None where it does not match."""
        if self.key is not None:
            return () if name == self.key else None
        if self.longest not in name:  # far cheaper, where thousands of patterns are tried
            return None
        return regex.captures(self.source or _name_source(self.tokens, username), name)

    @property
    def shape(self) -> tuple[Beginning | End, str]:
        """Give what every name that it matches begins or ends with; the empty beginning is nothing."""
        ends = self.tokens[0], self.tokens[-1]
        first, last = (dn.fold_case(token.value) if token.kind == "text" else "" for token in ends)
        return (End(len(last)), last) if last and not first else (Beginning(len(first)), first)


def _name_source(tokens: Iterable[Token], username: str) -> str:
    pieces = []
    for token in tokens:
        if token.kind != "variable":
            pieces.append(_WILDCARDS.get(token.kind) or re2.escape(dn.fold_case(token.value)))
        elif token.value == USERNAME:
            pieces.append(re2.escape(username))
        else:
            pieces.append(f"(?P<{token.value}>{_PIECE})")
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class DNPattern:
    """A group's DN, compared as a DN: exact, or with variables as whole attribute values.

    Attributes:
        text: As written.
        key: The DN where it is a plain one; None where it is a pattern.
        variables: What it captures; `username` is compared, not captured.
    """

    text: str
    name: dn.DN
    key: dn.DN | None
    variables: frozenset[str]

    @staticmethod
    @functools.lru_cache(maxsize=_PARSED)
    def parse(text: str) -> DNPattern:
        """Read a DN.

        Raises:
            UnfitError: It is none.
        """
        try:
            name = dn.parse(text)
        except UnfitError:
            raise
        except ValueError as error:
            hint = _WHOLE_DN
            if any(not part.strip() for part in text.split(",")):
                hint = "take out the comma that nothing stands beside"
            raise UnfitError(f"{text!r} is no DN: {error}", hint) from error
        if len(text) > MAX_LENGTH:
            raise UnfitError(f"a pattern has {MAX_LENGTH} characters at the most")
        if not all(value for rdn in name.rdns for _, value in rdn):
            raise UnfitError(f"{text!r} has nothing behind a =", _WHOLE_DN)
        values = [value for rdn in name.rdns for _, value in rdn]
        if _SIGNS.isdisjoint("".join((text, *values))):
            return DNPattern(text, name, name, NO_VARIABLES)
        if any(text.count(sign) != sum(value.count(sign) for value in values) for sign in _SIGNS):
            raise UnfitError(f"{text!r} has an escaped *, {{ or }}", "name such a group by its name")
        captured = [value[1:-1] for value in values if _WHOLE_VARIABLE.fullmatch(value)]
        if len(captured) != len(set(captured)):
            raise UnfitError(f"{text!r} captures one variable twice", "name the second one differently")
        if any(not _SIGNS.isdisjoint(value) for value in values if value[1:-1] not in captured):
            hint = "in a DN only {name} as one whole value is a pattern"
            raise UnfitError(f"{text!r} has a pattern inside an attribute value", hint)
        return DNPattern(text, name, None if captured else name, frozenset(captured) - {USERNAME})

    @property
    def is_personal(self) -> bool:
        """Tell whether it compares something with the name of whoever asks."""
        own = f"{{{USERNAME}}}"
        return self.key is None and any(value == own for rdn in self.name.rdns for _, value in rdn)

    def match(self, name: dn.DN, username: str) -> Captures | None:
        """Match a group's DN; None where it does not match."""
        if self.key is not None:
            return () if name == self.key else None
        if len(name.rdns) != len(self.name.rdns):
            return None
        captures: dict[str, str] = {USERNAME: username}
        for wanted, actual in zip(self.name.rdns, name.rdns, strict=True):
            if not _match_rdn(wanted, actual, captures):
                return None
        del captures[USERNAME]
        return tuple(sorted(captures.items()))

    @property
    def shape(self) -> tuple[Written, tuple[tuple[dn.Attribute, ...], ...] | None]:
        """Give the RDNs that every DN that it matches has where it has them."""
        rdns = self.name.rdns
        places = (place for place, rdn in enumerate(rdns) if not any(value[:1] == "{" for _, value in rdn))
        shape = Written(len(rdns), tuple(places))
        return shape, shape.of(self.name)


def _match_rdn(
    wanted: tuple[dn.Attribute, ...], actual: tuple[dn.Attribute, ...], captures: dict[str, str]
) -> bool:
    """Match one RDN; what its variables stand for is added to the captures."""
    if [kind for kind, _ in wanted] != [kind for kind, _ in actual]:
        return False
    for (_, pattern), (_, value) in zip(wanted, actual, strict=True):
        if pattern[:1] == "{":
            if captures.setdefault(pattern[1:-1], value) != value:
                return False
        elif pattern != value:
            return False
    return True


def parse_group(text: str) -> NamePattern | DNPattern:
    """Read a group pattern: a DN where it has `=` in it, else a name.

    Raises:
        UnfitError: It is neither.
    """
    return DNPattern.parse(text) if "=" in text else NamePattern.parse(text)
