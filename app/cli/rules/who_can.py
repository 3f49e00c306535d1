"""`wharfinger rules who-can`: who can do something with a repository; the access review."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from app.cli.rules.explain import read_scope
from app.cli.rules.printing import add_row, joined, show, show_json, spreadsheet, table
from app.cli.rules.sources import (
    Directory,
    Source,
    context_options,
    read_context,
    read_source,
    source_options,
    unanswered,
)
from app.errors import Refusal, WharfingerError
from app.protocol.scope import ALL_ACTIONS, Scope
from app.rules.conditions import Context, moment
from app.rules.decision import Effect
from app.rules.model import ROBOT_PREFIX, Robot
from app.rules.review.audience import Kind
from app.rules.review.who_can import Access, Answer, Standing, Way

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class _Person:
    """One subject and what was found out."""

    name: str
    kind: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class Review:
    """The answer of the command.

    Attributes:
        people: None where they were not asked for.
        unnamed: The ways whose people cannot be listed.
    """

    ways: tuple[Way, ...]
    people: tuple[_Person, ...] | None
    unnamed: tuple[str, ...]

    @property
    def anybody(self) -> bool:
        """Tell whether anybody can."""
        return any(way.answer is not Answer.NO for way in self.ways)


@click.command()
@click.argument("action", type=click.Choice(["pull", "push", "delete", ALL_ACTIONS]))
@click.argument("repository")
@click.option("--expand", is_flag=True, help="List the people of the groups too; asks the directory.")
@context_options
@source_options
@click.option(
    "--format", "format_", type=click.Choice(["table", "csv", "json"]), default="table", help="How to print."
)
def who_can(
    *,
    action: str,
    repository: str,
    expand: bool,
    service: str | None,
    from_: str | None,
    at: str | None,
    config: Path | None,
    realm: str | None,
    rules_path: Path | None,
    candidate: bool,
    format_: str,
) -> None:
    """Say who can do ACTION (pull, push or delete) with REPOSITORY.

    REPOSITORY is a name; or registry:catalog, whose one action is "*". Rules that are not in force at that
    time are left out.

    Ends with 0 if anybody can, with 1 if nobody can.
    """
    asked = read_scope(repository, action)
    if asked.actions != {action} or (action == ALL_ACTIONS and asked.type == "repository"):
        raise click.BadParameter("ask for pull, push or delete", param_hint="ACTION")
    source = read_source(config, realm, rules_path, candidate=candidate)
    context = read_context(service, from_, at)
    access = Access(source.rules, asked, context, service=service is not None, address=from_ is not None)
    ways = access.ways()
    review = Review(ways, None, ())
    if expand:
        directory = source.directory()
        if directory is None:
            raise click.UsageError("--expand asks the directory: it needs --config.")
        review = expanded(access, review, directory, source.rules.robots)
    if format_ == "json":
        show_json(_shape(review, asked, context, source))
    elif format_ == "csv":
        for row in _people_rows(review) if expand else _way_rows(review):
            click.echo(spreadsheet(row), nl=False)
    else:
        _print(review, asked)
    sys.exit(0 if review.anybody else 1)


def expanded(access: Access, review: Review, directory: Directory, robots: Mapping[str, Robot]) -> Review:
    """Find the people, and ask the engine about each; robots are in the rules.

    Raises:
        Unanswered: The directory does not say.
    """
    gives = [way for way in review.ways if way.rule.effect is Effect.ALLOW]
    names: set[str] = set()
    unnamed: list[str] = []
    try:
        for way in gives:
            found = _names(way, directory)
            if found is None:
                unnamed.append(str(way.reached))
            else:
                names.update(found)
        people = [*_look_up(sorted(names), access, directory), *_robots(access, robots)]
    except WharfingerError as error:
        raise unanswered(error) from None
    return replace(review, people=tuple(people), unnamed=tuple(dict.fromkeys(unnamed)))


def _names(way: Way, directory: Directory) -> Iterable[str] | None:
    """Name the people who have a way; None where they cannot be listed."""
    reached = way.reached
    if reached.username:
        return [reached.username]
    if reached.whom.kind is Kind.ROBOT:
        return ()
    if not reached.exact or reached.whom.kind in (Kind.EVERYONE, Kind.AUTHENTICATED):
        return None
    if reached.whom.kind is Kind.USER:
        return [reached.name]
    group = reached.group()
    return [person.name for person in directory.people_in(group)]


def _look_up(names: Iterable[str], access: Access, directory: Directory) -> Iterator[_Person]:
    for name in names:
        subject = directory.look_up(name)
        if not isinstance(subject, Refusal):  # an account that cannot log in can do nothing
            yield _Person(subject.name, "person", access.standing(subject))


def _robots(access: Access, robots: Mapping[str, Robot]) -> Iterator[_Person]:
    for name, robot in sorted(robots.items()):
        standing = access.standing(robot.persona(), robot)
        if standing.answer is not Answer.NO or standing.denied_by:
            yield _Person(ROBOT_PREFIX + name, "robot", standing)


def _shape(review: Review, asked: Scope, context: Context, source: Source) -> dict[str, Any]:
    shape = {
        "schema": SCHEMA,
        "action": next(iter(asked.actions)),
        "resource": {"type": asked.type, "name": asked.name},
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": source.rules.version},
        "ways": [_way(way) for way in review.ways],
    }
    if review.people is not None:
        shape["people"] = [_person(person) for person in review.people]
        shape["not_listed"] = list(review.unnamed)
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
        "answer": way.answer if way.rule.effect is Effect.ALLOW else None,
        "denied_by": list(way.denied_by),
    }


def _person(person: _Person) -> dict[str, Any]:
    standing = person.standing
    return {
        "subject": person.name,
        "kind": person.kind,
        "answer": standing.answer,
        "through": list(standing.through),
        "allowed_by": list(standing.allowed_by),
        "denied_by": list(standing.denied_by),
        "conditions": list(standing.conditions),
    }


def _way_rows(review: Review) -> Iterator[list[str]]:
    yield ["effect", "who", "rule", "position", "when", "answer", "denied_by"]
    for way in review.ways:
        answer = str(way.answer) if way.rule.effect is Effect.ALLOW else ""
        place = [way.rule.id, str(way.rule.position), "; ".join(way.when)]
        yield [way.rule.effect, str(way.reached), *place, answer, "; ".join(way.denied_by)]


def _people_rows(review: Review) -> Iterator[list[str]]:
    yield ["subject", "kind", "answer", "through", "allowed_by", "denied_by", "conditions"]
    for person in review.people or ():
        one = person.standing
        lists = (one.through, one.allowed_by, one.denied_by, one.conditions)
        yield [person.name, person.kind, one.answer, *("; ".join(texts) for texts in lists)]
    for text in review.unnamed:
        yield [text, "not listed", "", "", "", "", ""]


def _print(review: Review, asked: Scope) -> None:
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
        _print_people(review)


def _when(way: Way) -> str:
    said = joined(way.when, "always")
    if way.answer is Answer.NO:
        return f"never: denied by {joined(way.denied_by)}" if way.denied_by else f"never: {said}"
    return f"{said}; not where {joined(way.denied_by)} denies it" if way.denied_by else said


def _print_people(review: Review) -> None:
    people = table("person", "can", "through", "conditions, denials")
    for person in review.people or ():
        one = person.standing
        notes = [*one.conditions, *(f"denied by {rule}" for rule in one.denied_by)]
        add_row(people, person.name, one.answer, joined(one.through), joined(notes))
    show("", people)
    if review.unnamed:
        show("", f"Not listed, as they are not the people of one group: {joined(review.unnamed)}.")
