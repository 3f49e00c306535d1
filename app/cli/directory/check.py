"""`wharfinger directory check`: every server of a realm's directory, step by step, and what to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from app.cli.directory.whois import describe, group_lines
from app.cli.exits import NoAnswer, finish
from app.cli.options import config_option, find_realm, format_option, realm_option
from app.cli.output import counted, show, show_json, wrapped
from app.directory.inspect.report import Inspected
from app.directory.inspect.servers import CheckedServer, LookedUp, check_servers, servers_with_other_groups
from app.directory.settings import DirectorySettings
from app.directory.subject import DirectorySubject
from app.settings import Settings


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
    try:
        servers = list(check_servers(section.directory, user, datetime.now(UTC)))
    except OSError as error:
        raise NoAnswer(f"a certificate of directory.tls cannot be read: {error}") from None
    differs = servers_with_other_groups(servers)
    if form == "json":
        show_json(_shape(name, servers, differs))
    else:
        show(*_text(name, section.directory, servers, differs))
    warned = bool(differs) or any(server.warns for server in servers)
    finish(well=all(server.works for server in servers) and not (strict and warned))


def _shape(realm: str, servers: Sequence[CheckedServer], differs: Sequence[str]) -> Mapping[str, Any]:
    return {
        "realm": realm,
        "works": all(server.works for server in servers),
        "servers": [_server(each) for each in servers],
        "other_groups_at": list(differs),
    }


def _server(server: CheckedServer) -> Mapping[str, Any]:
    report, lookup = server.report, server.lookup
    certificate = report.tls.certificate if report.tls is not None else None
    found = lookup.subject if lookup is not None else None
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
    realm: str, directory: DirectorySettings, servers: Sequence[CheckedServer], differs: Sequence[str]
) -> Iterator[str]:
    count = len(servers)
    yield f"realm {realm}: {directory.kind}, {counted(count, 'server')}"
    for server in servers:
        yield ""
        yield from _server_lines(server)
    yield ""
    for url in differs:
        yield f"warn  {url} knows other groups of this person than the first server does"
    working = sum(server.works for server in servers)
    yield "Every server works." if working == count else f"{working} of {count} servers work."


def _server_lines(server: CheckedServer) -> Iterator[str]:
    report = server.report
    yield report.server
    if report.endpoints:
        yield f"  at {', '.join(report.endpoints)}"
    if report.tls is not None:
        if report.tls.version:
            yield f"  {report.tls.version}, {report.tls.cipher}"
        if (certificate := report.tls.certificate) is not None:
            names = ", ".join(certificate.names) or "nobody"
            yield f"  certificate for {names}"
            yield f"    by {certificate.issuer}, good until {certificate.not_after:%Y-%m-%d}"
    for step in report.steps:
        yield from _line(_state(step), step.name, step.milliseconds, step.detail)
        if step.fault is not None:
            yield f"        {step.fault.text}"
            if step.fault.hint:
                yield from wrapped(f"        → {step.fault.hint}", hanging=2)
    if server.lookup is not None:
        yield from _lookup_lines(server.lookup)


def _lookup_lines(lookup: LookedUp) -> Iterator[str]:
    if isinstance(lookup.subject, str):
        yield from _line("FAIL", "person", lookup.milliseconds, lookup.subject)
        return
    yield from _line("ok", "person", lookup.milliseconds, lookup.subject.dn)
    yield from (f"      {line}" for line in group_lines(describe(lookup.subject)["groups"]))


def _line(state: str, name: str, milliseconds: float, detail: str) -> list[str]:
    said = f": {detail}" if detail else ""
    return wrapped(f"  {state:<4}  {name}, {milliseconds:.1f} ms{said}", hanging=6)
