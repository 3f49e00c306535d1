"""What a client asks of the token endpoint, read from the parameters and headers as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from app.errors import Code, Refusal
from app.protocol import credentials as login
from app.protocol import scope
from app.protocol.credentials import Credentials, Grant
from app.protocol.scope import Scope

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """How much one request may hold.

    Attributes:
        scopes: Number of scopes.
        scope_length: Characters of one scope.
        username_length: Bytes of a user name in UTF-8.
        password_length: Bytes of a password in UTF-8.
    """

    scopes: int = 100
    scope_length: int = 1024
    username_length: int = 256
    password_length: int = 1024


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as far as it can be known.

    Attributes:
        address: In its one form (IPv4 is never within IPv6); None where it is not known.
        name: The `client_id` that the client gave; unverified.
        user_agent: The header that the client sent; unverified.
        address_text: The address as text; empty where it is not known.
    """

    address: Address | None
    name: str = ""
    user_agent: str = ""
    address_text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Write the address once: decisions, audit line and log all need it."""
        object.__setattr__(self, "address_text", "" if self.address is None else str(self.address))


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One request to the token endpoint as it came over the wire, percent-decoded once.

    Attributes:
        authorization: The Authorization header; None where there is none.
        services: Every `service` parameter, of the query and of the form.
        scopes: Every `scope` parameter, likewise.
        grant: What a POST presents, or why it cannot be read; None for a GET.
    """

    client: Client
    authorization: str | None = None
    services: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    grant: Grant | Refusal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What a realm asks of a request.

    Attributes:
        services: The names of its services.
        password_grant: Whether it takes passwords by POST.
        catalog_by_pull: Those services whose registry asks for its catalog by `repository::pull`.
    """

    services: tuple[str, ...]
    password_grant: bool
    limits: RequestLimits
    catalog_by_pull: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """One well-formed request.

    Attributes:
        credentials: None for an anonymous request.
        service: One of the realm's services.
        scopes: One per resource, in the order of the request.
        dropped: Scopes outside the grammar; they grant nothing.
    """

    credentials: Credentials | None
    service: str
    scopes: tuple[Scope, ...]
    dropped: tuple[str, ...]


def read(raw: RawRequest, terms: Terms) -> TokenRequest | Refusal:
    """Read a request; its credentials are judged before anything else of it."""
    credentials = _read_credentials(raw, terms)
    if isinstance(credentials, Refusal):
        return credentials
    service = choose_service(raw.services, terms.services)
    if isinstance(service, Refusal):
        return service
    words = [word for parameter in raw.scopes for word in parameter.split(" ") if word]
    refusal = _check_size(words, terms.limits)
    if refusal is not None:
        return refusal
    if credentials is None and not words:
        return Refusal(Code.CREDENTIALS_REQUIRED, "Log in with your directory user name and password.")
    scopes, dropped = scope.parse_all(words, catalog_by_pull=service in terms.catalog_by_pull)
    return TokenRequest(credentials, service, scopes, dropped)


def choose_service(asked: Sequence[str], known: Sequence[str]) -> str | Refusal:
    """Return the service that a request is for: named exactly, or left out where a realm has only one."""
    names = {name for name in asked if name}
    if not names and len(known) == 1:
        return known[0]
    if not names:
        return Refusal(Code.UNKNOWN_SERVICE, "The request does not say which registry it is for (service).")
    if len(names) == 1 and (name := names.pop()) in known:
        return name
    return Refusal(
        Code.UNKNOWN_SERVICE,
        "The token server does not know this registry. "
        "Its 'service' setting and the token server's must be the same text.",
        detail=f"service asked for: {', '.join(sorted(asked))[:256]!r}",
    )


def _read_credentials(raw: RawRequest, terms: Terms) -> Credentials | Refusal | None:
    presented = login.read_basic(raw.authorization)
    if isinstance(raw.grant, Refusal):
        return raw.grant
    if raw.grant is not None and not isinstance(presented, Refusal):
        presented = login.read_grant(raw.grant, presented, password_grant=terms.password_grant)
    if isinstance(presented, Credentials):
        refusal = login.check(
            presented,
            username_length=terms.limits.username_length,
            password_length=terms.limits.password_length,
        )
        return presented if refusal is None else refusal
    return presented


def _check_size(words: Sequence[str], limits: RequestLimits) -> Refusal | None:
    if len(words) > limits.scopes:
        text = f"The request asks for {len(words)} scopes; the token server takes {limits.scopes} at once."
        return Refusal(Code.TOO_MANY_SCOPES, text)
    if any(len(word) > limits.scope_length for word in words):
        return Refusal(Code.TOO_MANY_SCOPES, f"A scope is longer than {limits.scope_length} characters.")
    return None
