"""`wharfinger directory whois`: what it prints."""

from __future__ import annotations

import pytest

from app import dn
from app.cli.directory.whois import print_subject
from app.directory.subject import DirectorySubject, Group


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_entry_moves_no_cursor(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Many directories let people write their own display name."""
    evil = "zoë\x1b[2J\x9b2J\u202e\nx"
    groups = (Group(evil, dn.parse("cn=a"), "direct"),)
    print_subject(DirectorySubject("bob", "1", "uid=bob", groups, display_name=evil), form)
    text = capsys.readouterr().out
    assert text.replace("\n", "").isprintable()
    assert "zoë" in text
    assert "\nx" not in text
