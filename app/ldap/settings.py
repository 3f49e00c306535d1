"""The parts of the `directory` section that are about connections: TLS, and the sizes of the pools."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.configfile.fields import Duration, Section
from app.errors import UnfitError


class TlsSettings(Section):
    """How the servers' certificates are checked, and which certificate we show.

    Attributes:
        srv_hosts: Whether the certificate of a server that DNS names (`srv:`) has the name of its host, which
            must lie below the domain, and not the domain's own.
    """

    ca_file: Path | None = None
    server_name: str | None = None
    min_version: Literal["TLSv1.2", "TLSv1.3"] = "TLSv1.2"
    client_cert: Path | None = None
    client_key: Path | None = None
    srv_hosts: bool = False

    @model_validator(mode="after")
    def _no_key_alone(self) -> TlsSettings:
        if self.client_key is not None and self.client_cert is None:
            raise UnfitError("client_key is nothing without client_cert", "set client_cert too")
        return self

    @model_validator(mode="after")
    def _one_name(self) -> TlsSettings:
        if self.srv_hosts and self.server_name is not None:
            raise UnfitError("with srv_hosts each server has a name of its own", "take server_name out")
        return self


class PoolSettings(Section):
    """How many connections a process keeps, and for how long."""

    search: Annotated[int, Field(ge=1, le=256)] = 4
    login: Annotated[int, Field(ge=1, le=256)] = 8
    wait: Duration = timedelta(seconds=2)
    lifetime: Duration = timedelta(minutes=5)
    idle_check: Duration = timedelta(seconds=30)
