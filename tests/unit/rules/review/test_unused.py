"""Rights that no request of an audit stream needed, and the rules without them."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.rules.file import load
from app.rules.file.load import Written
from app.rules.file.paths import FileText
from app.rules.model import Who
from app.rules.patterns.names import NamePattern
from app.rules.review.replay import Replay
from app.rules.review.unused import Unused, UnusedSearch, entries, propose
from app.telemetry.audit import line
from tests.support import records
from tests.unit.rules.given import NOW

_RULES = """\
version: 1
rules:
  - id: teams
    groups: ["team-{team}"]
    repositories: ["{team}/**"]
    allow: [pull, push]
  - id: shared
    groups: [office, guests]
    users: [mallory]
    repositories: ["shared/**"]
    allow: [pull]
  - id: old
    groups: [former]
    repositories: ["old/**"]
    allow: [pull]
  - {id: out, groups: [contractors], repositories: ["**"], deny: [push]}
"""
_SECRET = f"'sha256:{64 * '0'}'"


def _line(subject: str = "bob", groups: tuple[str, ...] = (), *asked: str, **changes: Any) -> bytes:
    known: dict[str, Any] = {
        "time": NOW,
        "subject": subject,
        "groups": groups,
        "group_dns": ("",) * len(groups),
        "rules_version": "v",
        "asked": records.scopes(*asked),
    }
    return line(records.token_record(**(known | changes)))


def _written(text: str) -> Written:
    written = load.compiled([FileText("rules.yaml", text)])
    written.tested(NOW)
    return written


def _unused(text: str, *lines: bytes) -> Unused:
    search = UnusedSearch(_written(text), None)
    for each in lines:
        search.line(each)
    return search.find(NOW)


def _names(found: Unused) -> list[str]:
    return [f"{entry.rule} {entry.kind} {entry.name}".strip() for entry in found.entries]


def _proposed(text: str, *lines: bytes) -> str:
    (file,) = propose(_written(text), _unused(text, *lines).entries).texts
    return file.text


WEB = _line("bob", ("team-web",), "repository:web/app:pull,push")
SHARED = _line("alice", ("office",), "repository:shared/x:pull")


def test_what_nobody_used_is_named() -> None:
    """A rule as a whole, or the groups and people of one that others used."""
    found = _unused(_RULES, WEB, SHARED)
    assert _names(found) == ["shared group guests", "shared user mallory", "rule old"]
    assert [str(entry.position) for entry in found.entries] == [
        "rules.yaml:7:5",
        "rules.yaml:7:5",
        "rules.yaml:12:5",
    ]
    assert (found.decided, found.first, found.last) == (
        2,
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T12:00:00.000Z",
    )


def test_the_proposal_is_the_file_without_it() -> None:
    """Every other line stays as it is."""
    expected = _RULES.replace("[office, guests]", "[office]").replace("    users: [mallory]\n", "")
    expected = expected.replace(_RULES[_RULES.index("  - id: old") : _RULES.index("  - {id: out")], "")
    assert _proposed(_RULES, WEB, SHARED) == expected


def test_what_was_asked_and_not_granted_is_no_use() -> None:
    """An allow that a deny takes away did nothing."""
    denied = _line("bob", ("team-web", "contractors"), "repository:web/app:push")
    assert "rule teams" in _names(_unused(_RULES, SHARED, denied))
    pulled = _line("bob", ("team-web", "contractors"), "repository:web/app:pull,push")
    assert "rule teams" not in _names(_unused(_RULES, SHARED, pulled))


def test_a_deny_is_no_right() -> None:
    """One that denied nothing is not said to be unused: without it, somebody could do more."""
    assert not any("out" in name for name in _names(_unused(_RULES, WEB)))


def test_every_way_that_allowed_is_a_use() -> None:
    """Of two that allow the same, none is taken out."""
    both = _line("bob", ("office", "guests"), "repository:shared/x:pull")
    assert [name for name in _names(_unused(_RULES, both)) if "shared" in name] == ["shared user mallory"]


def test_all_groups_are_one_way() -> None:
    """Who is in each of them used them all; none of them can go alone."""
    text = _RULES.replace("groups: [office, guests]", "all_groups: [office, guests]")
    both = _line("bob", ("office", "guests"), "repository:shared/x:pull")
    assert [name for name in _names(_unused(text, both)) if "shared" in name] == ["shared user mallory"]
    assert "shared groups office and guests" in _names(
        _unused(text, _line("mallory", (), "repository:shared/x:pull"))
    )
    assert "all_groups" not in _proposed(text, _line("mallory", (), "repository:shared/x:pull"))


def test_exceptions_stay_with_what_they_are_of() -> None:
    """Who is excepted used nothing."""
    text = _RULES.replace("    users: [mallory]\n", "    except: {users: [bob]}\n")
    used = _line("alice", ("office",), "repository:shared/x:pull")
    excepted = _line("bob", ("guests",), "repository:shared/x:pull")
    assert "shared group guests" in _names(_unused(text, used, excepted))
    assert "except: {users: [bob]}" in _proposed(text, used, excepted)


def test_every_way_is_known() -> None:
    """A new way in which a rule can be for somebody is an entry here, too."""
    group, user = NamePattern.parse("a"), NamePattern.parse("b")
    who = Who((group,), (group,), (user,), (user,), authenticated=True, everyone=True)
    ways = {field.name for field in fields(Who)} - {"exceptions"}
    assert {location[0] for _, _, location, _ in entries(who)} == ways


def test_a_rule_whose_time_was_not_in_the_log_is_left_alone() -> None:
    """What had not begun, or was over, could not be used."""
    rule = '- {{id: t, users: [x], repositories: ["y"], allow: [pull], when: {{{}}}}}'
    for when in ("from: 2026-02-15", "until: 2025-12-31", "from: 2026-02-15, until: 2026-02-20"):
        assert _names(_unused(f"version: 1\nrules:\n{rule.format(when)}\n", WEB)) == []
    for when in ("until: 2026-02-15", "from: 2026-01-01", "services: [nowhere]"):
        assert _names(_unused(f"version: 1\nrules:\n{rule.format(when)}\n", WEB)) == ["rule t"]
    short = f"version: 1\nrules:\n{rule.format('from: 2026-02-15, until: 2026-02-20')}\n"
    late = _line("bob", (), "repository:a:pull", time=NOW + timedelta(days=60))
    assert _names(_unused(short, WEB, late)) == ["rule t"]


def test_what_a_test_expects_is_kept() -> None:
    """A file whose own tests fail would not load; who wants it gone takes out the test."""
    test = "tests:\n  - {id: keep, as: {user: x, groups: [guests]}, expect: {shared/x: [pull]}}\n"
    found = _unused(_RULES + test, WEB, SHARED)
    assert [entry.kept_for for entry in found.entries] == ["test keep", "", ""]
    assert "guests" in _proposed(_RULES + test, WEB, SHARED)


def test_what_binds_a_variable_is_kept() -> None:
    """Without the group that says what `{team}` is, the file would not load."""
    text = _RULES.replace('["team-{team}"]', '["team-{team}", admins]').replace(
        '["{team}/**"]', '["{team}/**", web]'
    )
    used = _line("root", ("admins",), "repository:web:pull")
    (teams,) = (entry for entry in _unused(text, used, SHARED).entries if entry.rule == "teams")
    assert (teams.name, teams.kept_for) == ("team-{team}", "{team} in repositories")
    _proposed(text, used, SHARED)


def _robots(*names: str) -> str:
    return "robots:\n" + "".join(
        f"  - {{name: {name}, secrets: [{_SECRET}], groups: [office]}}\n" for name in names
    )


def test_a_robot_that_logged_in_is_used() -> None:
    """Also where it asked for nothing, and where nothing was granted; one that never did is not."""
    logins = _line("robot$a"), _line("robot$b", (), "repository:other:pull")
    found = _unused(_RULES + _robots("a", "b", "c"), WEB, *logins)
    assert [name for name in _names(found) if name.startswith("robot")] == ["robot c"]
    rules = _RULES.replace("users: [mallory]", "robots: [a, c]")
    allowed = _line("robot$a", (), "repository:shared/x:pull")
    assert "shared robot c" in _names(_unused(rules + _robots("a", "c"), WEB, allowed))


def test_a_robot_that_a_test_is_about_is_kept() -> None:
    """The test names it."""
    test = "tests: [{id: t, as: {robot: c}, expect: {nothing/here: []}}]\n"
    (robot,) = (
        entry for entry in _unused(_RULES + _robots("c") + test, WEB).entries if entry.kind == "robot"
    )
    assert robot.kept_for == "test t"


def test_a_file_of_which_nothing_is_left_loads() -> None:
    """The sections go with the last of their entries."""
    text = "version: 1\nrules:\n- {id: a, users: [x], repositories: [y], allow: [pull]}\n" + _robots("c")
    assert _proposed(text, WEB) == "version: 1\n"


def test_each_file_of_a_folder_is_changed_by_itself() -> None:
    """An entry is found in its own file, whichever number it has there."""
    one = "version: 1\nrules:\n- {id: a, users: [x], repositories: [y], allow: [pull]}\n"
    two = one.replace("id: a, users: [x]", "id: b, users: [z]")
    written = load.compiled([FileText("1.yaml", one), FileText("2.yaml", two)])
    search = UnusedSearch(written, None)
    search.line(_line("x", (), "repository:y:pull"))
    proposed = propose(written, search.find(NOW).entries)
    assert [file.text for file in proposed.texts] == [one, "version: 1\n"]


_NAMES = st.lists(st.sampled_from(["a", "b", "c", "x-*", "'t-{t}'"]), min_size=1, max_size=3, unique=True)
_WHO = st.one_of(
    st.builds("groups: [{}]".format, _NAMES.map(", ".join)),
    st.builds("users: [{}], groups: [{}]".format, _NAMES.map(", ".join), _NAMES.map(", ".join)),
    st.sampled_from(
        ["authenticated: true", "everyone: true", "robots: [ci, cd]", "robots: ['c*'], groups: [a]"]
    ),
    st.sampled_from(["all_groups: [a, 't-{t}']", "all_groups: [a, b], groups: [c]"]),
)
_RULE = st.builds(
    "{}, repositories: [{}], {}: [{}]".format,
    _WHO,
    st.sampled_from(["p/*", "q", "'**'", "'{username}/**'", "p/a, q"]),
    st.sampled_from(["allow", "allow", "deny"]),
    st.sampled_from(["pull", "push", "delete", "'*'"]),
)
_ASKED = st.builds(
    "repository:{}:{}".format,
    st.sampled_from(["p/a", "q", "b/x", "other"]),
    st.sampled_from(["pull", "push", "pull,push", "delete", "*"]),
)
_SUBJECTS = st.sampled_from(["", "a", "b", "x-1", "t-1", "robot$ci", "robot$cd", "robot$gone"])
_GROUPS = st.lists(st.sampled_from(["a", "b", "c", "x-2", "t-2"]), max_size=3, unique=True).map(tuple)
_LINES = st.lists(
    st.builds(
        lambda subject, groups, asked: _line(subject, groups if subject else (), *asked),
        _SUBJECTS,
        _GROUPS,
        st.lists(_ASKED, max_size=2, unique_by=lambda one: one.rpartition(":")[0]),
    ),
    max_size=6,
)


_EXCEPTING = st.builds(
    "groups: [{}], except: {{users: [a], groups: [c]}}, repositories: ['**'], allow: [pull]".format,
    _NAMES.map(", ".join),
)


@given(st.lists(_RULE | _EXCEPTING, min_size=1, max_size=5), _LINES)
def test_every_request_is_decided_as_before(rules: list[str], lines: list[bytes]) -> None:
    """Whatever is taken out: everything that was granted is granted still, and nothing else is."""
    listed = "".join(f"- {{id: r{number}, {rule}}}\n" for number, rule in enumerate(rules))
    text = f"version: 1\nrules:\n{listed}{_robots('ci', 'cd')}"
    written = _written(text)
    search = UnusedSearch(written, None)
    for each in lines:
        search.line(each)
    proposed = propose(written, search.find(NOW).entries)
    replay = Replay(written.rules, proposed.rules)
    for each in lines:
        replay.line(each)
    assert (replay.result.gained, replay.result.lost) == ({}, {})
    again = UnusedSearch(proposed, None)
    for each in lines:
        again.line(each)
    assert not [entry for entry in again.find(NOW).entries if not entry.kept_for]


@pytest.mark.parametrize("torn", [b"torn\n", WEB.replace(b'"groups_dropped":0', b'"groups_dropped":3')])
def test_what_cannot_be_decided_is_counted(torn: bytes) -> None:
    """Nobody knows what it needed, and whoever reads the list must know that."""
    assert _unused(_RULES, WEB, torn).unusable == 1
