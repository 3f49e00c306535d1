"""The entries of an ACL as they stand in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.configfile.yaml import Document
from app.errors import ConfigurationError, Position, Problem

_CONDITIONS = frozenset({"account", "type", "name", "ip", "service", "labels"})
_FORMER = frozenset({"email", "team"})
_OTHERS = {
    "acl_mongo": "an ACL in a collection of MongoDB",
    "acl_xorm": "an ACL in a table of a SQL database",
    "ext_authz": "a program that is asked",
    "plugin_authz": "a plugin in Go",
    "casbin_authz": "policies of Casbin",
}
_KEYS = frozenset({"match", "actions", "comment"})


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One entry; a condition that is None matches anything.

    Attributes:
        number: Counted from 1.
        line: Where it stands.
        labels: By name.
    """

    number: int
    line: int
    actions: tuple[str, ...]
    comment: str = ""
    account: str | None = None
    type: str | None = None
    name: str | None = None
    ip: str | None = None
    service: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OtherSource:
    """What decides beside the ACL, once no entry of it matches; it cannot be read from the file.

    Attributes:
        position: Where it stands.
        name: Its section.
        meaning: What it is.
    """

    position: Position
    name: str
    meaning: str

    def __str__(self) -> str:
        """Say it in a line."""
        return (
            f"line {self.position.line}: {self.name} ({self.meaning}) is not read; docker_auth asks it where "
            "no entry of the ACL matches, and what it gives there is denied here"
        )


def other_sources(document: Document) -> tuple[OtherSource, ...]:
    """Return what else decides there."""
    data = document.data if isinstance(document.data, dict) else {}
    return tuple(
        OtherSource(document.position((name,), key=True), name, meaning)
        for name, meaning in _OTHERS.items()
        if data.get(name) is not None
    )


def read(document: Document) -> tuple[AclEntry, ...]:
    """Read the ACL of a configuration.

    Raises:
        ConfigurationError: There is none, or something in it is not what docker_auth reads.
    """
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("acl"), list):
        others = " and ".join(f"{each.name} ({each.meaning})" for each in other_sources(document))
        hint = f"write its rights as an 'acl': {others} cannot be read from here" if others else ""
        raise ConfigurationError([document.problem((), "there is no list 'acl' in the file", hint)])
    found: list[Problem] = []
    entries = []
    for index, item in enumerate(data["acl"]):
        try:
            entries.append(_entry(document, index, item))
        except ConfigurationError as error:
            found.extend(error.problems)
    if found:
        raise ConfigurationError(found)
    return tuple(entries)


def _entry(document: Document, index: int, item: object) -> AclEntry:
    at = ("acl", index)
    line = document.position(at).line
    if not isinstance(item, dict):
        raise _error(document, at, "an entry is a mapping with the keys match, actions and comment")
    _refuse_unknown(document, at, item, _KEYS)
    match, actions = item.get("match") or {}, item.get("actions")
    if not isinstance(match, dict):
        raise _error(document, (*at, "match"), "must be a mapping")
    _refuse_unknown(document, (*at, "match"), match, _CONDITIONS)
    if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
        raise _error(document, at, "'actions' must be a list of texts")
    labels = match.get("labels") or {}
    match = {name: value for name, value in match.items() if value is not None}
    texts = [*(value for name, value in match.items() if name != "labels"), *_values(labels)]
    if not isinstance(labels, dict) or not all(isinstance(each, str) for each in texts):
        text = "every condition must be a text: put quotes around numbers, true and false"
        raise _error(document, (*at, "match"), text)
    conditions = {name: value for name, value in match.items() if name != "labels"}
    return AclEntry(
        number=index + 1,
        line=line,
        actions=tuple(actions),
        comment=str(item.get("comment") or ""),
        labels={str(name): value for name, value in labels.items()},
        **conditions,
    )


def _refuse_unknown(
    document: Document, at: tuple[str | int, ...], found: Mapping[Any, Any], known: frozenset[str]
) -> None:
    """Name each key that docker_auth does not know, where it stands."""
    problems = []
    for key in found:
        if key not in known:
            former = " (of docker_auth before 1.3)" if key in _FORMER else ""
            hint = f"known here: {', '.join(sorted(known))}"
            problems.append(document.problem((*at, key), f"unknown key {key!r}{former}", hint, key=True))
    if problems:
        raise ConfigurationError(problems)


def _values(labels: object) -> list[object]:
    return list(labels.values()) if isinstance(labels, dict) else []


def _error(document: Document, at: tuple[str | int, ...], text: str) -> ConfigurationError:
    return ConfigurationError([document.problem(at, text)])
