"""`wharfinger rules explain`: what somebody may do with a repository, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from app.cli.exits import finish
from app.cli.options import format_option, groups_option
from app.cli.output import add_row, joined, show, show_json, table
from app.cli.rules import entitled
from app.cli.rules.arguments import attribute_option, read_scope
from app.cli.rules.options import RequestOptions, Source, SourceOptions, request_options, source_options
from app.cli.rules.subject import add_obstacle, add_subject, found, subject_shape
from app.dn import fold
from app.protocol.scope import ACTIONS, ALL_ACTIONS, ResourceType, Scope
from app.rules import robot_names
from app.rules.conditions import Context, moment
from app.rules.decision import ActionOutcome, Cause, Decision, Miss, ResourceDecision
from app.rules.misses import explain as decide_and_explain
from app.rules.model import Subject
from app.rules.review import subjects
from app.rules.review.subjects import ANONYMOUS, NOBODY, AskedSubject

SCHEMA = 1


@click.command()
@click.argument("subject")
@click.argument("repository", default="")
@click.argument("actions", default="")
@groups_option("The subject's groups, by name")
@attribute_option
@request_options
@source_options
@format_option("json")
def explain(
    *,
    rules: SourceOptions,
    request: RequestOptions,
    subject: str,
    repository: str,
    actions: str,
    groups: Sequence[str] | None,
    attributes: Mapping[str, Sequence[str]],
    form: str,
) -> None:
    """Say what SUBJECT may do with REPOSITORY, and why; or everything that SUBJECT may do.

    SUBJECT is a person's name, robot$NAME or anonymous; REPOSITORY a name or registry:catalog; ACTIONS a list
    such as pull,push. A person's groups come from the directory, or from --groups.

    Ends with 0 if all that is asked is granted, with 1 if not.
    """
    asked = read_scope(repository, actions) if repository else None
    source = rules.read()
    context = request.context(source.only_service)
    anywhere = asked is None and request.address is None
    about = _find(subject, groups, attributes, source, context, anywhere=anywhere)
    if asked is None:
        finish(well=entitled.print_all(about, source, request, context, form))
        return
    decision = decide_and_explain(source.rules, about.subject, [asked], context)
    if form == "json":
        show_json(shape(about, asked, context, source, decision))
    else:
        _print(about, asked, context, source, decision)
    granted = {action for access in decision.access for action in access.actions}
    finish(well=asked.actions <= granted and not about.obstacle)


def _find(
    name: str,
    groups: Sequence[str] | None,
    attributes: Mapping[str, Sequence[str]],
    source: Source,
    context: Context,
    *,
    anywhere: bool,
) -> AskedSubject:
    """Find the subject that a command line names.

    Raises:
        Unanswered: There is no such one.
        click.UsageError: The options do not go together.
    """
    is_robot = robot_names.is_canonical(name)
    is_described = groups is not None or bool(attributes)
    if (is_robot or name == ANONYMOUS) and is_described:
        raise click.UsageError("--groups and --attribute are for people.")
    if is_robot:
        return subjects.find_robot(name, source.rules, str(source.path), context, anywhere=anywhere)
    if name == ANONYMOUS:
        return NOBODY
    if not fold(name):
        raise click.UsageError("SUBJECT is empty; write anonymous for nobody.")
    directory = None if is_described else source.directory()
    if directory is None:
        return subjects.describe(name, groups or (), attributes)
    return subjects.look_up(name, directory)


def shape(
    about: AskedSubject, asked: Scope, context: Context, source: Source, decision: Decision
) -> dict[str, Any]:
    """Return the answer as `--format json` prints it (docs/reference/commands.md)."""
    (resource,) = decision.resources
    subject = about.subject
    return {
        "schema": SCHEMA,
        "subject": subject_shape(about),
        "service": context.service,
        "address": context.address,
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": decision.rules_version},
        "resource": {"type": asked.type, "name": asked.name},
        "asked": sorted(asked.actions),
        "granted": [one.action for one in resource.outcomes if one.granted],
        "actions": [_outcome(one, subject) for one in resource.outcomes],
    }


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
        "through": str(cause.through),
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
        "through": str(miss.through) if miss.through is not None else "",
        "captures": dict(miss.captures),
    }


def _print(about: AskedSubject, asked: Scope, context: Context, source: Source, decision: Decision) -> None:
    (resource,) = decision.resources
    facts = table()
    add_subject(facts, about)
    add_row(facts, "asks", str(asked))
    add_row(facts, "rules", f"{source.path}, version {decision.rules_version}")
    add_row(facts, "request", joined(_told_context(context)))
    add_obstacle(facts, about)
    answers = table()
    for outcome in sorted(resource.outcomes, key=lambda one: ACTIONS.index(one.action)):
        granted = outcome.granted and not about.obstacle
        add_row(answers, "")
        style = "bold green" if granted else "bold red"
        add_row(answers, outcome.action, _verdict(outcome, resource), style=style)
        for line in _reasons(outcome, about.subject) if not _is_sum(outcome, resource) else ():
            add_row(answers, "", line)
    show(facts, answers)


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
            through = f"{cause.through} ({how})" if how not in ("", "named") else str(cause.through)
            captures = "".join(f", {name}={value}" for name, value in cause.captures)
            unknown = "".join(f", {lack} not known" for lack in cause.unknown)
            yield f"{word} {cause.rule} ({cause.position}), through {through}{captures}{unknown}"
    for miss in outcome.misses:
        if miss.lack != "denied":
            yield f"nearly allowed by {miss.rule} ({miss.position}): {miss.text}"
