"""What `wharfinger registry check` prints of an examination."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.registry import report
from app.keys.keyring import KeyRing
from app.registry.check.http import Response
from tests.support.stand_in import REALM, SERVICE, Registry, examined, foreign_key, signed_by, token_answer


@pytest.fixture
def good(ring: KeyRing) -> Registry:
    """Return a registry that trusts the realm's key, beside a realm that signs with it."""
    return Registry(signed_by(ring.active), token_answer(ring.active))


def test_nothing_is_wrong(config: Path, good: Registry) -> None:
    """The last line says so."""
    found = examined(config, good)
    assert list(report.as_text(found))[-1] == "The registry believes this realm's tokens."
    assert report.as_json(found)["good"]


def test_it_ends_with_the_lines_to_change(config: Path, good: Registry) -> None:
    """In the form of that registry's own configuration, and indented so that they can be copied."""
    good.takes = signed_by(foreign_key())
    good.scope = ',scope=""'
    lines = list(report.as_text(examined(config, good)))
    at = lines.index("Change in the registry's configuration, and restart it:")
    assert lines[at + 1 : at + 3] == ["", "  {"]
    assert json.loads("\n".join(lines[at + 1 :])) == {
        "http": {"auth": {"bearer": {"cert": "/etc/zot/wharfinger.crt"}}}
    }


def test_what_others_send_reaches_no_terminal(config: Path, good: Registry) -> None:
    """Control characters are written out, in the text and in the lines to change."""
    evil_answer = Response(400, {}, json.dumps({"errors": [{"message": "\x1b[31mno"}]}).encode())
    evil = "https://auth\x1b.example.com/\x1b]0;owned\x07\u202e\x9b31m"
    good.realm = evil_answer
    for realm in (evil, REALM):
        good.challenge = f'Bearer realm="{realm}",service="\x1b[2J{SERVICE}"'
        found = examined(config, good)
        text = "\n".join(report.as_text(found)) + json.dumps(report.as_json(found))
        assert all(each.isprintable() or each == "\n" for each in text)
