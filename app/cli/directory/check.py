"""`wharfinger directory check`: every server of a realm's directory, step by step, and what to change."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click

from app.cli.directory.whois import describe, group_lines
from app.cli.live import live_directory
from app.cli.options import config_option, find_realm, format_option, realm_option
from app.cli.rules.printing import plain
from app.directory.inspect import Inspected, ServerReport, inspect_server
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.errors import Refusal
from app.ldap.deadline import Deadline
from app.settings import Settings
from app.telemetry import json_text

_WIDTH = 80


@dataclass(frozen=True, slots=True)
class _Lookup:
    """Somebody, as one server knows them.

    Attributes:
        person: What was found; a text where it was not, saying why.
        milliseconds: How long it took, groups included.
    """

    person: DirectorySubject | str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Server:
    report: ServerReport
    lookup: _Lookup | None

    @property
    def works(self) -> bool:
        return self.report.works and not (self.lookup and isinstance(self.lookup.person, str))

    @property
    def warns(self) -> bool:
        return any(step.fault is not None for step in self.report.steps)


@click.command()
@config_option
@realm_option
@click.option("--user", metavar="NAME", help="Look NAME up too, and show the groups.")
@click.option("--strict", is_flag=True, help="Fail where there is only a warning, too.")
@format_option("json")
def check(settings: Settings, realm: str | None, user: str | None, form: str, *, strict: bool) -> None:
    """Try every server of a realm's directory, step by step.

    Says of each whether it can be reached, until when its certificate is good, whether the service account
    can log in, and what it finds; and of whatever is wrong what to change. Ends with 1 where one fails.
    """
    name, section = find_realm(settings, realm)
    servers = list(_look(section.directory, user))
    differs = _differences(servers)
    if form == "json":
        click.echo(json_text.dumps(_shape(name, servers, differs), indent=2))
    else:
        click.echo("\n".join(map(plain, _text(name, section.directory, servers, differs))))
    warned = bool(differs) or any(server.warns for server in servers)
    if not all(server.works for server in servers) or (strict and warned):
        raise SystemExit(1)


def _look(directory: DirectorySettings, user: str | None) -> Iterator[_Server]:
    try:
        places = directory.addresses()
    except OSError as error:
        raise click.ClickException(f"a certificate of directory.tls cannot be read: {error}") from None
    for url, address in zip(directory.servers, places, strict=True):
        deadline = Deadline(directory.timeouts.login)
        report = inspect_server(address, directory, deadline, datetime.now(UTC))
        asks = user is not None and report.works and directory.service_account is not None
        alone = directory.model_copy(update={"servers": (url,)})
        yield _Server(report, _look_up(alone, user) if asks and user is not None else None)


def _look_up(directory: DirectorySettings, user: str) -> _Lookup:
    start = time.monotonic()
    try:
        with live_directory(directory) as one:
            found = one.look_up(user)
    except click.ClickException as error:
        person: DirectorySubject | str = error.message
    else:
        person = (found.detail or found.message) if isinstance(found, Refusal) else found
    return _Lookup(person, (time.monotonic() - start) * 1000)


def _differences(servers: Sequence[_Server]) -> list[str]:
    """Name the servers that know other groups of the person than the first one that was asked."""
    known = [
        (server.report.server, frozenset(group.dn for group in server.lookup.person.groups))
        for server in servers
        if server.lookup is not None and isinstance(server.lookup.person, DirectorySubject)
    ]
    return [server for server, groups in known[1:] if groups != known[0][1]]


def _shape(realm: str, servers: Sequence[_Server], differs: Sequence[str]) -> Mapping[str, Any]:
    return {
        "realm": realm,
        "works": all(server.works for server in servers),
        "servers": [_server(each) for each in servers],
        "other_groups_at": list(differs),
    }


def _server(server: _Server) -> Mapping[str, Any]:
    report, lookup = server.report, server.lookup
    certificate = report.tls.certificate if report.tls is not None else None
    found = lookup.person if lookup is not None else None
    return {
        "server": report.server,
        "works": server.works,
        "addresses": list(report.endpoints),
        "tls": report.tls and {"version": report.tls.version, "cipher": report.tls.cipher},
        "certificate": certificate
        and {
            "subject": certificate.subject,
            "issuer": certificate.issuer,
            "names": list(certificate.names),
            "not_after": certificate.not_after.isoformat(),
        },
        "steps": [
            {
                "name": step.name,
                "state": _state(step),
                "milliseconds": round(step.milliseconds, 1),
                "detail": step.detail,
                "fault": step.fault.text if step.fault else "",
                "change": step.fault.hint if step.fault else "",
            }
            for step in report.steps
        ],
        "lookup": lookup
        and {
            "milliseconds": round(lookup.milliseconds, 1),
            "subject": describe(found) if isinstance(found, DirectorySubject) else None,
            "fault": found if isinstance(found, str) else "",
        },
    }


def _state(step: Inspected) -> str:
    if step.fault is None:
        return "ok"
    return "FAIL" if step.is_fatal else "warn"


def _text(
    realm: str, directory: DirectorySettings, servers: Sequence[_Server], differs: Sequence[str]
) -> Iterator[str]:
    count = len(servers)
    yield f"realm {realm}: {directory.kind}, {count} server{'s' if count > 1 else ''}"
    for server in servers:
        yield ""
        yield from _server_lines(server)
    yield ""
    for url in differs:
        yield from _wrapped(f"warn  {url} knows other groups of this person than the first server does", "")
    working = sum(server.works for server in servers)
    yield "Every server works." if working == count else f"{working} of {count} servers work."


def _server_lines(server: _Server) -> Iterator[str]:
    report = server.report
    yield report.server
    if report.endpoints:
        yield from _wrapped(f"at {', '.join(report.endpoints)}", "  ")
    if report.tls is not None:
        if report.tls.version:
            yield f"  {report.tls.version}, {report.tls.cipher}"
        if (certificate := report.tls.certificate) is not None:
            names = ", ".join(certificate.names) or "nobody"
            yield from _wrapped(f"certificate for {names}", "  ")
            yield from _wrapped(
                f"by {certificate.issuer}, good until {certificate.not_after:%Y-%m-%d}", "    "
            )
    for step in report.steps:
        yield from _line(_state(step), step.name, step.milliseconds, step.detail)
        if step.fault is not None:
            yield from _wrapped(step.fault.text, "        ")
            if step.fault.hint:
                yield from _wrapped(f"→ {step.fault.hint}", "        ", "          ")
    if server.lookup is not None:
        yield from _lookup_lines(server.lookup)


def _lookup_lines(lookup: _Lookup) -> Iterator[str]:
    if isinstance(lookup.person, str):
        yield from _line("FAIL", "person", lookup.milliseconds, lookup.person)
        return
    yield from _line("ok", "person", lookup.milliseconds, lookup.person.dn)
    yield from (f"      {line}" for line in group_lines(describe(lookup.person)["groups"]))


def _line(state: str, name: str, milliseconds: float, detail: str) -> Iterator[str]:
    time_taken = f"{milliseconds:.1f} ms"
    text = f"{state:<4}  {name}, {time_taken}" + (f": {detail}" if detail else "")
    yield from _wrapped(text, "  ", "        ")


def _wrapped(text: str, indent: str, further: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent if further is None else further,
        break_on_hyphens=False,
    )
