"""The one table from what can go wrong to HTTP, and how it is rendered.

Every answer that is not 200 has the shape `{"errors": [{"code", "message", "detail"}]}` (Distribution,
spec/api), whatever went wrong and wherever. Clients show `message` to the person at the terminal.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.errors import Code, Refusal, WharfingerError

_log = logging.getLogger("wharfinger.web")
_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """How one code is answered.

    Attributes:
        status: The HTTP status.
        registry_code: The code that clients of registries know.
        oauth_error: The `error` of an answer to a POST (RFC 6749 §5.2).
        challenge: Whether the answer asks for Basic credentials (RFC 7617).
        retry: Whether it says when to try again.
    """

    status: int
    registry_code: str
    oauth_error: str
    challenge: bool = False
    retry: bool = False


_LOG_IN = Row(401, "UNAUTHORIZED", "invalid_grant", challenge=True)
_AWAY = Row(503, "UNAVAILABLE", "temporarily_unavailable", retry=True)
TABLE: Mapping[Code, Row] = {
    Code.WRONG_CREDENTIALS: _LOG_IN,
    Code.MALFORMED_CREDENTIALS: _LOG_IN,
    Code.CREDENTIALS_REQUIRED: _LOG_IN,
    Code.INVALID_REFRESH_TOKEN: _LOG_IN,
    Code.ACCOUNT_LOCKED: _LOG_IN,
    Code.ACCOUNT_EXPIRED: _LOG_IN,
    Code.PASSWORD_EXPIRED: _LOG_IN,
    Code.PASSWORD_MUST_CHANGE: _LOG_IN,
    Code.NETWORK_NOT_ALLOWED: Row(403, "DENIED", "unauthorized_client"),
    Code.MALFORMED_REQUEST: Row(400, "UNSUPPORTED", "invalid_request"),
    Code.UNSUPPORTED_GRANT: Row(400, "UNSUPPORTED", "unsupported_grant_type"),
    Code.PASSWORD_GRANT_OFF: Row(404, "UNSUPPORTED", "unsupported_grant_type"),
    Code.TOO_MANY_SCOPES: Row(400, "UNSUPPORTED", "invalid_scope"),
    Code.TOO_LARGE: Row(413, "UNSUPPORTED", "invalid_request"),
    Code.UNKNOWN_SERVICE: Row(400, "NAME_INVALID", "invalid_request"),
    Code.UNKNOWN_REALM: Row(404, "NAME_UNKNOWN", "invalid_request"),
    Code.NOT_FOUND: Row(404, "UNSUPPORTED", "invalid_request"),
    Code.METHOD_NOT_ALLOWED: Row(405, "UNSUPPORTED", "invalid_request"),
    Code.TOKEN_TOO_LARGE: Row(400, "UNSUPPORTED", "invalid_scope"),
    Code.DIRECTORY_UNAVAILABLE: _AWAY,
    Code.DIRECTORY_MISCONFIGURED: _AWAY,
    Code.AUDIT_UNAVAILABLE: _AWAY,
    Code.INTERNAL: Row(500, "UNKNOWN", "server_error"),
}

_OF_STATUS = {
    404: Refusal(Code.NOT_FOUND, "There is nothing at this address of the token server."),
    405: Refusal(Code.METHOD_NOT_ALLOWED, "This address of the token server does not take that method."),
    413: Refusal(Code.TOO_LARGE, "The request is too large."),
}
_MALFORMED = Refusal(Code.MALFORMED_REQUEST, "The request cannot be read.")


class Answerable(Protocol):
    """What can be rendered: a refusal or an error."""

    @property
    def code(self) -> Code:
        """Which."""

    @property
    def message(self) -> str:
        """For the person at the terminal."""


def render(no: Answerable, realm: str = "wharfinger") -> Response:
    """Render a refusal or an error; its private detail stays private.

    Args:
        no: What to say.
        realm: The protection space that a challenge names.
    """
    row = TABLE[no.code]
    request_id = f"request id {g.request_id}"
    # a fault is told to an administrator: the terminal shows nothing but the message, so the id stands in it
    message = f"{no.message} ({request_id})" if row.status >= 500 else no.message  # noqa: PLR2004 - the class of 5xx
    body: dict[str, object] = {
        "errors": [{"code": row.registry_code, "message": message, "detail": request_id}]
    }
    if request.method == "POST":
        body |= {"error": row.oauth_error, "error_description": message}
    response = Response(json.dumps(body) + "\n", row.status, mimetype="application/json")
    if row.challenge:
        response.headers["WWW-Authenticate"] = f'Basic realm="{realm}", charset="UTF-8"'
    if row.retry:
        response.headers["Retry-After"] = str(_RETRY_AFTER_SECONDS)
    return response


def install(application: Flask) -> None:
    """Make every error of the application, the framework's own included, look the same."""

    def of_framework(error: HTTPException) -> Response:
        response = render(_OF_STATUS.get(error.code or 0, _MALFORMED))
        if isinstance(error, MethodNotAllowed):
            allowed = set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    def of_ours(error: WharfingerError) -> Response:
        return render(error)

    def of_nobody(error: Exception) -> Response:
        _log.error("a fault of the token server", exc_info=error, extra={"request_id": g.request_id})
        return render(WharfingerError())

    application.register_error_handler(HTTPException, of_framework)
    application.register_error_handler(WharfingerError, of_ours)
    application.register_error_handler(Exception, of_nobody)
