"""What a search of the audit stream finds."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from app.audit.line import AuditLine, read
from app.audit.search import Search
from app.errors import Code
from app.rules.networks import Network
from app.rules.patterns.repository import RepositoryPattern
from app.telemetry.audit import line
from tests.support import records

NOW = records.NOW


def _line(**changed: Any) -> AuditLine:
    found = read(line(records.token_record(**changed)))
    assert found is not None
    return found


PUSH = _line(
    subject="bob",
    service="s",
    realm="corp",
    request_id="id-2",
    client=records.client("10.1.2.3"),
    asked=records.scopes("repository:web/app:pull,push", "repository:data/lake:pull"),
    granted=records.access("repository:web/app:pull", "repository:data/lake:pull"),
    rules=("keep-out", "teams"),
)
REFUSED = _line(outcome=Code.WRONG_CREDENTIALS, account="alice")
CATALOG = _line(subject="eve", asked=records.scopes("registry:catalog:*"), client=records.client(""))
EVERYTHING = _line(subject="dave", asked=records.scopes("repository:web/app:*"))
LINES = {"push": PUSH, "refused": REFUSED, "catalog": CATALOG, "everything": EVERYTHING}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"push", "refused", "catalog", "everything"}),
        ({"subject": "BOB"}, {"push"}),
        ({"subject": "alice"}, {"refused"}),
        ({"subject": ""}, set()),
        ({"outcome": "issued"}, {"push", "catalog", "everything"}),
        ({"realm": "corp"}, {"push"}),
        ({"service": "s"}, {"push"}),
        ({"request_id": "id-2"}, {"push"}),
        ({"rule": "teams"}, {"push"}),
        ({"rule": "team"}, set()),
        ({"network": Network((ip_network("10.0.0.0/8"),))}, {"push"}),
        ({"repository": RepositoryPattern.parse("web/**")}, {"push", "everything"}),
        ({"repository": RepositoryPattern.parse("web")}, set()),
        ({"action": "pull"}, {"push", "everything", "catalog"}),
        ({"action": "delete"}, {"everything", "catalog"}),
        ({"catalog": True}, {"catalog"}),
        ({"repository": RepositoryPattern.parse("data/**"), "action": "push"}, set()),
        ({"repository": RepositoryPattern.parse("web/**"), "action": "push"}, {"push", "everything"}),
        ({"repository": RepositoryPattern.parse("web/**"), "action": "push", "granted": True}, set()),
        ({"granted": True}, {"push"}),
        ({"since": NOW}, {"push", "refused", "catalog", "everything"}),
        ({"since": NOW + timedelta(milliseconds=1)}, set()),
        ({"until": NOW}, set()),
        ({"until": NOW + timedelta(milliseconds=1)}, {"push", "refused", "catalog", "everything"}),
    ],
)
def test_what_is_found(wanted: dict[str, Any], found: set[str]) -> None:
    """All that is wanted must fit; repository and action are of one scope."""
    assert {name for name, line in LINES.items() if Search(**wanted).matches(line)} == found
