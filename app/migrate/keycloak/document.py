"""Configuration and rules as files, and what is to be said of the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from app.configfile.yaml import Document
from app.errors import ConfigurationError, UnfitError
from app.migrate import written
from app.migrate.keycloak.export import DOCKER, ImportRemark, Node, realm_of
from app.migrate.keycloak.federation import federation
from app.migrate.keycloak.mappers import clients, rules_of
from app.settings import RealmSettings
from app.urls import http_url

_PRODUCT = "keycloak"
_KEYS = "org.keycloak.keys.KeyProvider"
_SHORTEST, _LONGEST, _PUSH = 60, 86_400, 900
"""Seconds that a token lives: bounds, and the least for one that grants push."""
_OUR_DEFAULT = 300
_SHOWN_NAMES = 10


@dataclass(frozen=True, slots=True)
class Imported:
    """What an export became.

    Attributes:
        configuration: The file of the configuration.
        rules: The file of the rules.
        remarks: What is to be done by hand, or is not as it was.
    """

    configuration: str
    rules: str
    remarks: tuple[ImportRemark, ...]


def translate(document: Document, *, name: str | None, url: str | None, prefix: str) -> Imported:
    """Turn the export of a realm into a configuration and rules.

    Args:
        document: The export.
        name: Which realm, where it holds several.
        url: Where Keycloak is reached, as the registries' issuers have it; None where the export says so.
        prefix: What the names of the groups of namespaces begin with.

    Raises:
        ConfigurationError: It is no such export, or what it says cannot be used here.
    """
    realm = realm_of(document, name)
    rules, remarks = rules_of(realm, prefix)
    found = federation(realm)
    section = dict(_section(realm, url, remarks))
    if found.section is not None:
        section["directory"] = found.section
        _check(realm, section)
    remarks += [*found.remarks, *_accounts(realm), *_keys(realm)]
    origin = written.from_file(Path(document.file).name, _PRODUCT)
    title = realm.text("realm")
    lines = [origin, f"default_realm: {written.in_a_line(title)}", "realms:"]
    lines += [f"  {written.in_a_line(title)}:", *written.in_lines(section, "    ")]
    return Imported("\n".join(lines) + "\n", _rules(origin, rules), tuple(sorted(remarks, key=_place)))


def _place(remark: ImportRemark) -> tuple[int, int]:
    return remark.position.line, remark.position.column


def _section(realm: Node, url: str | None, remarks: list[ImportRemark]) -> Iterator[tuple[str, Any]]:
    name = realm.text("realm")
    yield "issuer", f"{_base(realm, url)}/realms/{quote(name, safe='')}"
    services: dict[str, Any] = {each.text("clientId"): {} for each in clients(realm)}
    if not services:
        hint = "the type of a registry's client is docker-v2"
        raise ConfigurationError([realm.document.problem(realm.at, "no client is a registry's", hint)])
    yield "services", services
    remarks += (
        each.remark(f"the client {each.text('clientId')!r} is disabled, and is left out")
        for each in realm.nodes("clients")
        if each.text("protocol") == DOCKER and not each.flag("enabled", default=True)
    )
    lifetime = realm.number("accessTokenLifespan")
    if lifetime is not None and lifetime != _OUR_DEFAULT:
        taken = min(max(lifetime, _SHORTEST), _LONGEST)
        yield "lifetimes", {"default": f"{taken}s", "push": f"{max(taken, _PUSH)}s"}
        if taken != lifetime:
            remarks.append(realm.remark(f"tokens live {taken} seconds here, and {lifetime} in Keycloak"))
    yield "rules", "rules.yaml"
    yield "keys", "keys"


def _base(realm: Node, url: str | None) -> str:
    """Return where Keycloak is reached.

    Raises:
        ConfigurationError: It is not known, or is no address.
    """
    if url is None and "attributes" in realm.mapping():
        url = Node(realm.document, (*realm.at, "attributes")).text("frontendUrl")
    if not url:
        text = "the export does not say where Keycloak is reached, which is the beginning of the issuer"
        hint = "give --url, such as https://auth.example.com (or …/auth), as the registries' issuer has it"
        raise ConfigurationError([realm.document.problem(realm.at, text, hint)])
    parsed = http_url(url)
    if parsed is None or parsed.query or parsed.fragment:
        hint = "write https://auth.example.com, or that and /auth"
        raise ConfigurationError([realm.document.problem(realm.at, "that is no address of Keycloak", hint)])
    return url.rstrip("/")


def _check(realm: Node, section: Mapping[str, Any]) -> None:
    """Read the section as the server does.

    Raises:
        ConfigurationError: It would not take it; no value is shown, for it may be a secret.
    """
    try:
        RealmSettings.model_validate(section)
    except ValidationError as error:
        problems = []
        for each in error.errors(include_url=False, include_input=False):
            why = each.get("ctx", {}).get("error")
            text = str(why) if isinstance(why, UnfitError) else each["msg"]
            where = ".".join(map(str, each["loc"])) or "the realm"
            problems.append(realm.document.problem(realm.at, f"{where} cannot be used here: {text}"))
        raise ConfigurationError(problems) from None


def _accounts(realm: Node) -> Iterator[ImportRemark]:
    """Say which accounts are in Keycloak alone."""
    alone = [
        each.text("username")
        for each in realm.nodes("users")
        if not (each.text("federationLink") or each.text("serviceAccountClientId"))
    ]
    if alone:
        shown = ", ".join(map(ascii, alone[:_SHOWN_NAMES])) + (
            " and others" if len(alone) > _SHOWN_NAMES else ""
        )
        text = f"accounts that are in Keycloak alone ({len(alone)}): {shown}"
        yield realm.remark(text, "people go into the directory, machines become robots of the rules")


def _keys(realm: Node) -> Iterator[ImportRemark]:
    text = "no key is taken over"
    hint = "make one by `wharfinger keys new` and let registries trust both, or carry Keycloak's over"
    below = dict(realm.named("components"))
    listed = below[_KEYS].items() if _KEYS in below else ()
    named = [each.text("name") for each in listed if each.text("providerId").startswith(("rsa", "java"))]
    yield realm.remark(
        f"{text}; Keycloak signs with one of {', '.join(map(ascii, named))}" if named else text, hint
    )


def _rules(origin: str, rules: list[dict[str, Any]]) -> str:
    lines = [origin, "version: 1", "", "rules:" if rules else "rules: []"]
    for rule in rules:
        lines += written.item(rule)
    return "\n".join(lines) + "\n"
