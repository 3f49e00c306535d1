"""Directory settings for a running sample directory, and a way to change what is in it."""

from __future__ import annotations

from typing import Any

from app.directory.settings import DirectorySettings
from app.ldap.transport import Address
from tests.support.slapd import SERVICE_ACCOUNT, SERVICE_PASSWORD, SUFFIX, Slapd


def section(slapd: Slapd, **changed: Any) -> dict[str, Any]:
    """Return the `directory` section for a sample directory, with some keys of it replaced."""
    return {
        "servers": [slapd.tls_url],
        "tls": {"ca_file": str(slapd.ca_file)},
        "service_account": {"dn": SERVICE_ACCOUNT, "password": SERVICE_PASSWORD},
        "users": {"bases": [f"ou=people,{SUFFIX}"]},
        "groups": {"bases": [f"ou=groups,{SUFFIX}"], "nested": True},
    } | changed


def directory_settings(slapd: Slapd, **changed: Any) -> DirectorySettings:
    """Return the settings for a sample directory, with some keys of the section replaced."""
    return DirectorySettings.model_validate(section(slapd, **changed))


def addresses(settings: DirectorySettings) -> tuple[Address, ...]:
    """Return where the servers of a directory are, of which DNS names none."""
    found = settings.places()
    assert all(isinstance(each, Address) for each in found)
    return tuple(each for each in found if isinstance(each, Address))
