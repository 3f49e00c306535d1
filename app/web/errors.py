"""The one table from refusals and errors to HTTP, and how they are rendered.

Every answer that is not 200 has the shape `{"errors": [{"code", "message", "detail"}]}` (Distribution,
spec/api), wherever it was refused. Clients show `message` to the person at the terminal.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Protocol

from flask import Flask, Response, g, request
from gunicorn.http.errors import ParseException
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
    Code.TOO_MANY_FAILURES: Row(429, "TOOMANYREQUESTS", "temporarily_unavailable", retry=True),
    Code.MALFORMED_CREDENTIALS: _LOG_IN,
    Code.CREDENTIALS_REQUIRED: _LOG_IN,
    Code.INVALID_REFRESH_TOKEN: _LOG_IN,
    Code.ACCOUNT_LOCKED: _LOG_IN,
    Code.ACCOUNT_DISABLED: _LOG_IN,
    Code.ACCOUNT_EXPIRED: _LOG_IN,
    Code.PASSWORD_EXPIRED: _LOG_IN,
    Code.PASSWORD_MUST_CHANGE: _LOG_IN,
    Code.LOGON_HOURS: _LOG_IN,
    Code.LOGON_RESTRICTED: _LOG_IN,
    Code.NETWORK_NOT_ALLOWED: Row(403, "DENIED", "unauthorized_client"),
    Code.DENIED: Row(403, "DENIED", "invalid_scope"),
    Code.MALFORMED_REQUEST: Row(400, "UNSUPPORTED", "invalid_request"),
    Code.UNSUPPORTED_GRANT: Row(400, "UNSUPPORTED", "unsupported_grant_type"),
    Code.PASSWORD_GRANT_OFF: Row(404, "UNSUPPORTED", "unsupported_grant_type"),
    Code.TOO_MANY_SCOPES: Row(400, "UNSUPPORTED", "invalid_scope"),
    Code.TOO_LARGE: Row(413, "UNSUPPORTED", "invalid_request"),
    Code.REQUEST_TIMEOUT: Row(408, "UNSUPPORTED", "invalid_request"),
    Code.ADDRESS_TOO_LONG: Row(414, "UNSUPPORTED", "invalid_request"),
    Code.HEADERS_TOO_LARGE: Row(431, "UNSUPPORTED", "invalid_request"),
    Code.UNKNOWN_SERVICE: Row(400, "NAME_INVALID", "invalid_request"),
    Code.UNKNOWN_REALM: Row(404, "NAME_UNKNOWN", "invalid_request"),
    Code.NOT_FOUND: Row(404, "UNSUPPORTED", "invalid_request"),
    Code.METHOD_NOT_ALLOWED: Row(405, "UNSUPPORTED", "invalid_request"),
    Code.TOKEN_TOO_LARGE: Row(400, "UNSUPPORTED", "invalid_scope"),
    Code.DIRECTORY_UNAVAILABLE: _AWAY,
    Code.DIRECTORY_MISCONFIGURED: _AWAY,
    Code.STATE_UNAVAILABLE: _AWAY,
    Code.AUDIT_UNAVAILABLE: _AWAY,
    Code.INTERNAL: Row(500, "UNKNOWN", "server_error"),
}

_OF_STATUS = {
    404: Refusal(Code.NOT_FOUND, "There is nothing at this address of the token server."),
    405: Refusal(Code.METHOD_NOT_ALLOWED, "This address of the token server does not take that method."),
    413: Refusal(Code.TOO_LARGE, "The request is too large."),
}
MALFORMED = Refusal(Code.MALFORMED_REQUEST, "The request cannot be read.")
ADDRESS_TOO_LONG = Refusal(
    Code.ADDRESS_TOO_LONG, "The address of the request is too long. Ask for fewer scopes at once."
)
HEADERS_TOO_LARGE = Refusal(Code.HEADERS_TOO_LARGE, "The headers of the request are too large.")


class Answerable(Protocol):
    """What can be rendered: a refusal or an error."""

    @property
    def code(self) -> Code:
        """Its stable code."""

    @property
    def message(self) -> str:
        """For the person at the terminal."""


def render(no: Answerable, realm: str = "wharfinger") -> Response:
    """Render a refusal or an error; its private detail stays private.

    Args:
        no: What to say.
        realm: The protection space that a challenge names.
    """
    row = _row(no)
    body = _body(no, g.request_id)
    if request.method == "POST":
        body |= {"error": row.oauth_error, "error_description": _message(no, g.request_id)}
    response = Response(json.dumps(body) + "\n", row.status, mimetype="application/json")
    if row.challenge:
        response.headers["WWW-Authenticate"] = f'Basic realm="{realm}", charset="UTF-8"'
    if row.retry:
        known = no.retry_after if isinstance(no, Refusal) else 0
        response.headers["Retry-After"] = str(known or _RETRY_AFTER_SECONDS)
    return response


def render_plainly(no: Answerable, request_id: str) -> bytes:
    """Render the whole answer to a request that never came to the application."""
    status = HTTPStatus(_row(no).status)
    body = json.dumps(_body(no, request_id)) + "\n"
    lines = (
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Connection: close",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Pragma: no-cache",
        f"X-Request-Id: {request_id}",
        "X-Content-Type-Options: nosniff",
        "",
        body,
    )
    return "\r\n".join(lines).encode("ascii")


def _row(no: Answerable) -> Row:
    row = TABLE[no.code]
    if isinstance(no, Refusal) and no.asks_again:
        return replace(_LOG_IN, oauth_error=row.oauth_error)
    return row


def _body(no: Answerable, request_id: str) -> dict[str, object]:
    row = _row(no)
    error = {"code": row.registry_code, "message": _message(no, request_id), "detail": _detail(request_id)}
    return {"errors": [error]}


def _message(no: Answerable, request_id: str) -> str:
    """Return the text. A fault names its request id there: the terminal shows the person nothing else."""
    is_fault = TABLE[no.code].status >= 500  # noqa: PLR2004 - the class of 5xx
    return f"{no.message} ({_detail(request_id)})" if is_fault else no.message


def _detail(request_id: str) -> str:
    return f"request id {request_id}"


def install(application: Flask) -> None:
    """Render every error of the application in the one shape, the framework's own included."""

    def of_framework(error: HTTPException) -> Response:
        response = render(_OF_STATUS.get(error.code or 0, MALFORMED))
        if isinstance(error, MethodNotAllowed):
            allowed = set(error.valid_methods or ()) - {"HEAD", "OPTIONS"}
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    def of_server(error: ParseException) -> Response:
        _log.debug("unreadable body", extra={"request_id": g.request_id, "error": type(error).__name__})
        return render(MALFORMED)

    def of_ours(error: WharfingerError) -> Response:
        return render(error)

    def of_nobody(error: Exception) -> Response:
        _log.error("a fault of the token server", exc_info=error, extra={"request_id": g.request_id})
        return render(WharfingerError())

    application.register_error_handler(HTTPException, of_framework)
    application.register_error_handler(ParseException, of_server)
    application.register_error_handler(WharfingerError, of_ours)
    application.register_error_handler(Exception, of_nobody)
