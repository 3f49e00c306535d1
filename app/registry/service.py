"""What the registry of a service must agree on with its realm, as the configuration says."""

from __future__ import annotations

import enum

from app.keys.kid import KeyId
from app.registry.agreement import Agreement, token_url, token_url_below
from app.settings import RealmSettings
from app.urls import http_url


class Parameter(enum.Enum):
    """What a caller names a service by."""

    SERVICE = enum.auto()
    URL = enum.auto()


class UnknownServiceError(ValueError):
    """The configuration has no such service, or does not say where clients get its tokens.

    Attributes:
        parameter: What the caller has to name otherwise.
        text: What is wrong with it.
    """

    def __init__(self, parameter: Parameter, text: str) -> None:
        super().__init__(text)
        self.parameter = parameter
        self.text = text


def agreement_of(
    realm: str, section: RealmSettings, service: str, url: str | None, server: str | None = None
) -> Agreement:
    """Return what a service's registry and its realm must agree on.

    Args:
        realm: The name of the realm.
        section: Its section of the configuration.
        service: The name of the service.
        url: Where clients reach the token endpoint; None where that follows from the configuration.
        server: Where clients reach the server; None where that follows from the issuer.

    Raises:
        UnknownServiceError: The realm has no such service, or nothing says where the token endpoint is.
    """
    found = section.services.get(service)
    if found is None:
        text = f"realm {realm} has no service {service!r}; it has: {', '.join(section.services)}"
        raise UnknownServiceError(Parameter.SERVICE, text)
    return Agreement(
        realm=_checked(url) if url else _derived(section.issuer, realm, server),
        service=service,
        issuer=section.issuer,
        key_id=KeyId.parse(found.key_id),
        x5c=found.x5c,
        algorithm=found.algorithm,
    )


def _derived(issuer: str, realm: str, server: str | None) -> str:
    derived = token_url_below(server, realm) if server is not None else token_url(issuer, realm)
    if derived is None:
        text = (
            f"the issuer {issuer} does not say where clients reach the token endpoint: "
            "write server.url into the configuration, or give --url"
        )
        raise UnknownServiceError(Parameter.URL, text)
    return derived


def _checked(url: str) -> str:
    if http_url(url) is None:
        text = "write https://auth.example.com/auth/realms/NAME/protocol/docker-v2/auth"
        raise UnknownServiceError(Parameter.URL, text)
    return url
