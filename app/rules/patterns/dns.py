"""Patterns over the DNs of groups."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from app import dn
from app.errors import UnfitError
from app.rules.patterns.names import NamePattern
from app.rules.patterns.syntax import MAX_LENGTH, NO_VARIABLES, USERNAME, Captures

_PARSED = 1024
"""Patterns that are kept parsed: rules that stand together are often for the same groups."""
_WHOLE_VARIABLE = re.compile(r"\{[a-z][a-z0-9_]*\}")
_SIGNS = frozenset("*{}")
_WHOLE_DN = "write cn=name,ou=groups,dc=example,dc=com"


@dataclass(frozen=True, slots=True)
class ComparedRDNs:
    """DNs of one length that have the same RDNs at some places, counted from the entry."""

    length: int
    places: tuple[int, ...]

    def of(self, name: dn.DN) -> tuple[tuple[dn.Attribute, ...], ...] | None:
        """Return these RDNs; None for a DN of another length."""
        return tuple(name.rdns[place] for place in self.places) if len(name.rdns) == self.length else None


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
        """Whether it compares something with the name of whoever asks."""
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
    def shape(self) -> tuple[ComparedRDNs, tuple[tuple[dn.Attribute, ...], ...] | None]:
        """Return the RDNs that every DN that it matches has where it has them."""
        rdns = self.name.rdns
        places = (place for place, rdn in enumerate(rdns) if not any(value[:1] == "{" for _, value in rdn))
        shape = ComparedRDNs(len(rdns), tuple(places))
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
