"""`wharfinger rules who-can`: who can do something with a repository; the access review."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click

from app.cli.exits import finish
from app.cli.options import format_option
from app.cli.output import add_row, joined, show, show_csv, show_json, table
from app.cli.rules.arguments import read_scope
from app.cli.rules.options import RequestOptions, Source, SourceOptions, request_options, source_options
from app.cli.rules.who_can_pattern import is_pattern, print_ways, read_pattern
from app.protocol.scope import ACTIONS, ALL_ACTIONS, ResourceType, Scope
from app.rules.conditions import Context, moment
from app.rules.decision import Effect
from app.rules.review.people import ReviewedPeople, ReviewedSubject, find_people
from app.rules.review.who_can import Can, Inquiry, Way

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _Review:
    """The answer of the command; without people where they were not asked for."""

    ways: tuple[Way, ...]
    people: ReviewedPeople | None


@click.command()
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("repository")
@click.option("--expand", is_flag=True, help="List the people of the groups too; asks the directory.")
@request_options
@source_options
@format_option("csv", "json")
def who_can(
    *, rules: SourceOptions, request: RequestOptions, action: str, repository: str, expand: bool, form: str
) -> None:
    """Say who can do ACTION (pull, push or delete) with REPOSITORY.

    REPOSITORY is a name; a pattern such as "web/**"; or registry:catalog, whose one action is "*". Rules that
    are not in force at that time are left out; without a time, hours that come again are a condition.

    Ends with 0 if anybody can, with 1 if nobody can.
    """
    if is_pattern(repository):
        pattern = read_pattern(repository)
        _check_action(action, ResourceType.REPOSITORY)
        finish(well=print_ways(pattern, action, rules.read(), request, form, expand=expand))
        return
    asked = read_scope(repository, action)
    _check_action(action, asked.type)
    source, context = rules.read(), request.context()
    inquiry = Inquiry(
        source.rules,
        asked,
        context,
        service=request.service is not None,
        address=request.address is not None,
        time=request.time is not None,
    )
    review = _Review(inquiry.ways(), None)
    if expand:
        directory = source.directory()
        if directory is None:
            raise click.UsageError("--expand asks the directory: it needs --config.")
        people = find_people(inquiry, review.ways, directory, source.rules.robots)
        review = _Review(review.ways, people)
    if form == "json":
        show_json(_shape(review, asked, context, source))
    elif form == "csv":
        show_csv(_way_rows(review) if review.people is None else _people_rows(review.people))
    else:
        _print(review, asked)
    finish(well=any(way.can is not Can.NO for way in review.ways))


def _check_action(action: str, kind: ResourceType) -> None:
    if action == ALL_ACTIONS and kind is ResourceType.REPOSITORY:
        raise click.BadParameter("ask for pull, push or delete", param_hint="ACTION")


def _shape(review: _Review, asked: Scope, context: Context, source: Source) -> dict[str, Any]:
    shape = {
        "schema": SCHEMA,
        "action": next(iter(asked.actions)),
        "resource": {"type": asked.type, "name": asked.name},
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": source.rules.version},
        "ways": [_way(way) for way in review.ways],
    }
    if review.people is not None:
        shape["people"] = [_person(person) for person in review.people.listed]
        shape["not_listed"] = list(review.people.not_listed)
    return shape


def _way(way: Way) -> dict[str, Any]:
    return {
        "effect": way.rule.effect,
        "who": str(way.reached),
        "exact": way.reached.exact,
        "rule": way.rule.id,
        "position": str(way.rule.position),
        "captures": dict(way.reached.captures),
        "when": list(way.when),
        "answer": way.can if way.rule.effect is Effect.ALLOW else None,
        "denied_by": list(way.denied_by),
    }


def _person(person: ReviewedSubject) -> dict[str, Any]:
    standing = person.standing
    return {
        "subject": person.name,
        "kind": person.kind,
        "answer": standing.can,
        "through": list(standing.through),
        "allowed_by": list(standing.allowed_by),
        "denied_by": list(standing.denied_by),
        "conditions": list(standing.conditions),
    }


def _way_rows(review: _Review) -> Iterator[list[str]]:
    yield ["effect", "who", "rule", "position", "when", "answer", "denied_by"]
    for way in review.ways:
        answer = str(way.can) if way.rule.effect is Effect.ALLOW else ""
        place = [way.rule.id, str(way.rule.position), "; ".join(way.when)]
        yield [way.rule.effect, str(way.reached), *place, answer, "; ".join(way.denied_by)]


def _people_rows(people: ReviewedPeople) -> Iterator[list[str]]:
    yield ["subject", "kind", "answer", "through", "allowed_by", "denied_by", "conditions"]
    for person in people.listed:
        one = person.standing
        lists = (one.through, one.allowed_by, one.denied_by, one.conditions)
        yield [person.name, person.kind, one.can, *("; ".join(texts) for texts in lists)]
    for text in people.not_listed:
        yield [text, "not listed", "", "", "", "", ""]


def _print(review: _Review, asked: Scope) -> None:
    (action,) = asked.actions
    gives = [way for way in review.ways if way.rule.effect is Effect.ALLOW]
    takes = [way for way in review.ways if way.rule.effect is Effect.DENY]
    if not gives:
        show(f"Nobody can {action} {asked.name}: no rule allows it.")
        return
    allowed = table(f"can {action} {asked.name}", "rule", "when")
    for way in gives:
        add_row(allowed, str(way.reached), f"{way.rule.id} ({way.rule.position})", _when(way))
    show(allowed)
    if takes:
        denied = table("but not", "rule", "when")
        for way in takes:
            add_row(
                denied, str(way.reached), f"{way.rule.id} ({way.rule.position})", joined(way.when, "always")
            )
        show("", denied)
    if review.people is not None:
        _print_people(review.people)


def _when(way: Way) -> str:
    said = joined(way.when, "always")
    if way.can is Can.NO:
        return f"never: denied by {joined(way.denied_by)}" if way.denied_by else f"never: {said}"
    return f"{said}; not where {joined(way.denied_by)} denies it" if way.denied_by else said


def _print_people(people: ReviewedPeople) -> None:
    shown = table("person", "can", "through", "conditions, denials")
    for person in people.listed:
        one = person.standing
        notes = [*one.conditions, *(f"denied by {rule}" for rule in one.denied_by)]
        add_row(shown, person.name, one.can, joined(one.through), joined(notes))
    show("", shown)
    if people.not_listed:
        show("", f"Not listed, as they are not the people of one group: {joined(people.not_listed)}.")
