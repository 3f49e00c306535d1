"""Short ways to write rules, subjects and questions in the tests of the engine."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from app.errors import ConfigurationError
from app.protocol import scope
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.decision import Decision
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
REGISTRY = "registry.example.com"


def rule_set(rules: str, *, rest: str = "", now: datetime = NOW) -> RuleSet:
    """Compile the items of `rules:`, each as it stands in a file; `rest` is further top-level keys."""
    listed = textwrap.indent(textwrap.dedent(rules).strip("\n"), "  ")
    text = "version: 1\n" + (f"rules:\n{listed}\n" if rules else "") + textwrap.dedent(rest)
    return load.compiled([FileText("rules.yaml", text)]).tested(now)


def one_rule(who: str, what: str, effect: str = "allow: [pull]", when: str = "") -> RuleSet:
    """Compile one rule of these flow-style parts."""
    parts = [who, what, effect] + ([f"when: {{{when}}}"] if when else [])
    return rule_set(f"- {{id: only, {', '.join(parts)}}}")


def problems_of(rules: str, *, rest: str = "") -> list[str]:
    """Return the texts of the problems that these rules have."""
    with pytest.raises(ConfigurationError) as caught:
        rule_set(rules, rest=rest)
    return [problem.text for problem in caught.value.problems]


def person(
    name: str = "alice",
    *groups: str,
    attributes: Mapping[str, Sequence[str]] | None = None,
) -> Persona:
    """Make a person in groups, each a name or a DN."""
    return Persona(name, tuple(map(NamedGroup.parse, groups)), attributes=attributes or {})


def robot(name: str = "ci", *groups: str) -> Persona:
    """Make a robot in groups."""
    return Persona(f"robot${name}", tuple(map(NamedGroup.parse, groups)), is_robot=True)


def decision(
    rules: RuleSet,
    subject: Persona | None,
    *asked: str,
    service: str = REGISTRY,
    address: str = "10.20.0.7",
    now: datetime = NOW,
) -> Decision:
    """Decide scopes as a client writes them."""
    scopes, _ = scope.parse_all(asked)
    return decide(rules, subject, scopes, Context(service, address, now))


def granted(rules: RuleSet, subject: Persona | None, *asked: str, **context: object) -> list[str]:
    """Return what is granted, as scopes."""
    return [str(entry) for entry in decision(rules, subject, *asked, **context).access]  # type: ignore[arg-type]


def may(rules: RuleSet, subject: Persona | None, name: str, **context: object) -> str:
    """Return the actions that are granted on a repository when each of the three is asked for."""
    [*entries] = decision(
        rules,
        subject,
        f"repository:{name}:pull,push,delete",
        **context,  # type: ignore[arg-type]
    ).access
    return ",".join(entries[0].actions) if entries else ""
