"""Where the demo lives: its folder, and the ports that the environment may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.demo.errors import DemoError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".demo"
ADDRESS = "127.0.0.1"
HOST = "localhost"
"""What clients call the server and the registry: some refuse an IP address, or two names for one machine."""
SERVICE = "registry.example.com"

_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Port:
    """A port to listen on.

    Attributes:
        variable: The environment variable that changes it.
        number: Its number.
    """

    variable: str
    number: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Every port of the demo."""

    wharfinger: Port
    registry: Port
    ldap: Port
    ldaps: Port

    @property
    def issuer(self) -> str:
        """Who the tokens say they are from, which is also where the server answers."""
        return f"http://{HOST}:{self.wharfinger.number}/auth/realms/demo"

    def all(self) -> tuple[Port, ...]:
        """Return them in the order in which they are used."""
        return (self.ldap, self.ldaps, self.wharfinger, self.registry)


def ports(environment: Mapping[str, str]) -> Ports:
    """Read the ports from the environment.

    Raises:
        DemoError: A value is no port, or two are the same.
    """
    found = Ports(
        wharfinger=_port(environment, "WHARFINGER_PORT", 5001),
        registry=_port(environment, "REGISTRY_PORT", 5000),
        ldap=_port(environment, "LDAP_PORT", 3890),
        ldaps=_port(environment, "LDAPS_PORT", 6360),
    )
    if len({port.number for port in found.all()}) < len(found.all()):
        listed = ", ".join(f"{port.variable}={port.number}" for port in found.all())
        raise DemoError(f"Two ports are the same: {listed}")
    return found


def _port(environment: Mapping[str, str], variable: str, default: int) -> Port:
    text = environment.get(variable) or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _HIGHEST_PORT):
        raise DemoError(f"{variable}={text} is no port: write a number between 1 and {_HIGHEST_PORT}")
    return Port(variable, int(text))
