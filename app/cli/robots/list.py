"""`wharfinger robots list`: the robots of the rules, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.audit.line import read
from app.cli.audit import log
from app.cli.options import Moment, format_option
from app.cli.output import add_row, joined, show, show_csv, show_json, table
from app.cli.rules.options import Source, SourceOptions, source_options
from app.errors import UnfitError
from app.expiry import last_day
from app.rules import robot_names
from app.rules.conditions import moment
from app.rules.review.robots import ListedRobot
from app.rules.review.robots import list_robots as list_all
from app.telemetry.record import ISSUED

SCHEMA = 1


@click.command("list")
@source_options
@click.option(
    "--replay",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="An audit log, to say when each logged in last; it may be compressed (gzip). - is standard input.",
)
@click.option("--at", type=Moment(), metavar="TIME", help="When: a date or a time; now where not given.")
@format_option("csv", "json")
def list_robots(*, rules: SourceOptions, logs: tuple[Path, ...], at: datetime | None, form: str) -> None:
    """Show the robots of the rules: whether each can log in, until when, from where, and in which groups.

    How old a secret is cannot be said, for the rules have its hash alone.
    """
    source = rules.read()
    robots = list(list_all(source.rules, at or datetime.now(UTC), _last_logins(logs)))
    if form == "json":
        show_json(_shape(source, robots))
    elif form == "csv":
        show_csv(_rows(robots))
    else:
        _print(robots)


def _last_logins(logs: tuple[Path, ...]) -> dict[str, str]:
    """Return when each robot logged in last, by its name."""
    found: dict[str, str] = {}

    def take(line: bytes) -> None:
        try:
            event = read(line)
        except UnfitError:
            return
        if event is not None and event.outcome == ISSUED and robot_names.is_canonical(event.subject):
            name, time = robot_names.short(event.subject), str(event.fields["time"])
            found[name] = max(time, found.get(name, ""))

    log.read(logs, "reading", take)
    return found


def _shape(source: Source, robots: list[ListedRobot]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "rules": {"path": str(source.path), "version": source.rules.version},
        "robots": [_robot(each) for each in robots],
    }


def _robot(listed: ListedRobot) -> dict[str, Any]:
    robot = listed.robot
    return {
        "name": robot.name,
        "position": str(robot.position),
        "state": listed.state,
        "expires": _end(listed) or None,
        "networks": [str(network) for network in robot.networks],
        "groups": [group.name if group.dn is None else str(group.dn) for group in robot.groups],
        "secrets": len(robot.secret_hashes),
        "last_login": listed.last_login or None,
    }


def _end(listed: ListedRobot) -> str:
    expires = listed.robot.expires
    return moment(expires) if expires is not None else ""


def _rows(robots: list[ListedRobot]) -> Iterator[list[str]]:
    yield ["name", "position", "state", "expires", "networks", "groups", "secrets", "last_login"]
    for each in robots:
        shape = _robot(each)
        lists = ("; ".join(shape["networks"]), "; ".join(shape["groups"]))
        known = (shape["name"], shape["position"], shape["state"], _end(each))
        yield [*known, *lists, str(shape["secrets"]), each.last_login]


def _print(robots: list[ListedRobot]) -> None:
    if not robots:
        show("There is no robot.")
        return
    rows = table("robot", "state", "until", "from", "groups", "secrets", "last login")
    for each in robots:
        shape = _robot(each)
        end = last_day(each.robot.expires) if each.robot.expires is not None else "-"
        places = joined(shape["networks"], "anywhere")
        known = (shape["name"], shape["state"], end, places, joined(shape["groups"]))
        add_row(rows, *known, str(shape["secrets"]), each.last_login[:10] or "-")
    show(rows)
