"""What people read who are refused something, word for word, and what a refusal costs.

The terminals of all clients are data in `tests/golden/terminals`: what a registry or an operation makes
different in a text stands there as a word in capitals. `UPDATE_GOLDEN=1` writes them anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.bench import Bench
from tests.support.clients import Docker, Skopeo
from tests.support.commands import Finished
from tests.support.images import Layout, write_layout
from tests.support.measured import Client, Measured
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE, Seeded
from tests.support.server import SERVICE
from tests.support.tools import REPOSITORY

pytestmark = pytest.mark.slow

_FOLDER: Final = REPOSITORY / "tests" / "golden" / "terminals"
_UPDATES: Final = bool(os.environ.get("UPDATE_GOLDEN"))
_LAYERS: Final = 8
_BLOBS: Final = _LAYERS + 2
"""The layers, the configuration and the manifest: what a client may ask for once each."""
_PROGRESS: Final = re.compile(
    r"(Getting image|Copying |Trying to pull|Writing |\d{4}/\d\d/\d\d |time=\d|.*\r)"
)
_VARYING: Final = (
    (r"http://[^\s\"]*?/auth/realms/[^\s\":]*", "REALM"),
    (r"(?:localhost|127\.0\.0\.1):\d+", "HOST"),
    (r"sha256:[0-9a-f]{64}", "DIGEST"),
    (r"[0-9a-f]{64}", "IMAGE"),
    (r"request id [0-9a-f]{32}", "request id REQUEST"),
    (r"Denial [0-9a-z]{10}", "Denial ID"),
    (r"newcomer-[0-9-]+", "SOMEBODY"),
    (r'time="[^"]*"', 'time="TIME"'),
    (r"/tmp/\S*", "PATH"),  # noqa: S108 - what a terminal shows of one
)
_NOT_TOLD: Final = frozenset({"regctl", "ctr"})


def _words(finished: Finished) -> str:
    """Return what stands on standard error, without progress, and with what varies written as a word."""
    text = "".join(
        f"{line}\n" for line in finished.stderr.splitlines() if line.strip() and not _PROGRESS.match(line)
    )
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text)
    return text


def _pushed(bench: Bench, client: Client, layout: Layout, image: str) -> Finished:
    """Push an image of several layers; an engine gets it as an archive first."""
    if not isinstance(client, Docker):
        return client.push(layout, image)
    archive = bench.folder / "image.tar"
    Skopeo(bench.folder)("copy", layout.reference, f"docker-archive:{archive}:{image}")
    client("load", "--input", archive, check=True)
    return client("push", image)


def test_the_whole_terminal(bench: Bench, stranger: Newcomer, tmp_path: Path) -> None:
    """A push of eight layers, a pull, and both without a login; no client asks again where it was refused."""
    layout = write_layout(tmp_path / "eight", str(tmp_path), _LAYERS)
    image = bench.registry.image("platform/closed")
    known, nobody = bench.client(stranger), bench.client()
    operations: dict[str, Callable[[], Finished]] = {
        "push": lambda: _pushed(bench, known, layout, image),
        "pull": lambda: known.pull(image),
        "push without a login": lambda: _pushed(bench, nobody, layout, image),
        "pull without a login": lambda: nobody.pull(image),
    }
    text = ""
    for name, operation in operations.items():
        with bench.measured.meter.measure() as seen:
            finished = operation()
        assert finished.status != 0, name
        if bench.name in _NOT_TOLD:
            assert {each.partition(" ")[2] for each in seen.requests} == {"200"}
        else:
            assert set(seen.requests) <= {"GET 401", "GET 403", "GET -"}
            assert len(seen.requests) <= _BLOBS, name
        text += f"$ {name}\n{_words(finished)}"
    expected = _FOLDER / f"{bench.name}.out"
    if _UPDATES:
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_a_mount_from_what_is_closed_is_an_upload(  # noqa: PLR0917 - fixtures
    docker: Docker, either: Seeded, measured: Measured, teammate: Newcomer, stranger: Newcomer, layout: Layout
) -> None:
    """The engine would mount a layer of the team's; it may not, and uploads it, and nothing is refused."""
    team, own = either.image("platform/mounted"), either.image(f"sandbox/{stranger.name}/mounted")
    docker.store(either.host, teammate.name, teammate.password)
    assert docker.push(layout, team).status == 0
    docker.store(either.host, stranger.name, stranger.password)
    docker("tag", team, own, check=True)
    with measured.meter.measure() as seen:
        pushed = docker("push", own)
    assert pushed.status == 0, pushed.text
    assert "Pushed" in pushed.stdout
    assert set(seen.requests) == {"GET 200"}
    asked = [line["asked"] for line in measured.server.audit() if line["subject"] == stranger.name]
    assert any("repository:platform/mounted:pull" in each for each in asked)


def test_a_push_that_would_mount_is_refused_with_its_reason(
    docker: Docker, either: Seeded, measured: Measured, stranger: Newcomer
) -> None:
    """Nearly every image has layers of a public one; the reason reaches the person all the same."""
    public, closed = either.image(PUBLIC_IMAGE), either.image("platform/derived")
    docker.store(either.host, stranger.name, stranger.password)
    assert docker.pull(public).status == 0
    docker("tag", public, closed, check=True)
    with measured.meter.measure() as seen:
        pushed = docker("push", closed)
    assert pushed.status != 0
    assert f"denied: {stranger.name} may not pull or push platform/derived: no rule " in pushed.stderr
    assert set(seen.requests) <= {"GET 403", "GET -"}


def test_a_delete_with_skopeo_is_as_specified(
    either: Seeded, skopeo: Skopeo, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """It asks for `*`, so nobody can say what for: the registry refuses, in its own words."""
    image = either.image("platform/kept")
    skopeo.store(either.host, teammate.name, teammate.password)
    assert skopeo.push(layout, image).status == 0
    with measured.meter.measure() as seen:
        deleted = skopeo("delete", "--tls-verify=false", f"docker://{image}")
    assert deleted.status != 0
    assert set(seen.requests) == {"GET 200"}
    assert SERVICE not in deleted.stderr
