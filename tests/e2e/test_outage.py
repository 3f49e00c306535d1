"""What a person reads while the directory is down, and that nobody has to restart anything afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clients import Skopeo
from tests.support.images import Layout
from tests.support.processes import wait_until
from tests.support.registry import DOCKER_REGISTRY_2
from tests.support.seeded import PUBLIC_IMAGE, seeded_registry
from tests.support.server import Server
from tests.support.slapd import Slapd


@pytest.mark.slow
def test_the_directory_goes_and_comes_back(
    start_slapd: Callable[[], Slapd],
    start_server: Callable[..., Server],
    skopeo: Skopeo,
    tmp_path: Path,
) -> None:
    """Meanwhile no login is called wrong, and what is public stays so; afterwards all is well again."""
    directory = start_slapd()
    server = start_server(directory)
    with seeded_registry(DOCKER_REGISTRY_2, tmp_path / "seeded", server) as registry:
        directory.stop()
        answer = skopeo.login(registry.host, "alice")
        assert answer.status != 0
        assert "503 (Service Unavailable)" in answer.stderr
        assert "password" not in answer.stderr
        assert skopeo.copy_out(registry.image(PUBLIC_IMAGE), Layout(tmp_path / "out")).status == 0

        directory.start()
        wait_until(
            lambda: skopeo.login(registry.host, "alice").status == 0,
            within=timedelta(seconds=20),
            what="alice logs in again",
        )
    assert server.audit_line(subject="alice")["outcome"] == "issued"
