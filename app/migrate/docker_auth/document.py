"""The rules as a file, and what became of each entry."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.errors import UnfitError
from app.migrate.docker_auth import order
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.order import EntryPart
from app.migrate.docker_auth.what import EVERY, actions, networks, services, what
from app.migrate.docker_auth.who import who
from app.protocol.scope import CATALOG

_CATALOG = frozenset({"*"})
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Translation:
    """What became of one entry.

    Attributes:
        rules: Its rules, as mappings of the file; none where it needs none, or cannot be turned.
        refusal: Why it cannot be turned; empty where it can.
        notes: What is different from before.
        decided_by: The earlier entries that decide all that it matches, where it is never reached.
    """

    entry: AclEntry
    rules: tuple[Mapping[str, Any], ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()
    decided_by: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Say it in a line."""
        place = f"entry {self.entry.number} (line {self.entry.line})"
        if self.refusal:
            return f"{place}: cannot be turned: {self.refusal}"
        if self.decided_by:
            several = len(self.decided_by) > 1
            numbers = " and ".join(map(str, self.decided_by))
            first = f"entries {numbers} decide" if several else f"entry {numbers} decides"
            return f"{place}: is never reached: {first} all it matches; if it was meant to deny, move it up"
        names = " and ".join(str(rule["id"]) for rule in self.rules)
        became = f"became {names}" if names else "needs no rule: what it does not give is denied anyway"
        return "; ".join([f"{place}: {became}", *self.notes])


def translate(entries: Sequence[AclEntry], group_labels: Collection[str]) -> tuple[Translation, ...]:
    """Turn an ACL into rules.

    Args:
        entries: All of them, in their order.
        group_labels: The names of the labels that hold groups.
    """
    refused: dict[int, str] = {}
    notes: dict[int, tuple[str, ...]] = {}
    repositories: list[EntryPart] = []
    catalog: list[EntryPart] = []
    for entry in entries:
        try:
            of_repositories, of_catalog, notes[entry.number] = _parts(entry, group_labels)
        except UnfitError as error:
            refused[entry.number] = str(error)
            continue
        repositories += of_repositories
        catalog += of_catalog
    settled: dict[int, list[tuple[EntryPart, bool]]] = {entry.number: [] for entry in entries}
    repositories, never = order.reached(repositories)
    catalog, never_catalog = order.reached(catalog)
    for parts in (repositories, catalog):
        for at, part in enumerate(parts):
            try:
                settled[part.entry.number].append((order.settle(parts, at), parts is catalog))
            except UnfitError as error:
                refused.setdefault(part.entry.number, str(error))
    return tuple(
        Translation(entry, refusal=refused[entry.number])
        if entry.number in refused
        else Translation(
            entry,
            tuple(_rules(settled[entry.number])),
            notes=notes[entry.number],
            decided_by=() if settled[entry.number] else _first(entry, never, never_catalog),
        )
        for entry in entries
    )


def _first(entry: AclEntry, *never: Mapping[int, int]) -> tuple[int, ...]:
    """Return the numbers of the entries that decide all that one matches."""
    return tuple(sorted({decided[entry.number] for decided in never if entry.number in decided}))


def _parts(
    entry: AclEntry, group_labels: Collection[str]
) -> tuple[list[EntryPart], list[EntryPart], tuple[str, ...]]:
    """Return what an entry says of repositories and of the catalog, and what is to be noted."""
    about, meant = what(entry, who(entry, group_labels), group_labels)
    gives, gives_catalog, idle = actions(entry)
    part = EntryPart(entry, meant, about.repositories, networks(entry), services(entry), gives)
    seen = replace(part, names=(CATALOG,), gives=_CATALOG if gives_catalog else frozenset())
    notes = tuple(f"{word!r} has no effect on repositories" for word in idle)
    return [part] if about.repositories else [], [seen] if about.catalog else [], notes


def _rules(parts: Sequence[tuple[EntryPart, bool]]) -> Iterator[dict[str, Any]]:
    for part, of_catalog in parts:
        for effect, words in (("allow", part.gives), ("deny", part.denies)):
            if not words:
                continue
            name = f"docker-auth-{part.entry.number}"
            name += ("-catalog" if of_catalog else "") + ("-not" if effect == "deny" else "")
            rule: dict[str, Any] = {"id": name}
            if part.entry.comment:
                rule["description"] = part.entry.comment
            rule |= part.who.keys()
            rule |= {"catalog": True} if of_catalog else {"repositories": list(part.names)}
            rule[effect] = ["*"] if words in (EVERY, _CATALOG) else sorted(words)
            when: dict[str, Any] = {}
            if part.services:
                when["services"] = list(part.services)
            if part.networks:
                when["networks"] = [str(each) for each in part.networks]
            if when:
                rule["when"] = when
            yield rule


def as_yaml(outcomes: Sequence[Translation], origin: str) -> str:
    """Write the rules as a file.

    Args:
        outcomes: None of them refused.
        origin: The name of the file that they come from.
    """
    lines = [f"# From {ascii(origin)[1:-1]}, by `wharfinger rules import docker-auth`.", "version: 1", ""]
    rules = [(outcome, rule) for outcome in outcomes for rule in outcome.rules]
    lines.append("rules:" if rules else "rules: []")
    for outcome, rule in rules:
        lines.append(f"  # entry {outcome.entry.number}, line {outcome.entry.line}")
        for at, (name, value) in enumerate(rule.items()):
            lines.append(f"  {'  ' if at else '- '}{name}: {_as_yaml(value)}")
    return "\n".join(lines) + "\n"


def _as_yaml(value: object) -> str:
    """Write a value as JSON, which is YAML too and leaves no doubt of what is a text.

    But for some characters, which YAML takes for line breaks or not at all, and JSON as they are.
    """
    written = json.dumps(value, ensure_ascii=False)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
