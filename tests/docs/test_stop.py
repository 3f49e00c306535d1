"""How long whoever stops a server waits, and how long the server may take."""

from __future__ import annotations

import re
from datetime import timedelta

import yaml

from app.serving.settings import ServerSettings
from tests.docs.reading import PAGES
from tests.support.tools import REPOSITORY

_GUIDE = REPOSITORY / "docs" / "how-to" / "deploy.md"
_WAITS = re.compile(
    r"(?:TimeoutStopSec=|--stop-timeout |stop_grace_period: |GracePeriodSeconds` of )([0-9]+)"
)


def test_whoever_stops_a_server_waits_longer_than_it_takes() -> None:
    """Units, containers and compose, in the guide and in what we ship; with a drain of 10s in Kubernetes."""
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["wharfinger"]
    texts = [_GUIDE.read_text(), f"stop_grace_period: {compose['stop_grace_period']}"]
    seconds = [int(found) for text in texts for found in _WAITS.findall(text)]
    assert len(seconds) == 7
    assert min(seconds) > ServerSettings().stops_within.total_seconds()
    drained = ServerSettings(drain=timedelta(seconds=10)).stops_within.total_seconds()
    assert f"`terminationGracePeriodSeconds` of {drained + 10:g}" in _GUIDE.read_text()


def test_the_health_check_of_containers_is_the_command() -> None:
    """It alone knows where the server listens."""
    compose = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["wharfinger"]
    assert compose["healthcheck"]["test"] == ["CMD", "wharfinger", "health"]
    assert 'CMD ["wharfinger", "health"]' in (REPOSITORY / "Dockerfile").read_text()
    assert _GUIDE in PAGES
