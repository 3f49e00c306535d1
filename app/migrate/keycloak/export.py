"""What stands in the export of a realm, each thing with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.configfile.marks import Location
from app.configfile.yaml import Document
from app.errors import ConfigurationError, Position

DOCKER = "docker-v2"


@dataclass(frozen=True, slots=True)
class ImportRemark:
    """What could not be taken over, or is to be done by hand.

    Attributes:
        position: Where the reason stands.
        text: What it is.
        hint: What to do; may be empty.
    """

    position: Position
    text: str
    hint: str = ""

    def __str__(self) -> str:
        """Say it in a line."""
        return f"line {self.position.line}: {self.text}" + (f" ({self.hint})" if self.hint else "")


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the export and its place; what is missing or null is empty."""

    document: Document = field(repr=False)
    at: Location = ()

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.document.position(self.at)

    def remark(self, text: str, hint: str = "") -> ImportRemark:
        """Make a remark on it."""
        return ImportRemark(self.position, text, hint)

    def text(self, key: str) -> str:
        """Return a text; empty where there is none."""
        value = self._member(key, str, "a text")
        return value if isinstance(value, str) else ""

    def flag(self, key: str, *, default: bool) -> bool:
        """Return what is true or false."""
        value = self._member(key, bool, "true or false")
        return value if isinstance(value, bool) else default

    def number(self, key: str) -> int | None:
        """Return a whole number; None where there is none."""
        value = self._member(key, int, "a whole number")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def nodes(self, key: str) -> tuple[Node, ...]:
        """Return the mappings of a list."""
        value = self._member(key, list, "a list")
        found = [Node(self.document, (*self.at, key, index)) for index in range(_length(value))]
        for each in found:
            each.mapping()
        return tuple(found)

    def named(self, key: str) -> Iterator[tuple[str, Node]]:
        """Yield the members of a mapping."""
        value = self._member(key, dict, "a mapping")
        for name in value if isinstance(value, dict) else ():
            yield str(name), Node(self.document, (*self.at, key, name))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list."""
        value = self._member(key, list, "a list")
        listed = value if isinstance(value, list) else []
        if not all(isinstance(each, str) for each in listed):
            raise self._wrong(key, "a list of texts")
        return tuple(listed)

    def items(self) -> tuple[Node, ...]:
        """Return the mappings of this value, which is a list."""
        value = self.document.value(self.at)
        found = tuple(Node(self.document, (*self.at, index)) for index in range(_length(value)))
        for each in found:
            each.mapping()
        return found

    def mapping(self) -> Mapping[object, object]:
        """Return this value, which is a mapping.

        Raises:
            ConfigurationError: It is none.
        """
        value = self.document.value(self.at)
        if not isinstance(value, dict):
            raise ConfigurationError([self.document.problem(self.at, "must be a mapping")])
        return value

    def _member(self, key: str, kind: type, meant: str) -> object:
        value = self.mapping().get(key)
        if value is not None and not isinstance(value, kind):
            raise self._wrong(key, meant)
        return value

    def _wrong(self, key: str, meant: str) -> ConfigurationError:
        """Return the error; the value is not shown, for it may be a secret."""
        return ConfigurationError([self.document.problem((*self.at, key), f"{key!r} must be {meant}")])


def _length(value: object) -> int:
    return len(value) if isinstance(value, list) else 0


def setting(component: Node, key: str) -> str:
    """Return a setting of a component, which has each in a list of its own; empty where there is none."""
    config = dict(component.named("config"))
    if key not in config:
        return ""
    values = Node(component.document, (*component.at, "config")).texts(key)
    return values[0].strip() if values else ""


def needed(component: Node, key: str) -> str:
    """Return a setting that a component must have.

    Raises:
        ConfigurationError: It has none.
    """
    value = setting(component, key)
    if not value:
        problem = component.document.problem((*component.at, "config"), f"{key!r} is missing")
        raise ConfigurationError([problem])
    return value


def components(owner: Node, key: str, kind: str) -> tuple[Node, ...]:
    """Return the components of a type that a realm has, or that a component has below it."""
    found = dict(owner.named(key))
    return found[kind].items() if kind in found else ()


def realm_of(document: Document, name: str | None) -> Node:
    """Return the realm of an export, which may hold several.

    Args:
        document: The file.
        name: Which one; None where there is one alone.

    Raises:
        ConfigurationError: There is none of that name, or several and none is named.
    """
    whole = Node(document)
    realms = whole.items() if isinstance(document.data, list) else (whole,)
    names = [each.text("realm") for each in realms]
    wanted = [each for each, text in zip(realms, names, strict=True) if name in (None, text) and text]
    if len(wanted) != 1:
        listed = ", ".join(sorted(filter(None, names)))
        hint = f"name one by --realm: {listed}" if listed else "export it by `kc.sh export --realm NAME`"
        raise ConfigurationError([document.problem((), "it is not clear which realm is meant", hint)])
    return wanted[0]
