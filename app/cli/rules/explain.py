"""`wharfinger rules explain`: what somebody may do with a repository, and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from app.cli.options import format_option
from app.cli.rules import subjects
from app.cli.rules.printing import ACTIONS, add_row, joined, show, show_json, table
from app.cli.rules.sources import Source, context_options, read_context, read_source, source_options
from app.cli.rules.subjects import Asked
from app.protocol import scope
from app.protocol.scope import ALL_ACTIONS, CATALOG, Action, ResourceType, Scope
from app.rules.conditions import Context, moment
from app.rules.decision import ActionOutcome, Cause, Decision, Miss, ResourceDecision
from app.rules.model import Group, Subject
from app.rules.review.explain import explain as decide_and_explain

SCHEMA = 1
_CATALOG = f"{ResourceType.REGISTRY}:{CATALOG}"


@click.command()
@click.argument("subject")
@click.argument("repository")
@click.argument("actions", default="")
@click.option("--groups", multiple=True, metavar="A,B", help="The subject's groups, by name; a DN by itself.")
@click.option(
    "--attribute", "attributes", multiple=True, metavar="NAME=VALUE", help="One of the subject's attributes."
)
@context_options
@source_options
@format_option("json")
def explain(
    *,
    subject: str,
    repository: str,
    actions: str,
    groups: tuple[str, ...],
    attributes: tuple[str, ...],
    service: str | None,
    from_: str | None,
    at: str | None,
    config: Path | None,
    realm: str | None,
    rules_path: Path | None,
    candidate: bool,
    form: str,
) -> None:
    """Say what SUBJECT may do with REPOSITORY, and why.

    SUBJECT is a person's name, robot$NAME or anonymous; REPOSITORY a name or registry:catalog; ACTIONS a list
    such as pull,push. A person's groups come from the directory, or from --groups.

    Ends with 0 if all that is asked is granted, with 1 if not.
    """
    asked = read_scope(repository, actions)
    source = read_source(config, realm, rules_path, candidate=candidate)
    context = read_context(service, from_, at, default_service=source.only_service)
    about = subjects.find(subject, groups, attributes, source, context)
    decision = decide_and_explain(source.rules, about.subject, [asked], context)
    if form == "json":
        show_json(shape(about, asked, context, source, decision))
    else:
        _print(about, asked, context, source, decision)
    granted = {action for access in decision.access for action in access.actions}
    sys.exit(0 if asked.actions <= granted and not about.obstacle else 1)


def read_scope(repository: str, actions: str) -> Scope:
    """Read what is asked of which resource.

    Raises:
        BadParameter: It is no name or no action.
    """
    catalog = repository == _CATALOG
    name = repository.removeprefix(f"{ResourceType.REPOSITORY}:")
    if not catalog and not scope.is_repository(name):
        text = f"{repository!r} is no repository name; no tag, no https://; {_CATALOG} for the catalog"
        raise click.BadParameter(text, param_hint="REPOSITORY")
    known = ACTIONS[-1:] if catalog else ACTIONS
    words = frozenset(word for word in actions.split(",") if word)
    if not words <= {*known}:
        wrong = ", ".join(sorted(words.difference(known)))
        raise click.BadParameter(f"{wrong} is no action; there is {', '.join(known)}", param_hint="ACTIONS")
    if catalog:
        return Scope(ResourceType.REGISTRY, CATALOG, words or frozenset(known))
    return Scope(ResourceType.REPOSITORY, name, words or frozenset(map(str, Action)))


def shape(about: Asked, asked: Scope, context: Context, source: Source, decision: Decision) -> dict[str, Any]:
    """Give the answer as `--format json` prints it (docs/reference/commands.md)."""
    (resource,) = decision.resources
    subject = about.subject
    return {
        "schema": SCHEMA,
        "subject": {
            "name": subject.name if subject is not None else None,
            "robot": subject is not None and subject.is_robot,
            "from": about.origin,
            "obstacle": about.obstacle,
            "groups": [_group(group) for group in _groups(subject)],
            "attributes": {name: list(values) for name, values in _attributes(subject).items()},
        },
        "service": context.service,
        "address": context.address,
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": decision.rules_version},
        "resource": {"type": asked.type, "name": asked.name},
        "asked": sorted(asked.actions),
        "granted": [one.action for one in resource.outcomes if one.granted],
        "actions": [_outcome(one, subject) for one in resource.outcomes],
    }


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


def _outcome(outcome: ActionOutcome, subject: Subject | None) -> dict[str, Any]:
    return {
        "action": outcome.action,
        "granted": outcome.granted,
        "allowed_by": [_cause(cause, subject) for cause in outcome.allowed_by],
        "denied_by": [_cause(cause, subject) for cause in outcome.denied_by],
        "misses": [_miss(miss) for miss in outcome.misses],
    }


def _cause(cause: Cause, subject: Subject | None) -> dict[str, Any]:
    return {
        "rule": cause.rule,
        "position": str(cause.position),
        "through": cause.through,
        "found": found(cause.through, subject),
        "captures": dict(cause.captures),
        "unknown": list(cause.unknown),
    }


def _miss(miss: Miss) -> dict[str, Any]:
    return {
        "rule": miss.rule,
        "position": str(miss.position),
        "lack": miss.lack,
        "text": miss.text,
        "through": miss.through,
        "captures": dict(miss.captures),
    }


def found(through: str, subject: Subject | None) -> str:
    """Tell how the group that made a rule apply was found; empty where it was no group."""
    for group in _groups(subject):
        if through in (f"group {group.name}", f"group {group.dn}"):
            return str(getattr(group, "found", "named"))
    return ""


def _print(about: Asked, asked: Scope, context: Context, source: Source, decision: Decision) -> None:
    (resource,) = decision.resources
    facts = table()
    add_row(facts, "subject", f"{about.name} (from the {about.origin})")
    for index, group in enumerate(_groups(about.subject)):
        add_row(facts, "" if index else "groups", _told_group(group))
    add_row(facts, "asks", str(asked))
    add_row(facts, "rules", f"{source.path}, version {decision.rules_version}")
    add_row(facts, "request", joined(_told_context(context)))
    if about.obstacle:
        add_row(facts, "but", f"{about.name} cannot log in: {about.obstacle}", style="red")
    answers = table()
    for outcome in sorted(resource.outcomes, key=lambda one: ACTIONS.index(one.action)):
        granted = outcome.granted and not about.obstacle
        add_row(answers, "")
        style = "bold green" if granted else "bold red"
        add_row(answers, outcome.action, _verdict(outcome, resource), style=style)
        for line in _reasons(outcome, about.subject) if not _is_sum(outcome, resource) else ():
            add_row(answers, "", line)
    show(facts, answers)


def _told_group(group: Group) -> str:
    how = getattr(group, "found", "")
    notes = [note for note in (how, "its name alone proves nothing" if group.ambiguous else "") if note]
    name = f"{group.name}  {group.dn}" if group.dn is not None else group.name
    return f"{name}  ({', '.join(notes)})" if notes else name


def _told_context(context: Context) -> Iterable[str]:
    yield f"service {context.service}" if context.service else "no service"
    yield f"from {context.address}" if context.address else "no address"
    yield f"at {moment(context.now)}"


def _is_sum(outcome: ActionOutcome, resource: ResourceDecision) -> bool:
    """Whether an outcome follows from those of the single actions, each of which says its own reasons."""
    return outcome.action == ALL_ACTIONS and resource.scope.type is ResourceType.REPOSITORY


def _verdict(outcome: ActionOutcome, resource: ResourceDecision) -> str:
    if outcome.granted:
        return "granted"
    if _is_sum(outcome, resource):
        kept = [one.action for one in resource.outcomes if not one.granted and one is not outcome]
        return f"not granted: it includes {joined(sorted(kept, key=ACTIONS.index))}"
    return "denied" if outcome.denied_by else "not granted: no rule allows it"


def _reasons(outcome: ActionOutcome, subject: Subject | None) -> Iterator[str]:
    for word, causes in (("allowed by", outcome.allowed_by), ("denied by", outcome.denied_by)):
        for cause in causes:
            how = found(cause.through, subject)
            through = f"{cause.through} ({how})" if how not in ("", "named") else cause.through
            captures = "".join(f", {name}={value}" for name, value in cause.captures)
            unknown = "".join(f", {lack} not known" for lack in cause.unknown)
            yield f"{word} {cause.rule} ({cause.position}), through {through}{captures}{unknown}"
    for miss in outcome.misses:
        if miss.lack != "denied":
            yield f"nearly allowed by {miss.rule} ({miss.position}): {miss.text}"
