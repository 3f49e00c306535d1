"""How `wharfinger rules diff` prints what changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.cli.output import add_row, joined, show, show_json, table, workflow_command
from app.errors import Problem
from app.protocol.scope import ACTIONS
from app.rules.conditions import moment
from app.rules.model import RuleSet
from app.rules.review.diff.changes import Change, Changes
from app.rules.review.replay import Replayed, Right, Seen
from app.rules.review.survey import Survey, Tried

SCHEMA = 1
_MOST_ROWS = 50
"""Rights that are printed as text; JSON has all."""
_MOST_CLASSES = 3
"""Classes of circumstances that are printed as text; of more, the first alone."""


@dataclass(frozen=True, slots=True)
class Sides:
    """What is compared.

    Attributes:
        now: From when on.
    """

    old_path: Path
    old: RuleSet
    new_path: Path
    new: RuleSet
    now: datetime

    def shape(self) -> dict[str, Any]:
        """Return what all JSON answers begin with."""
        return {
            "schema": SCHEMA,
            "old": {"path": str(self.old_path), "version": self.old.version},
            "new": {"path": str(self.new_path), "version": self.new.version},
            "time": moment(self.now),
        }


def compared(difference: Changes, sides: Sides, format_: str) -> bool:
    """Print what two rule sets change; returns whether anything."""
    if format_ == "json":
        changes = [_change(one) for one in difference.changes]
        robots = [{"robot": one.robot, "text": one.text} for one in difference.robots]
        _json(sides, changes=changes, robots=robots)
    elif format_ == "github":
        for one in difference.changes:
            _command(Problem(one.rules[0].position, _sentence(one), _because(one)))
        for robot in difference.robots:
            _command(Problem.of_file("", f"robot {robot.robot} {robot.text}"))
    else:
        _print(difference)
    return bool(difference)


def replayed(found: Replayed, sides: Sides, format_: str) -> bool:
    """Print what an audit log would have been; returns whether anything is another."""
    counts = {"lines": found.lines, "decided": found.decided, "unusable": found.unusable}
    if format_ == "json":
        _json(
            sides,
            replay=counts,
            gained=[_seen(right, seen) for right, seen in _by_lines(found.gained)],
            lost=[_seen(right, seen) for right, seen in _by_lines(found.lost)],
        )
    else:
        told = (
            (verb, right, f"{seen.lines} times, last {seen.last}")
            for verb, rights in (("gains", found.gained), ("loses", found.lost))
            for right, seen in _by_lines(rights)
        )
        _print_rights([*told], format_)
        text = f"{found.decided} of {found.lines} lines decided again"
        left = f"; {found.unusable} could not be: not whole, or without the groups" if found.unusable else ""
        show(f"{text}{left}.")
    return bool(found.gained or found.lost)


def surveyed(found: Survey, sides: Sides, format_: str) -> bool:
    """Print what changes for subjects and repositories; returns whether anything."""
    if format_ == "json":
        shapes = {
            name: [
                {**_right(right), "circumstances": [list(words) for words in when]}
                for right, when in _sorted(rights)
            ]
            for name, rights in (("gained", found.gained), ("lost", found.lost))
        }
        _json(sides, **shapes)
    else:
        told = (
            (verb, right, _when(when, found.tried[right.subject], sides.now))
            for verb, rights in (("gains", found.gained), ("loses", found.lost))
            for right, when in _sorted(rights)
        )
        _print_rights([*told], format_)
    return bool(found.gained or found.lost)


def _command(problem: Problem) -> None:
    click.echo(workflow_command("warning", "rules diff", problem))


def _json(sides: Sides, **answer: object) -> None:
    show_json({**sides.shape(), **answer})


def _change(change: Change) -> dict[str, Any]:
    return {
        "who": change.whom,
        "change": "gains" if change.gains else "loses",
        "certain": change.certain,
        "actions": list(change.actions),
        "repositories": list(change.repositories),
        "because": change.because,
        "when": list(change.when),
        "example": change.example,
        "circumstances": list(change.circumstances),
        "rules": _named(change),
    }


def _sentence(change: Change) -> str:
    verb = "gains" if change.gains else "loses"
    if not change.certain:
        verb = "may gain" if change.gains else "may lose"
    return f"{change.whom} {verb} {joined(change.actions)} on {joined(change.repositories)}"


def _because(change: Change) -> str:
    said = [f"{change.because} by {joined(_named(change))}", *change.when]
    if change.circumstances or (change.example and change.example not in change.repositories):
        said.append(f"such as {' '.join((change.example, *change.circumstances))}")
    return "; ".join(said)


def _named(change: Change) -> list[str]:
    return [f"{rule.id} ({rule.position})" for rule in change.rules]


def _print(difference: Changes) -> None:
    if not difference:
        show("Nothing changes.")
        return
    rows = table()
    for change in difference.changes:
        style = "green" if change.gains else "red"
        add_row(rows, "+" if change.gains else "-", _sentence(change), style=style)
        add_row(rows, "", _because(change))
    for robot in difference.robots:
        add_row(rows, "*", f"robot {robot.robot} {robot.text}")
    show(rows)


def _by_lines(rights: Mapping[Right, Seen]) -> list[tuple[Right, Seen]]:
    """Return what was asked for most first."""
    return sorted(_sorted(rights), key=lambda one: -one[1].lines)


def _sorted(rights: Mapping[Right, Any]) -> list[tuple[Right, Any]]:
    return sorted(
        rights.items(), key=lambda one: (one[0].subject, one[0].resource, ACTIONS.index(one[0].action))
    )


def _right(right: Right) -> dict[str, str]:
    return {"subject": right.subject, "resource": right.resource, "action": right.action}


def _seen(right: Right, seen: Seen) -> dict[str, Any]:
    last = {"first": seen.first, "last": seen.last, "request_id": seen.example}
    return {**_right(right), "lines": seen.lines, **last}


def _when(found: Sequence[tuple[str, ...]], tried: Tried, now: datetime) -> str:
    """Put classes of circumstances into words; nothing where they are all that there are."""
    classes = [*dict.fromkeys(found)]  # a subject may be listed twice
    if len(classes) == tried.classes:
        return ""
    told = []
    for words in classes if len(classes) <= _MOST_CLASSES else classes[:1]:
        is_first = tried.moments > 1 and not any(word.startswith("at ") for word in words)
        told.append(joined([*words, f"at {moment(now.replace(microsecond=0))}"] if is_first else words))
    more = len(classes) - len(told)
    return "; ".join([*told, f"and {more} more"] if more else told)


def _told(rights: Iterable[tuple[str, Right, str]]) -> Iterator[tuple[str, str, str]]:
    for verb, right, when in rights:
        name = right.subject or "anonymous"
        yield verb, f"{name} {verb} {right.action} on {right.resource}", when


def _print_rights(rights: list[tuple[str, Right, str]], format_: str) -> None:
    if format_ == "github":
        for _, text, when in _told(rights):
            _command(Problem.of_file("", text, when))
        return
    if not rights:
        show("Nothing changes.")
        return
    rows = table()
    for verb, text, when in _told(rights[:_MOST_ROWS]):
        add_row(
            rows, "+" if verb == "gains" else "-", text, when, style="green" if verb == "gains" else "red"
        )
    show(rows)
    if len(rights) > _MOST_ROWS:
        show(f"and {len(rights) - _MOST_ROWS} more; --format json prints all.")
