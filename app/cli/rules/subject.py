"""How commands about rules show whom they are about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.cli.output import add_row
from app.rules.decision import Through, WhoKind
from app.rules.model import Group, Subject
from app.rules.review.subjects import AskedSubject

if TYPE_CHECKING:
    from rich.table import Table


def subject_shape(about: AskedSubject) -> dict[str, Any]:
    """Return a subject as `--format json` prints it."""
    subject = about.subject
    return {
        "name": subject.name if subject is not None else None,
        "robot": subject is not None and subject.is_robot,
        "from": about.origin,
        "obstacle": about.obstacle,
        "groups": [_group(group) for group in _groups(subject)],
        "attributes": {name: list(values) for name, values in _attributes(subject).items()},
    }


def add_subject(facts: Table, about: AskedSubject) -> None:
    """Add rows for people: the name, and the groups, each with how it was found."""
    add_row(facts, "subject", f"{about.name} (from the {about.origin})")
    for index, group in enumerate(_groups(about.subject)):
        add_row(facts, "" if index else "groups", _told_group(group))


def add_obstacle(facts: Table, about: AskedSubject) -> None:
    """Add a row for somebody who cannot even log in."""
    if about.obstacle:
        add_row(facts, "but", f"{about.name} cannot log in: {about.obstacle}", style="red")


def found(through: Through, subject: Subject | None) -> str:
    """Return how the group that made a rule apply was found; empty where it was no group."""
    for group in _groups(subject):
        if through.kind is WhoKind.GROUP and through.name in (group.name, str(group.dn)):
            return str(getattr(group, "found", "named"))
    return ""


def _group(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "dn": str(group.dn) if group.dn is not None else None,
        "found": getattr(group, "found", "named"),
        "ambiguous": group.ambiguous,
    }


def _groups(subject: Subject | None) -> Sequence[Group]:
    return sorted(subject.groups, key=lambda one: (one.name, str(one.dn))) if subject is not None else ()


def _attributes(subject: Subject | None) -> dict[str, Sequence[str]]:
    return dict(subject.attributes) if subject is not None else {}


def _told_group(group: Group) -> str:
    how = getattr(group, "found", "")
    notes = [note for note in (how, "its name alone proves nothing" if group.ambiguous else "") if note]
    name = f"{group.name}  {group.dn}" if group.dn is not None else group.name
    return f"{name}  ({', '.join(notes)})" if notes else name
