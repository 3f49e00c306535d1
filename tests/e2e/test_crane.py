"""crane, which checks where it is sent: what else it does with a registry but push and pull."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clients import PASSWORDS
from tests.support.counting import Cost
from tests.support.crane import Crane
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE, Seeded

pytestmark = pytest.mark.slow


@pytest.fixture
def crane(tmp_path: Path) -> Crane:
    """Return crane, logged in nowhere."""
    return Crane(tmp_path / "crane")


def test_a_copy_mounts_what_is_there(
    either: Seeded, crane: Crane, measured: Measured, stranger: Newcomer
) -> None:
    """What may be pulled is copied by name into the own sandbox: no blob goes over the wire."""
    crane.store(either.host, stranger.name, stranger.password)
    source, target = either.image(PUBLIC_IMAGE), either.image(f"sandbox/{stranger.name}/hello")
    copied = measured(Cost(("GET 200", "GET 200", "GET 200"), 1), lambda: crane("copy", source, target))
    assert copied.status == 0, copied.text
    assert "mounted blob" in copied.stderr
    assert "pushed blob" not in copied.stderr


def test_a_copy_without_the_right_to_the_source(
    either: Seeded, crane: Crane, measured: Measured, stranger: Newcomer
) -> None:
    """What may not be pulled is not copied."""
    crane.store(either.host, stranger.name, stranger.password)
    source, target = either.image("platform/closed"), either.image(f"sandbox/{stranger.name}/stolen")
    copied = measured(Cost(("GET 403",), 1), lambda: crane("copy", source, target))
    assert copied.status != 0
    assert f"DENIED: {stranger.name} may not pull platform/closed: no rule allows it; " in copied.stderr


def test_the_catalog_is_for_auditors(
    either: Seeded, crane: Crane, measured: Measured, auditor: Newcomer
) -> None:
    """An auditor lists every repository."""
    crane.store(either.host, auditor.name, auditor.password)
    listed = measured(Cost(("GET 200",), 1), lambda: crane("catalog", either.host))
    assert listed.status == 0, listed.text
    assert PUBLIC_IMAGE in listed.stdout.split()


def test_the_catalog_is_for_nobody_else(
    either: Seeded, crane: Crane, measured: Measured, teammate: Newcomer
) -> None:
    """Anybody else lists nothing."""
    crane.store(either.host, teammate.name, teammate.password)
    listed = measured(Cost(("GET 200", "GET 200"), 1), lambda: crane("catalog", either.host))
    assert listed.status != 0
    assert "UNAUTHORIZED: authentication required" in listed.stderr


def test_what_is_in_the_own_sandbox_is_deleted(
    either: Seeded, crane: Crane, measured: Measured, stranger: Newcomer, layout: Layout
) -> None:
    """Somebody with the right to delete deletes by digest, and it is gone."""
    crane.store(either.host, stranger.name, stranger.password)
    image = either.image(f"sandbox/{stranger.name}/app")
    digest = crane.push(layout, image).stdout.strip()
    deleted = measured(Cost(("GET 200",), 0), lambda: crane("delete", digest))
    assert deleted.status == 0, deleted.text
    assert "MANIFEST_UNKNOWN" in crane("manifest", image).stderr


def test_what_is_the_teams_is_not_deleted(
    either: Seeded, crane: Crane, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """A team may push and pull, not delete."""
    crane.store(either.host, teammate.name, teammate.password)
    digest = crane.push(layout, either.image("platform/kept")).stdout.strip()
    deleted = measured(Cost(("GET 403",), 0), lambda: crane("delete", digest))
    assert deleted.status != 0
    assert f"DENIED: {teammate.name} may not delete platform/kept: no rule allows it; " in deleted.stderr
    assert crane("manifest", digest).status == 0


def test_a_locked_account_and_an_auditor_with_a_wrong_password(
    either: Seeded, crane: Crane, measured: Measured, auditor: Newcomer
) -> None:
    """Our words reach the terminal, with the request id; the locked account is remembered as such."""
    crane.store(either.host, "dave", PASSWORDS["dave"])
    first = crane("catalog", either.host)
    again = measured(Cost(("GET 401",), 0), lambda: crane("catalog", either.host))
    assert all("UNAUTHORIZED: This account is locked." in told.stderr for told in (first, again))
    crane.store(either.host, auditor.name, "mistyped")
    wrong = measured(Cost(("GET 401",), 1), lambda: crane("catalog", either.host))
    assert "UNAUTHORIZED: The user name or password is wrong.; request id " in wrong.stderr
