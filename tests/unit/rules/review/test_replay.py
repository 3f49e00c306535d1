"""Requests of an audit stream, decided again by other rules."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from app.protocol import scope
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.model import Rule, RuleSet
from app.rules.persona import NamedGroup, Persona
from app.rules.review.replay import Replay, Replayed
from app.rules.review.survey import survey
from app.telemetry.audit import line
from app.telemetry.record import TokenRecord
from tests.support import records
from tests.unit.rules.given import NOW, person, rule_set
from tests.unit.rules.review.test_diff import _NAMES, _RULE_LISTS, _SUBJECTS
from tests.unit.rules.strategies import CONTEXTS

OLD = rule_set("- {id: r, groups: ['team-{t}'], repositories: ['{t}/**'], allow: [push]}")
NEW = rule_set("- {id: r, groups: ['team-{t}'], repositories: ['{t}/*'], allow: [push, delete]}")


def _record(**changes: Any) -> TokenRecord:
    known: dict[str, Any] = {
        "time": NOW,
        "realm": "r",
        "service": "s",
        "subject": "bob",
        "groups": ("team-web",),
        "group_dns": ("",),
        "rules_version": "v",
    }
    changes["asked"] = records.scopes(*map(str, changes.get("asked", ())))
    return records.token_record(**(known | changes))


def _replay(old: RuleSet, new: RuleSet, *lines: bytes, realm: str | None = None) -> Replayed:
    replay = Replay(old, new, realm)
    for each in lines:
        replay.line(each)
    return replay.result


def _told(found: Replayed) -> list[str]:
    return [
        f"{verb} {right.subject} {right.resource} {right.action} {seen.lines}"
        for verb, rights in (("+", found.gained), ("-", found.lost))
        for right, seen in rights.items()
    ]


def test_what_is_decided_differently_is_counted() -> None:
    """Once for each line, with its first and last time, and the id of one request."""
    asked = ("repository:web/a:delete,pull", "repository:web/a/b:pull")
    later = NOW + timedelta(hours=1)
    found = _replay(OLD, NEW, line(_record(asked=asked)), line(_record(asked=asked, time=later)))
    assert sorted(_told(found)) == ["+ bob repository:web/a delete 2", "- bob repository:web/a/b pull 2"]
    (seen,) = found.gained.values()
    assert (seen.first[:13], seen.last[:13], seen.example) == ("2026-01-31T12", "2026-01-31T13", "id-1")
    assert (found.lines, found.decided, found.unusable) == (2, 2, 0)


def test_what_is_not_asked_is_no_difference() -> None:
    """Other rules that grant more change nothing for who never asks for it."""
    assert _told(_replay(OLD, NEW, line(_record(asked=("repository:web/a:pull",))))) == []


@pytest.mark.parametrize(
    "broken",
    [
        b"\n",
        b"{}",
        b"[1]",
        b"nonsense",
        b'{"event":"token","rules_version":"v"}',
        b"\xff",
        json.dumps({**json.loads(line(_record())), "groups": [[]]}).encode(),
        json.dumps({**json.loads(line(_record())), "group_dns": ["no dn"]}).encode(),
        json.dumps({**json.loads(line(_record())), "asked": [1]}).encode(),
        json.dumps({**json.loads(line(_record())), "groups_dropped": 3}).encode(),
        line(_record())[:100],
        json.dumps({**json.loads(line(_record())), "asked": [[]]}).encode(),
        json.dumps({**json.loads(line(_record())), "subject": 5}).encode(),
        json.dumps(
            {key: value for key, value in json.loads(line(_record())).items() if key != "realm"}
        ).encode(),
        json.dumps({**json.loads(line(_record())), "realm": ["r"]}).encode(),
        json.dumps({**json.loads(line(_record())), "realm": None}).encode(),
        b"[" * 100_000,
    ],
)
def test_a_line_that_cannot_be_replayed_is_counted(broken: bytes) -> None:
    """A line of another kind, one that is cut, or one without all groups ends nothing."""
    found = _replay(OLD, NEW, broken, line(_record(asked=("repository:web/a:delete",))))
    assert (found.lines, found.decided, found.unusable) == (2, 1, 1)
    assert _told(found) == ["+ bob repository:web/a delete 1"]


def test_a_refused_login_is_passed_over() -> None:
    """Where nothing was decided, nothing is decided again."""
    found = _replay(
        OLD, NEW, line(_record(outcome="wrong_credentials", rules_version="", groups=(), group_dns=()))
    )
    assert (found.lines, found.decided, found.unusable, found.passed) == (1, 0, 0, 1)


def test_a_login_that_asked_for_nothing_is_passed_over() -> None:
    """A log of `docker login` alone says nothing about the rules, so it does not say that nothing changes."""
    found = _replay(OLD, NEW, line(_record(asked=())), line(_record(asked=("repository:web/a:pull",))))
    assert (found.lines, found.decided, found.unusable, found.passed) == (2, 1, 0, 1)


def test_lines_of_another_realm_are_not_replayed() -> None:
    """They are not counted either; a line of no realm may be of any. All realms are named."""
    asked = ("repository:web/a:delete",)
    lines = [line(_record(realm=realm, asked=asked)) for realm in ("lab", "corp", "lab", "corp", "corp")]
    refused = line(_record(realm="lab", outcome="wrong_credentials", rules_version=""))
    found = _replay(OLD, NEW, *lines, refused, b"torn", realm="corp")
    assert _told(found) == ["+ bob repository:web/a delete 3"]
    assert (found.lines, found.decided, found.unusable, found.passed) == (4, 3, 1, 0)
    assert found.realms == {"corp", "lab"}
    found = _replay(OLD, NEW, *lines, refused, b"torn", realm="none")
    assert (_told(found), found.lines, found.unusable, found.realms) == ([], 1, 1, {"corp", "lab"})


def test_a_robot_is_what_each_file_says() -> None:
    """A robot that is gone loses what it had; its groups are those of each file."""
    rule = "- {id: r, groups: [a], repositories: [x], allow: [pull]}"
    secret = "sha256:" + 64 * "0"
    old = rule_set(rule, rest=f"robots: [{{name: ci, secrets: ['{secret}'], groups: [a]}}]")
    asked = _record(subject="robot$ci", groups=("a",), asked=("repository:x:pull",))
    assert _told(_replay(old, rule_set(rule), line(asked))) == ["- robot$ci repository:x pull 1"]


def test_a_robot_that_could_not_log_in_loses_all() -> None:
    """By the new rules it comes from elsewhere, or has expired when it asked."""
    rule = "- {id: r, groups: [a], repositories: [x], allow: [pull]}"
    robot = f"name: ci, secrets: ['sha256:{64 * '0'}'], groups: [a]"
    free, bounded, ended = (
        rule_set(rule, rest=f"robots: [{{{robot}{more}}}]")
        for more in ("", ", networks: [192.0.2.0/28]", ", expires: 2026-01-31")
    )
    asked = _record(subject="robot$ci", groups=("a",), asked=("repository:x:pull",))
    inside, outside = line(asked), line(replace(asked, client=records.client("192.0.2.99")))
    tomorrow = line(replace(asked, time=NOW + timedelta(days=1)))
    lost = ["- robot$ci repository:x pull 1"]
    assert _told(_replay(free, bounded, inside)) == []
    assert _told(_replay(free, bounded, inside, outside)) == lost
    assert _told(_replay(free, ended, inside, tomorrow)) == lost
    ticks: list[int] = []
    scopes, _ = scope.parse_all(["repository:x:pull"])
    ci = ("robot$ci", Persona("robot$ci", is_robot=True))
    found = survey((free, bounded), [ci], scopes, NOW, tick=lambda: ticks.append(1))
    assert [*found.lost.values()] == [[("from (anywhere else)",)]]


def test_two_groups_of_one_name_prove_neither() -> None:
    """A line tells them apart by DN."""
    rules = rule_set("- {id: r, groups: [a], repositories: [x], allow: [pull]}")
    groups = {"groups": ("a", "a"), "group_dns": ("cn=a,ou=x", "cn=a,ou=y"), "asked": ("repository:x:pull",)}
    assert _told(_replay(rule_set(""), rules, line(_record(**groups)))) == []
    groups["group_dns"] = ("cn=a,ou=x", "cn=a,ou=x")
    assert _told(_replay(rule_set(""), rules, line(_record(**groups)))) == ["+ bob repository:x pull 1"]


@settings(max_examples=25, deadline=None)
@given(
    _RULE_LISTS, _RULE_LISTS, _SUBJECTS.filter(lambda one: one is None or not one.is_robot), _NAMES, CONTEXTS
)
def test_a_replay_is_what_the_engine_decides(
    old: list[Rule], new: list[Rule], subject: Persona | None, name: str, context: Context
) -> None:
    """From the line alone comes what both rule sets decide about the request."""
    rules = RuleSet("old", tuple(old)), RuleSet("new", tuple(new))
    scopes, _ = scope.parse_all([f"repository:{name}:pull,push,delete"])
    groups = subject.groups if subject is not None else ()
    record = _record(
        time=context.now,
        client=records.client(context.address),
        service=context.service,
        subject=subject.name if subject is not None else "",
        groups=tuple(group.name for group in groups),
        group_dns=tuple(group.dn.written if group.dn is not None else "" for group in groups),
        attributes=subject.attributes if subject is not None else {},
        asked=scopes,
    )
    found = _replay(*rules, line(record))
    flagged = tuple(
        NamedGroup(each.name, each.dn, ambiguous=len({g.dn for g in groups if g.name == each.name}) > 1)
        for each in groups
    )
    same = Persona(subject.name, flagged, attributes=subject.attributes) if subject is not None else None
    before, after = (
        {action for access in decide(one, same, scopes, context).access for action in access.actions}
        for one in rules
    )
    assert {right.action for right in found.gained} == after - before
    assert {right.action for right in found.lost} == before - after


def test_hours_tell_requests_apart() -> None:
    """Requests of one span of time are alike only where the same hours hold."""
    old, new = (
        rule_set(f"- {{id: r, groups: [a], repositories: [x], allow: [pull], when: {{hours: {hours}}}}}")
        for hours in ("Mon-Fri 08:00-18:00 UTC", "Mon-Fri 09:00-18:00 UTC")
    )
    times = ["02T07:30", "02T08:30", "03T08:59", "03T09:00", "07T08:30"]
    lines = [
        line(
            _record(
                time=datetime.fromisoformat(f"2026-02-{time}Z"), asked=("repository:x:pull",), groups=("a",)
            )
        )
        for time in times
    ]
    found = _replay(old, new, *lines)
    assert _told(found) == ["- bob repository:x pull 2"]
    (seen,) = found.lost.values()
    assert (seen.first[8:16], seen.last[8:16]) == ("02T08:30", "03T08:59")


def test_a_survey_tries_all_circumstances() -> None:
    """Every subject on every resource, whenever conditions begin or end to hold."""
    new = rule_set(
        "- {id: r, groups: [a], repositories: [x], allow: [pull], "
        "when: {from: 2026-06-01, networks: [10.0.0.0/8]}}"
    )
    scopes, _ = scope.parse_all(["repository:x:pull,push", "repository:y:pull"])
    bob, ticks = person("bob", "a"), list[int]()
    found = survey((rule_set(""), new), [("bob", bob)], scopes, NOW, tick=lambda: ticks.append(1))
    ((right, when),) = found.gained.items()
    assert (right.subject, right.resource, right.action) == ("bob", "repository:x", "pull")
    assert when == [("from 10.0.0.0", "at 2026-06-01T00:00:00Z")]
    assert (found.lost, ticks) == ({}, [1])
