"""What the application does around every request."""

from __future__ import annotations

import logging

import pytest
from flask.testing import FlaskClient

from tests.support.parts import Collector


@pytest.mark.parametrize("path", ["/nowhere", "/auth/realms/other/protocol/docker-v2/auth"])
def test_a_request_that_reaches_no_issuer_is_logged(
    client: FlaskClient, told: Collector, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """Mostly a registry whose realm is set up wrongly: the path and the request id say which."""
    with caplog.at_level(logging.INFO):
        response = client.get(path)
    (line,) = [record for record in caplog.records if record.message == "request refused"]
    assert vars(line)["path"] == path
    assert vars(line)["request_id"] == response.headers["X-Request-Id"]
    assert told.records == []


def test_a_request_that_reaches_an_issuer_is_recorded_once(
    client: FlaskClient, told: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    """What the issuer refuses is told by its record alone."""
    with caplog.at_level(logging.INFO):
        client.get("/token", auth=("alice", "wrong"))
    assert "request refused" not in caplog.messages
    assert len(told.records) == 1
