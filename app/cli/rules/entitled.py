"""How `wharfinger rules explain SUBJECT` prints everything that somebody may do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from app.cli.output import add_row, joined, show, show_json, table
from app.cli.rules.options import RequestOptions, Source
from app.cli.rules.subject import add_obstacle, add_subject, subject_shape
from app.protocol.scope import ACTIONS
from app.rules import robot_names
from app.rules.conditions import Context, moment
from app.rules.review.entitlements import Claim, Entitlement, Fixed, entitlements
from app.rules.review.subjects import AskedSubject

SCHEMA = 1


def print_all(
    about: AskedSubject, source: Source, request: RequestOptions, context: Context, form: str
) -> bool:
    """Print everything that somebody may do; return whether that is anything."""
    fixed = request.fixed(context)
    found = entitlements(source.rules, about.subject, fixed)
    if form == "json":
        show_json(_shape(about, source, fixed, found))
    else:
        _print(about, source, fixed, found)
    return any(one.actions for one in found) and not about.obstacle


def _shape(about: AskedSubject, source: Source, fixed: Fixed, found: Sequence[Entitlement]) -> dict[str, Any]:
    context = fixed.context
    return {
        "schema": SCHEMA,
        "subject": subject_shape(about),
        "service": context.service if fixed.service else None,
        "address": context.address if fixed.address else None,
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": source.rules.version},
        "logs_in": list(_login_words(about, source)),
        "entitlements": [_entitlement(one) for one in found],
    }


def _entitlement(one: Entitlement) -> dict[str, Any]:
    return {
        **_claim(one.claim),
        "actions": list(one.actions),
        "through": list(one.claim.through),
        "denied": [{**_claim(deny), "actions": _ordered(deny.actions)} for deny in one.denials],
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "type": claim.type,
        "repositories": claim.repositories,
        "rule": claim.rule.id,
        "position": str(claim.rule.position),
        "when": list(claim.when),
    }


def _ordered(actions: Iterable[str]) -> list[str]:
    return sorted(actions, key=ACTIONS.index)


def _print(about: AskedSubject, source: Source, fixed: Fixed, found: Sequence[Entitlement]) -> None:
    facts = table()
    add_subject(facts, about)
    add_row(facts, "rules", f"{source.path}, version {source.rules.version}")
    add_row(facts, "request", joined(_told_request(fixed)))
    if words := _login_words(about, source):
        add_row(facts, "logs in", joined(words))
    add_obstacle(facts, about)
    show(facts, "")
    if not any(one.actions for one in found):
        show(f"{about.name} may do nothing.")
    if not found:
        return
    rows = table("repositories", "may", "by", "but")
    for one in found:
        rule = one.claim.rule
        by = f"{rule.id} ({rule.position}), through {joined(one.claim.through)}"
        style = "" if one.actions else "red"
        add_row(
            rows,
            one.claim.repositories,
            joined(one.actions, "nothing"),
            by,
            "; ".join(_but(one)),
            style=style,
        )
    show(rows)


def _login_words(about: AskedSubject, source: Source) -> tuple[str, ...]:
    """Put the conditions on which a robot can log in into words."""
    if about.subject is None or not about.subject.is_robot:
        return ()
    return source.rules.robots[robot_names.short(about.name)].logs_in.words()


def _told_request(fixed: Fixed) -> Iterator[str]:
    yield f"service {fixed.context.service}" if fixed.service else "any service"
    yield f"from {fixed.context.address}" if fixed.address else "from anywhere"
    yield f"at {moment(fixed.context.now)}"


def _but(one: Entitlement) -> Iterator[str]:
    """Say when the rule allows it, and what denies take."""
    yield from (f"only {word}" for word in one.claim.when)
    for deny in one.denials:
        actions = joined(_ordered(deny.actions.intersection(one.claim.actions)))
        where = "" if deny.repositories == one.claim.repositories else f" on {deny.repositories}"
        when = f" ({joined(deny.when)})" if deny.when else ""
        yield f"not {actions}{where}{when}: {deny.rule.id}"
