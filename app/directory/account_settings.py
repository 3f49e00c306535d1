"""The `service_account` section of a directory: who searches, and by what that is proved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, SecretStr, model_validator

from app.configfile.fields import Section
from app.directory.fields import checked_dn
from app.errors import UnfitError

_LIKE_A_DN = re.compile("[A-Za-z][A-Za-z0-9.-]*=[^=]")
_ONE_FORM = "write one of dn: cn=…, name: …, anonymous: true and external: true"


def _dn(value: str) -> str:
    return checked_dn(
        value, "write cn=wharfinger,ou=services,dc=example,dc=com, or name: for a name that is none"
    )


def _name(value: str) -> str:
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise UnfitError(f"{value!r} is no name", "write svc@corp.example.com or CORP\\svc")
    if _LIKE_A_DN.match(value):
        raise UnfitError(f"{value!r} is a DN", f"write dn: {value}")
    return value


class ServiceAccountSettings(Section):
    """Who searches: an account with a password, the owner of a certificate, or nobody in particular.

    Attributes:
        dn: The account, by its DN.
        name: The account, by another name that the directory takes in a bind.
        anonymous: Whether no bind is made.
        external: Whether the directory knows us by what is outside of LDAP (SASL EXTERNAL): our certificate,
            or over a Unix socket the user of this process.
        password: Of the account.
        password_file: A file with it.
    """

    dn: Annotated[str, AfterValidator(_dn)] | None = None
    name: Annotated[str, AfterValidator(_name)] | None = None
    anonymous: bool = False
    external: bool = False
    password: SecretStr | None = None
    password_file: Path | None = None

    @model_validator(mode="after")
    def _one_form(self) -> ServiceAccountSettings:
        forms = sum((self.dn is not None, self.name is not None, self.anonymous, self.external))
        if forms != 1:
            says = "does not say who it is" if not forms else "is several at once"
            raise UnfitError(f"the service account {says}", _ONE_FORM)
        return self

    @model_validator(mode="after")
    def _one_password(self) -> ServiceAccountSettings:
        given = [each for each in (self.password, self.password_file) if each is not None]
        if self.bind_name is None:
            if given:
                form = "anonymous" if self.anonymous else "external"
                raise UnfitError(
                    f"nobody binds with a password where {form} is true", "take the password out"
                )
            return self
        if not given:
            raise UnfitError("the service account has no password", "write password_file: PATH")
        if len(given) > 1:
            raise UnfitError("the service account has two passwords", "take out password or password_file")
        if self.password is not None and not self.password.get_secret_value():
            raise UnfitError("the service account's password is empty", "a bind without one is anonymous")
        return self

    @property
    def bind_name(self) -> str | None:
        """The name to bind with; None where no password is sent."""
        return self.dn if self.dn is not None else self.name

    def __str__(self) -> str:
        """Say who it is."""
        return self.bind_name or ("anonymous" if self.anonymous else "the owner of our certificate or socket")
