"""The entries of an ACL as they stand in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.configfile.yaml import Document
from app.errors import ConfigurationError, Problem

_CONDITIONS = frozenset({"account", "type", "name", "ip", "service", "labels"})
_FORMER = frozenset({"email", "team"})
_OTHERS = ("acl_mongo", "acl_xorm", "ext_authz", "plugin_authz", "casbin_authz")
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


def read(document: Document) -> tuple[AclEntry, ...]:
    """Read the ACL of a configuration.

    Raises:
        ConfigurationError: There is none, or something in it is not what docker_auth reads.
    """
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get("acl"), list):
        raise ConfigurationError([document.problem((), "there is no list 'acl' in the file")])
    found = [*_other_sources(document, data)]
    entries = []
    for index, item in enumerate(data["acl"]):
        try:
            entries.append(_entry(document, index, item))
        except ConfigurationError as error:
            found.extend(error.problems)
    if found:
        raise ConfigurationError(found)
    return tuple(entries)


def _other_sources(document: Document, data: Mapping[str, Any]) -> Iterator[Problem]:
    """Report what else decides there: rules made of the ACL alone would not mean the same."""
    for name in _OTHERS:
        if data.get(name) is not None:
            text = f"{name!r} decides too, and cannot be read from here"
            yield document.problem((name,), text, "take the section out once its rights stand in the ACL")


def _entry(document: Document, index: int, item: object) -> AclEntry:
    at = ("acl", index)
    line = document.position(at).line
    if not isinstance(item, dict) or not item.keys() <= _KEYS:
        raise _error(document, at, "an entry has the keys match, actions and comment, and no others")
    match, actions = item.get("match") or {}, item.get("actions")
    if not isinstance(match, dict):
        raise _error(document, (*at, "match"), "must be a mapping")
    if unknown := sorted(map(str, match.keys() - _CONDITIONS)):
        former = " (of docker_auth before 1.3)" if _FORMER.issuperset(unknown) else ""
        raise _error(document, (*at, "match"), f"unknown conditions{former}: {', '.join(unknown)}")
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


def _values(labels: object) -> list[object]:
    return list(labels.values()) if isinstance(labels, dict) else []


def _error(document: Document, at: tuple[str | int, ...], text: str) -> ConfigurationError:
    return ConfigurationError([document.problem(at, text)])
