"""The refusals that are kept: found again, forgotten in time, and never more than so many."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import StateUnavailable
from app.state.database import Database
from app.state.denials import KEPT, SqlDenials
from app.state.rows import DenialReasonRow, DenialRow
from app.state.settings import StateSettings
from tests.support.postgres import PASSWORD, Postgres

NOW = 1_780_000_000.0
ROW = DenialRow(
    id="r5w0m2k9xq",
    at=NOW,
    request_id="request-1",
    realm="demo",
    service="registry.example.com",
    subject="bob",
    address="192.0.2.7",
    repository="web/app",
    actions=("pull", "push"),
    message="bob may not pull or push web/app: no rule allows it. Denial r5w0m2k9xq",
    rules_version="ac82a2313564af4c",
    reasons=(DenialReasonRow("push", "teams", "rules.yaml:3:5", "bob is not in group team-web"),),
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Return an empty database of each kind."""
    settings: dict[str, str] = {"url": f"sqlite:///{tmp_path}/state.db"}
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgresql")
        url = server.make(secrets.token_hex(8))
        settings = {"url": url, "password": PASSWORD, "secret": "x" * 32}
    made = Database(StateSettings.model_validate(settings))
    yield made
    made.close()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Postgres]:
    """Return one server for all."""
    with Postgres() as running:
        yield running


def _numbered(count: int) -> list[DenialRow]:
    return [replace(ROW, id=f"id-{number}", at=NOW + number) for number in range(count)]


def test_what_is_kept_is_found_again(database: Database) -> None:
    """Every field of it, by its id, by its subject, and among all."""
    kept = SqlDenials(database)
    other = replace(ROW, id="other", subject="alice", at=NOW + 1, actions=("delete",), reasons=())
    kept.add([ROW, other])
    assert kept.get(ROW.id) == ROW
    assert kept.get("unknown") is None
    assert kept.find(subject="bob", most=10) == (ROW,)
    assert kept.find(subject="carol", most=10) == ()
    assert kept.find(subject=None, most=10) == (other, ROW)
    assert kept.find(subject=None, most=1) == (other,)


def test_the_oldest_go_where_there_are_too_many(database: Database) -> None:
    """There are never more than so many."""
    kept = SqlDenials(database, most=5)
    for row in _numbered(12):
        kept.add([row])
    kept.add(_numbered(9))
    assert [row.id for row in kept.find(subject=None, most=100)] == [f"id-{n}" for n in (11, 10, 9, 8, 7)]


def test_what_is_old_is_forgotten(database: Database) -> None:
    """After thirty days, with the next one that is kept."""
    kept = SqlDenials(database)
    days = KEPT.total_seconds()
    kept.add([replace(ROW, id="old", at=NOW - days - 1), replace(ROW, id="last", at=NOW - days + 1)])
    kept.add([ROW])
    assert [row.id for row in kept.find(subject=None, most=100)] == [ROW.id, "last"]


def test_an_id_is_kept_once(database: Database) -> None:
    """The later refusal replaces the earlier, also where both are written at once."""
    kept = SqlDenials(database)
    kept.add([ROW, replace(ROW, repository="b")])
    kept.add([replace(ROW, repository="c")])
    assert [row.repository for row in kept.find(subject=None, most=100)] == ["c"]


def test_no_text_is_too_strange(database: Database) -> None:
    """What a directory calls people may hold anything; a character that cannot be kept is a question mark."""
    kept = SqlDenials(database)
    kept.add([replace(ROW, subject="b\0b\udc80 ü", reasons=(DenialReasonRow("a", "b", "c", "\0\udc80"),))])
    (row,) = kept.find(subject=None, most=1)
    assert row.subject == "b?b? ü"
    assert row.reasons[0].text == "\0\udc80"


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    """Whoever writes decides what becomes of it."""
    kept = SqlDenials(Database(StateSettings(url=f"sqlite:///{tmp_path}/missing/state.db")))
    with pytest.raises(StateUnavailable):
        kept.add([ROW])
