"""Everything that can go wrong, as one tree.

"No" is a value, "could not find out" is an exception:

    Refusal                      a value: the answer is no, and why
    WharfingerError              an exception: there is no answer
    ├── DirectoryError           carries what is wrong and what to change as a `Fault`
    │   ├── DirectoryUnavailable     no directory server answered in time
    │   │   └── AnswerLost           to a bind: the password may have been counted as a wrong one
    │   └── DirectoryMisconfigured   the directory answered, and an administrator must change something
    ├── StateUnavailable         what processes share cannot be read or written
    ├── AuditUnavailable         what was about to happen could not be written down, so it does not happen
    └── ConfigurationError       files that an administrator wrote cannot be used: a list of `Problem`
    UnfitError                   an exception: one value cannot be used. Whoever knows where it stands makes a
                                 `Problem` of it, a value with a `Position`

Each carries a stable `Code`, a public message (written for the person at the terminal) and a private
detail (for the log alone). `web/errors.py` has the one table from codes to HTTP.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class Code(enum.StrEnum):
    """The stable name of everything that can go wrong; stands in logs, audit lines and metrics."""

    WRONG_CREDENTIALS = "wrong_credentials"
    TOO_MANY_FAILURES = "too_many_failures"
    MALFORMED_CREDENTIALS = "malformed_credentials"
    CREDENTIALS_REQUIRED = "credentials_required"
    INVALID_REFRESH_TOKEN = "invalid_refresh_token"  # noqa: S105 - a code, no token
    ACCOUNT_LOCKED = "account_locked"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_EXPIRED = "account_expired"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105 - a code, no password
    PASSWORD_MUST_CHANGE = "password_must_change"  # noqa: S105 - a code, no password
    LOGON_HOURS = "logon_hours"
    LOGON_RESTRICTED = "logon_restricted"
    NETWORK_NOT_ALLOWED = "network_not_allowed"
    DENIED = "denied"
    MALFORMED_REQUEST = "malformed_request"
    UNSUPPORTED_GRANT = "unsupported_grant"
    PASSWORD_GRANT_OFF = "password_grant_off"  # noqa: S105 - a code, no password
    TOO_MANY_SCOPES = "too_many_scopes"
    TOO_LARGE = "too_large"
    REQUEST_TIMEOUT = "request_timeout"
    ADDRESS_TOO_LONG = "address_too_long"
    HEADERS_TOO_LARGE = "headers_too_large"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_REALM = "unknown_realm"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOKEN_TOO_LARGE = "token_too_large"  # noqa: S105 - a code, no password
    DIRECTORY_UNAVAILABLE = "directory_unavailable"
    DIRECTORY_MISCONFIGURED = "directory_misconfigured"
    STATE_UNAVAILABLE = "state_unavailable"
    AUDIT_UNAVAILABLE = "audit_unavailable"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer is no.

    Attributes:
        code: Which no.
        message: For the person at the terminal; never says more than that person may know.
        detail: For the log; may be empty. Never holds a secret.
        spared: Why the directory was not asked; empty where it was, or where it is not its turn.
        retry_after: After how many seconds it makes sense to come again; 0 where that is not known.
        account: What a failed login is counted under, one for every spelling; for the audit stream.
        asks_again: Whether the client is asked for another login, although none is wrong: some clients show
            the message of no other refusal.
        proved: Whether the person had given the right password. Only such a refusal may differ from others in
            the time that it takes.
    """

    code: Code
    message: str
    detail: str = ""
    spared: str = ""
    retry_after: int = 0
    account: str = ""
    proved: bool = False
    asks_again: bool = False


class WharfingerError(Exception):
    """There is no answer; the root of every exception that this program raises on purpose."""

    code = Code.INTERNAL
    message = "The token server failed. Try again, and give the request id to an administrator if it lasts."

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.message)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that an administrator has to put right.

    Attributes:
        text: What is wrong.
        hint: What to change; may be empty.
    """

    text: str
    hint: str = ""

    def __str__(self) -> str:
        """Return both in one line."""
        return f"{self.text}: {self.hint}" if self.hint else self.text


class DirectoryError(WharfingerError):
    """The directory gave no answer that can be used.

    Attributes:
        fault: What is wrong, and what to change.
        server: The URL of the server that is at fault; empty where it is not one server.
    """

    def __init__(self, fault: Fault | str, *, server: str = "") -> None:
        """Make the exception; its detail is the text of the fault, for the log.

        Args:
            fault: A text stands for a fault that nobody can say a change for.
            server: The URL of the server that is at fault.
        """
        self.fault = Fault(fault) if isinstance(fault, str) else fault
        self.server = server
        super().__init__(f"{server}: {self.fault}" if server else str(self.fault))


class DirectoryUnavailable(DirectoryError):  # noqa: N818 - named after the state, as the design does
    """No directory server answered in time."""

    code = Code.DIRECTORY_UNAVAILABLE
    message = "The company directory does not answer just now. Try again in a moment."


class AnswerLost(DirectoryUnavailable):
    """The answer to a person's bind did not come; the directory may have counted a wrong password."""


class DirectoryMisconfigured(DirectoryError):  # noqa: N818 - named after the state, as the design does
    """The directory answered, and an administrator must change something before it can be used."""

    code = Code.DIRECTORY_MISCONFIGURED
    message = "The login service is not set up correctly. Tell an administrator and name the request id."


class StateUnavailable(WharfingerError):  # noqa: N818 - named after the state, as the design does
    """What the processes of all servers share cannot be read or written just now."""

    code = Code.STATE_UNAVAILABLE
    message = "The token server cannot do its work just now. Try again in a moment."


class AuditUnavailable(WharfingerError):  # noqa: N818 - named after the state, as the design does
    """The audit stream takes no line; a token that nobody could account for is not issued."""

    code = Code.AUDIT_UNAVAILABLE
    message = "The token server cannot do its work just now. Try again in a moment."


class UnfitError(ValueError):
    """Something that was given cannot be used: a value of a file, an argument, a key.

    Attributes:
        text: What is wrong with it.
        hint: What to give instead; may be empty.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(_with_hint(text, hint))
        self.text = text
        self.hint = hint


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file that somebody wrote, or a file as a whole.

    Attributes:
        file: Its path, or what stands for it (`environment variable WHARFINGER__LOG`); empty for no file.
        line: Counted from 1; 0 where no line is meant.
        column: Counted from 1; 0 likewise.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column`; the file alone where there is no line."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


NOWHERE = Position("")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong with a file that an administrator wrote.

    Attributes:
        position: Where it stands.
        text: What is wrong.
        hint: What to write instead; may be empty.
    """

    position: Position
    text: str
    hint: str = ""

    @classmethod
    def of_file(cls, file: Path | str, text: str, hint: str = "") -> Problem:
        """Make a problem of a file as a whole."""
        return cls(Position(str(file)), text, hint)

    @property
    def message(self) -> str:
        """What is wrong and what to write instead, without the position."""
        return _with_hint(self.text, self.hint)

    def __str__(self) -> str:
        """Return `file:line:column: what is wrong (what to write instead)`."""
        return f"{self.position}: {self.message}"


def _with_hint(text: str, hint: str) -> str:
    return f"{text} ({hint})" if hint else text


class ConfigurationError(WharfingerError):
    """Files that an administrator wrote cannot be used; carries every problem found, in file order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))
