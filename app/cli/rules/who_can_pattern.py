"""How `wharfinger rules who-can` prints who can do something with the repositories of a pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from app.cli.output import add_row, joined, show, show_csv, show_json, table
from app.cli.rules.options import RequestOptions, Source
from app.errors import UnfitError
from app.rules.conditions import Context, moment
from app.rules.decision import Effect
from app.rules.patterns.repository import RepositoryPattern
from app.rules.review.entitlements import Extent
from app.rules.review.who_can_pattern import PatternInquiry, PatternSubject, PatternWay

SCHEMA = 1
_SIGNS = frozenset("*?{")


@dataclass(frozen=True, slots=True)
class _Review:
    """The answer; without people where they were not asked for."""

    pattern: str
    action: str
    ways: Sequence[PatternWay]
    people: Sequence[PatternSubject] | None = None
    not_listed: Sequence[str] = ()


def is_pattern(repository: str) -> bool:
    """Whether what a command line names is a pattern, and no name."""
    return not _SIGNS.isdisjoint(repository)


def read_pattern(text: str) -> RepositoryPattern:
    """Read a pattern.

    Raises:
        click.BadParameter: It is none, or has a variable.
    """
    try:
        pattern = RepositoryPattern.parse(text)
    except UnfitError as error:
        raise click.BadParameter(str(error), param_hint="REPOSITORY") from None
    if pattern.variables:
        raise click.BadParameter("nothing says what a variable stands for here", param_hint="REPOSITORY")
    return pattern


def print_ways(
    pattern: RepositoryPattern,
    action: str,
    source: Source,
    request: RequestOptions,
    form: str,
    *,
    expand: bool,
) -> bool:
    """Print who can do something with the repositories of a pattern; return whether anybody can."""
    context = request.context()
    inquiry = PatternInquiry(source.rules, pattern, action, request.fixed(context))
    review = _Review(pattern.text, action, inquiry.ways())
    if expand:
        directory = source.directory()
        if directory is None:
            raise click.UsageError("--expand asks the directory: it needs --config.")
        review = _Review(pattern.text, action, review.ways, *inquiry.people(review.ways, directory))
    if form == "json":
        show_json(_shape(review, context, source))
    elif form == "csv":
        show_csv(_way_rows(review) if review.people is None else _people_rows(review))
    else:
        _print(review)
    return any(way.extent is not Extent.NONE for way in review.ways)


def _shape(review: _Review, context: Context, source: Source) -> dict[str, Any]:
    shape = {
        "schema": SCHEMA,
        "action": review.action,
        "resource": {"type": "repository", "pattern": review.pattern},
        "time": moment(context.now),
        "rules": {"path": str(source.path), "version": source.rules.version},
        "ways": [_way(way) for way in review.ways],
    }
    if review.people is not None:
        shape["people"] = [_person(person) for person in review.people]
        shape["not_listed"] = list(review.not_listed)
    return shape


def _way(way: PatternWay) -> dict[str, Any]:
    return {
        "effect": way.rule.effect,
        "who": way.who,
        "exact": way.reached is not None and way.reached.exact,
        "on": way.on,
        "extent": way.extent if way.rule.effect is Effect.ALLOW else None,
        "rule": way.rule.id,
        "position": str(way.rule.position),
        "when": list(way.when),
        "denied_by": list(way.denied_by),
    }


def _person(person: PatternSubject) -> dict[str, Any]:
    return {
        "subject": person.name,
        "kind": person.kind,
        "extent": person.extent,
        "on": list(person.on),
        "through": list(person.through),
        "allowed_by": list(person.allowed_by),
        "conditions": list(person.conditions),
    }


def _way_rows(review: _Review) -> Iterator[list[str]]:
    yield ["effect", "who", "on", "extent", "rule", "position", "when", "denied_by"]
    for way in review.ways:
        shape = _way(way)
        known = (way.rule.effect, way.who, way.on, shape["extent"] or "", way.rule.id, str(way.rule.position))
        yield [*known, "; ".join(way.when), "; ".join(way.denied_by)]


def _people_rows(review: _Review) -> Iterator[list[str]]:
    yield ["subject", "kind", "extent", "on", "through", "allowed_by", "conditions"]
    for person in review.people or ():
        lists = (person.on, person.through, person.allowed_by, person.conditions)
        yield [person.name, person.kind, person.extent, *map("; ".join, lists)]
    for text in review.not_listed:
        yield [text, "not listed", "", "", "", "", ""]


def _print(review: _Review) -> None:
    gives = [way for way in review.ways if way.rule.effect is Effect.ALLOW]
    takes = [way for way in review.ways if way.rule.effect is Effect.DENY]
    if not gives:
        show(f"Nobody can {review.action} {review.pattern}: no rule allows it.")
        return
    allowed = table(f"can {review.action}", "on", "rule", "when")
    for way in gives:
        add_row(allowed, way.who, _on(way), f"{way.rule.id} ({way.rule.position})", _when(way))
    show(allowed)
    if takes:
        denied = table("but not", "on", "rule", "when")
        for way in takes:
            when = joined(way.when, "always")
            add_row(denied, way.who, way.on, f"{way.rule.id} ({way.rule.position})", when)
        show("", denied)
    if review.people is not None:
        _print_people(review)


def _on(way: PatternWay) -> str:
    return f"{way.on} (all)" if way.extent is Extent.ALL else way.on


def _when(way: PatternWay) -> str:
    said = joined(way.when, "always")
    if way.extent is Extent.NONE:
        return f"never: denied by {joined(way.denied_by)}"
    return f"{said}; not where {joined(way.denied_by)} denies it" if way.denied_by else said


def _print_people(review: _Review) -> None:
    shown = table("person", f"{review.action}, of {review.pattern}", "on", "through", "conditions")
    for person in review.people or ():
        lists = (person.on, person.through, person.conditions)
        add_row(shown, person.name, person.extent, *map(joined, lists))
    show("", shown)
    if review.not_listed:
        show("", f"Not listed, as they are not the people of one group: {joined(review.not_listed)}.")
