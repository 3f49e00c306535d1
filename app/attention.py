"""What loads and may still be wrong with a configuration, for `check-config` and for the log at the start."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.keys.reader import Reader
from app.rules.model import RuleSet
from app.rules.networks import Network
from app.serving.settings import ServerSettings
from app.settings import RealmSettings, Settings, secret_files

_UNIX = "unix"
_FOR_ALL = "0666"


def warnings(settings: Settings, rules: Mapping[str, RuleSet]) -> Iterator[str]:
    """Yield what an administrator should look at.

    Args:
        settings: The configuration.
        rules: By realm, those in force.
    """
    reader = Reader.of_process()
    for path in _secret_files(settings):
        yield from _shared(path, reader)
    yield from _of_server(settings.server)
    if not settings.server.knows_addresses:
        for realm, each in rules.items():
            if any(isinstance(one, Network) for conditions in each.conditions() for one in conditions):
                yield (
                    f"realm {realm}: rules or robots have networks, and with bind {settings.server.bind} no "
                    "request has an address: they allow nothing, and deny always "
                    f"(write trusted_proxies: [{_UNIX}], and have the proxy say it)"
                )


def _of_server(server: ServerSettings) -> Iterator[str]:
    """Yield what may be wrong with who can reach the server."""
    if not server.knows_addresses:
        yield (
            f"with bind {server.bind} no request has an address: failed logins are counted by account alone, "
            "and whoever guesses at many accounts is not stopped "
            f"(write trusted_proxies: [{_UNIX}], and have the proxy say it)"
        )
    elif server.socket is not None and server.socket_mode == _FOR_ALL:
        yield (
            f"everybody on this machine can connect to {server.socket} (socket_mode: {_FOR_ALL}), and say "
            "where a request comes from "
            "(write socket_group: GROUP, the group of the proxy, and socket_mode: 0660)"
        )


def _secret_files(settings: Settings) -> Iterator[Path]:
    """Yield the files of secrets that the configuration names, and those that stand over it, each once."""
    named = [*secret_files(), *_of_state(settings)]
    for section in settings.realms.values():
        named += _of_realm(section)
    yield from dict.fromkeys(named)


def _of_state(settings: Settings) -> Iterator[Path]:
    if settings.state is not None:
        for path in (settings.state.password_file, settings.state.secret_file):
            if path is not None:
                yield path


def _of_realm(section: RealmSettings) -> Iterator[Path]:
    account = section.directory.service_account
    for path in (account.password_file if account else None, section.directory.tls.client_key):
        if path is not None:
            yield path


def _shared(path: Path, reader: Reader) -> Iterator[str]:
    try:
        status = path.stat()
    except OSError:
        return  # whoever reads it says so
    if reader.shares(status):
        mode = f"{stat.S_IMODE(status.st_mode):04o}"
        yield f"{path}: others than its owner have access to this secret (mode {mode}): `chmod 600 {path}`"
