"""The rules of one entry, as mappings of the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.migrate.docker_auth.order import Reach, Settled
from app.migrate.docker_auth.part import EntryPart
from app.migrate.docker_auth.what import EVERY

CATALOG_ACTIONS = frozenset({"*"})


def rules_of(settled: Settled, *, of_catalog: bool) -> Iterator[dict[str, Any]]:
    """Yield the rules of one part of an entry."""
    part, name = settled.part, f"docker-auth-{settled.part.entry.number}" + ("-catalog" if of_catalog else "")
    if part.gives:
        yield _rule(settled, name, "allow", Reach(part.names, part.gives), of_catalog=of_catalog)
    for at, each in enumerate(settled.denials):
        number = f"-{at + 1}" if at else ""
        yield _rule(settled, f"{name}-not{number}", "deny", each, of_catalog=of_catalog)


def _rule(settled: Settled, name: str, effect: str, said: Reach, *, of_catalog: bool) -> dict[str, Any]:
    part = settled.part
    rule: dict[str, Any] = {"id": name}
    if part.entry.comment:
        rule["description"] = part.entry.comment
    rule |= {key: _short(part, names) for key, names in settled.who.keys().items()}
    if effect == "allow" and (exceptions := _exceptions(settled)):
        rule["except"] = exceptions
    rule |= {"catalog": True} if of_catalog else {"repositories": _short(part, said.names)}
    rule[effect] = ["*"] if said.actions in (EVERY, CATALOG_ACTIONS) else sorted(said.actions)
    when: dict[str, Any] = {}
    if part.services:
        when["services"] = list(part.services)
    if part.networks:
        when["networks"] = [str(each) for each in part.networks]
    if when:
        rule["when"] = when
    return rule


def _short(part: EntryPart, said: object) -> object:
    """Write patterns without the entry's number in their variables: a rule is of one entry."""
    if isinstance(said, (list, tuple)):
        return [str(each).replace(f"_of_{part.entry.number}}}", "}") for each in said]
    return said


def _exceptions(settled: Settled) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in settled.exceptions:
        for key, names in each.keys().items():
            if isinstance(names, list):
                listed = found.setdefault(key, [])
                listed += [name for name in names if name not in listed]
    return found
