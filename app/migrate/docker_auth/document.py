"""The rules as a file, and what became of each entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.errors import UnfitError
from app.migrate import written
from app.migrate.docker_auth import order
from app.migrate.docker_auth.entry import AclEntry
from app.migrate.docker_auth.order import Settled
from app.migrate.docker_auth.part import EntryPart
from app.migrate.docker_auth.rules import CATALOG_ACTIONS, rules_of
from app.migrate.docker_auth.what import actions, bound, networks, services, what
from app.migrate.docker_auth.who import who
from app.protocol.scope import CATALOG


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


@dataclass(slots=True)
class _Type:
    """What the entries say of one type.

    Attributes:
        is_catalog: Whether it is the catalog.
        reached: Parts of entries that decide something, in order.
        decided: By the number of an entry whose part decides nothing, the entry that decides instead.
        settled: By the number of an entry, its parts with all that is to be said.
    """

    is_catalog: bool
    reached: list[EntryPart] = field(default_factory=list)
    decided: dict[int, int] = field(default_factory=dict)
    settled: dict[int, list[Settled]] = field(default_factory=lambda: defaultdict(list))

    def add(self, part: EntryPart) -> None:
        """Add the next part, if it decides anything."""
        first = order.first_within(part, self.reached)
        if first is None:
            self.reached.append(part)
        else:
            self.decided[part.entry.number] = first.entry.number

    def settle(self) -> None:
        """Say of all parts what is to be said beside what they give."""
        for each in order.settle(self.reached):
            self.settled[each.part.entry.number].append(each)


def translate(entries: Sequence[AclEntry], group_labels: Collection[str]) -> tuple[Translation, ...]:
    """Turn an ACL into rules.

    Args:
        entries: All of them, in their order.
        group_labels: The names of the labels that hold groups.
    """
    types = repositories, catalog = _Type(is_catalog=False), _Type(is_catalog=True)
    refused: dict[int, str] = {}
    never: dict[int, tuple[int, ...]] = {}
    notes: dict[int, tuple[str, ...]] = {}
    for entry in entries:
        try:
            of_repositories, of_catalog, notes[entry.number] = _parts(entry, group_labels)
        except UnfitError as error:
            if decided := _decided(entry, types):
                never[entry.number] = decided
            else:
                refused[entry.number] = str(error)
            continue
        for part in of_repositories:
            repositories.add(part)
        for part in of_catalog:
            catalog.add(part)
    for each in types:
        each.settle()
    return tuple(_translation(entry, types, refused, never, notes) for entry in entries)


def _translation(
    entry: AclEntry,
    types: Sequence[_Type],
    refused: Mapping[int, str],
    never: Mapping[int, tuple[int, ...]],
    notes: Mapping[int, tuple[str, ...]],
) -> Translation:
    number = entry.number
    settled = [(each, of.is_catalog) for of in types for each in of.settled.get(number, ())]
    refusals = [refused[number]] if number in refused else [str(e.refusal) for e, _ in settled if e.refusal]
    if refusals:
        return Translation(entry, refusal=refusals[0])
    decided = never.get(number) or tuple(sorted({of.decided[number] for of in types if number in of.decided}))
    rules = tuple(rule for each, is_catalog in settled for rule in rules_of(each, of_catalog=is_catalog))
    said = notes.get(number, ()) + _spilled({less for each, _ in settled for less in each.spills})
    return Translation(entry, rules, notes=said, decided_by=() if settled else decided)


def _spilled(numbers: Collection[int]) -> tuple[str, ...]:
    """Return what is to be noted where people get what the anonymous have, and had less."""
    return tuple(
        f"entry {number} gives its people less, but they could ask without a login: here they have this too"
        for number in sorted(numbers)
    )


def _decided(entry: AclEntry, types: Sequence[_Type]) -> tuple[int, ...]:
    """Return the entries that decide all that one matches which cannot be said; empty where some is left."""
    repositories, catalog = types
    firsts = [
        order.first_within(part, (catalog if part.names == (CATALOG,) else repositories).reached)
        for part in bound(entry)
    ]
    found = [each.entry.number for each in firsts if each is not None]
    return tuple(sorted(set(found))) if len(found) == len(firsts) else ()


def _parts(
    entry: AclEntry, group_labels: Collection[str]
) -> tuple[list[EntryPart], list[EntryPart], tuple[str, ...]]:
    """Return what an entry says of repositories and of the catalog, and what is to be noted."""
    about, meant = what(entry, who(entry, group_labels), group_labels)
    gives, gives_catalog, idle = actions(entry)
    part = EntryPart(entry, meant, about.repositories, networks(entry), services(entry), gives)
    seen = replace(part, names=(CATALOG,), gives=CATALOG_ACTIONS if gives_catalog else frozenset())
    notes = tuple(f"{word!r} has no effect on repositories" for word in idle)
    return [part] if about.repositories else [], [seen] if about.catalog else [], notes


def as_yaml(outcomes: Sequence[Translation], origin: str) -> str:
    """Write the rules as a file.

    Args:
        outcomes: None of them refused.
        origin: The name of the file that they come from.
    """
    lines = [written.from_file(origin, "docker-auth"), "version: 1", ""]
    rules = [(outcome, rule) for outcome in outcomes for rule in outcome.rules]
    lines.append("rules:" if rules else "rules: []")
    for outcome, rule in rules:
        lines.append(f"  # entry {outcome.entry.number}, line {outcome.entry.line}")
        lines += written.item(rule)
    return "\n".join(lines) + "\n"
