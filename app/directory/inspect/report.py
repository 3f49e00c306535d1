"""What the inspection of a server finds, as values: the command line prints them."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.errors import Fault
from app.ldap.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Tls:
    """How a server speaks TLS; version and cipher are empty where the handshake failed."""

    version: str
    cipher: str
    certificate: Certificate | None


@dataclass(frozen=True, slots=True)
class Inspected:
    """One step of an inspection.

    Attributes:
        name: What was inspected.
        milliseconds: How long that took.
        detail: What was found; may be empty.
        fault: What is wrong, and what to change; None where nothing is.
        is_fatal: Whether nobody can log in because of the fault.
    """

    name: str
    milliseconds: float
    detail: str = ""
    fault: Fault | None = None
    is_fatal: bool = True


@dataclass(slots=True)
class ServerReport:
    """The result of one inspection; the steps after one with a fatal fault are missing.

    Attributes:
        server: Its URL.
        endpoints: The addresses of its host name.
        tls: None for a server without TLS.
        steps: In the order in which they were taken.
    """

    server: str
    endpoints: tuple[str, ...] = ()
    tls: Tls | None = None
    steps: list[Inspected] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether people can log in with it."""
        return not any(step.fault is not None and step.is_fatal for step in self.steps)
