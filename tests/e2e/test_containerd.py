"""containerd's ctr where the realm takes no passwords by POST: it comes again by GET."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.containerd import Ctr
from tests.support.counting import Cost, Meter
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2, Kind
from tests.support.seeded import PUBLIC_IMAGE, Seeded, seeded_registry
from tests.support.server import REALM, Server
from tests.support.slapd import Slapd
from tests.support.tap import Tap

pytestmark = pytest.mark.slow


@pytest.fixture(params=[DOCKER_REGISTRY_2, DISTRIBUTION_3], ids=["docker_registry_2", "distribution_3"])
def without(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    slapd: Slapd,
    directory_tap: Tap,
    start_server: Callable[..., Server],
) -> Iterator[tuple[Seeded, Measured]]:
    """Return a registry beside a server with `password_grant: false`."""

    def change(settings: dict[str, dict[str, dict[str, object]]]) -> None:
        settings["realms"][REALM]["password_grant"] = False
        directory = settings["realms"][REALM]["directory"]
        assert isinstance(directory, dict)
        directory["servers"] = [f"ldaps://127.0.0.1:{directory_tap.port}"]

    kind: Kind = request.param
    server = start_server(slapd, change)
    with Tap(lambda: int(server.url.rpartition(":")[2])) as tokens:
        meter = Meter(tokens, directory_tap)
        with seeded_registry(kind, tmp_path / "seeded", server, meter.realm) as registry:
            yield registry, Measured(meter, server)


def test_it_comes_again_by_get(
    without: tuple[Seeded, Measured], containerd: Path, teammate: Newcomer, layout: Layout
) -> None:
    """404 is what sends it there; the directory hears nothing of the POST."""
    registry, measured = without
    image, ctr = registry.image("platform/ctr"), Ctr(containerd, teammate.name, teammate.password)
    pushed = measured(Cost(("GET 200", "POST 404"), 1), lambda: ctr.push(layout, image))
    assert pushed.status == 0, pushed.text
    pulled = measured(Cost(("GET 200", "GET 200", "POST 404", "POST 404"), 0), lambda: ctr.pull(image))
    assert pulled.status == 0, pulled.text


def test_a_wrong_password(without: tuple[Seeded, Measured], containerd: Path, stranger: Newcomer) -> None:
    """It is tried once at the directory, as with the grant, where it comes twice."""
    registry, measured = without
    ctr = Ctr(containerd, stranger.name, "mistyped")
    image = registry.image(PUBLIC_IMAGE)
    pulled = measured(Cost(("GET 401", "POST 404"), 1), lambda: ctr.pull(image))
    assert pulled.status != 0
    assert "unexpected status: 401" in pulled.stderr


def test_an_empty_password_is_none(
    without: tuple[Seeded, Measured], containerd: Path, stranger: Newcomer
) -> None:
    """Somebody who only presses Enter is sent as nobody: what is public comes, and nobody is signed in."""
    registry, measured = without
    image, ctr = registry.image(PUBLIC_IMAGE), Ctr(containerd, stranger.name, "")
    pulled = measured(Cost(("GET 200", "GET 200"), 0), lambda: ctr.pull(image))
    assert pulled.status == 0, pulled.text
    assert {line["subject"] for line in measured.server.audit()} == {""}
