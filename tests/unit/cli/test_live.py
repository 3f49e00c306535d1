"""What commands say where the directory cannot be asked."""

from __future__ import annotations

import click
import pytest

from app.cli.live import live_directory
from app.directory.settings import DirectorySettings
from app.errors import DirectoryMisconfigured

SETTINGS = DirectorySettings.model_validate(
    {
        "servers": ["ldap://127.0.0.1"],
        "service_account": {"dn": "cn=x", "password": "x"},
        "users": {"bases": ["dc=x"]},
        "groups": {"strategy": "none"},
    }
)


def test_a_terminal_obeys_nothing_that_a_server_says() -> None:
    """A diagnostic message is shown, what would clear the screen or name the window is written out."""
    with pytest.raises(click.ClickException) as caught, live_directory(SETTINGS):
        raise DirectoryMisconfigured("result 53 (\x1b]0;pwned\x07\x1b[2J\nEvery server works.)")
    said = caught.value.format_message()
    assert said.isprintable()
    assert "Every server works." in said
