"""`wharfinger registry check` against real registries that are set up wrongly, each in its own way.

Every row says what is wrong and what the command finds. Then the lines that it prints are changed as it says,
and it finds nothing any more: so they are the right ones.
"""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from app import settings
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.keyring import KeyRing
from app.keys.kid import LIBTRUST
from app.keys.signing_key import KeyState
from app.registry.check.examination import Examination, Target, examine
from app.registry.check.findings import Topic
from app.registry.check.http import Http, Response
from tests.support.authority import Authority
from tests.support.clients import PASSWORDS
from tests.support.configured import wharfinger
from tests.support.ports import free_port
from tests.support.processes import Program, answers
from tests.support.registry import DISTRIBUTION_3, DOCKER_REGISTRY_2, Kind
from tests.support.server import REALM, SERVICE, Server

TWO, THREE = DOCKER_REGISTRY_2, DISTRIBUTION_3
BUNDLE, JWKS = "rootcertbundle", "jwks"
RFC7638 = {"key_id": "rfc7638"}
NOW = datetime(2026, 1, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One way to set both up.

    Attributes:
        id: What is wrong.
        kind: The registry.
        trust: The setting by which it trusts keys.
        registry: What its token settings have instead of the right thing; `{}` is the right value.
        service: What our section of the service has.
        keys: Which keys we have and it trusts, as `_keys` makes them.
        ahead: How far its clock is ahead of ours.
        said: The issuer that the administrator names.
        found: Topics of the errors that are found.
        advised: What stands in the advice; then nothing is changed and tried again.
    """

    id: str
    kind: Kind
    trust: str
    registry: dict[str, str] = field(default_factory=dict)
    service: Mapping[str, object] = field(default_factory=dict)
    keys: str = "same"
    ahead: timedelta = timedelta()
    said: str = ""
    found: tuple[Topic, ...] = ()
    advised: str = ""


def _rows() -> Iterator[Row]:
    yield from _common(TWO, BUNDLE, {})
    yield from _common(THREE, JWKS, {})
    yield from _common(THREE, BUNDLE, RFC7638)
    unheard = {"issuer": "something else altogether"}
    both = (Topic.KEYS,)
    yield Row("an issuer that nobody thinks of", TWO, BUNDLE, unheard, found=both, advised="untrusted issuer")
    yield Row("keys that it does not trust", TWO, BUNDLE, keys="other", found=both, advised="untrusted key")
    yield Row(
        "an issuer that the administrator names",
        TWO,
        BUNDLE,
        unheard,
        said="something else altogether",
        found=(Topic.ISSUER,),
    )
    yield Row("untrusted keys, its issuer is known", TWO, BUNDLE, keys="other", said="{}", found=both)
    yield Row("a thumbprint", TWO, BUNDLE, {}, {"key_id": "rfc7638"}, found=(Topic.KEY_ID,))
    yield Row("a literal id", TWO, BUNDLE, {}, {"key_id": "literal:x"}, found=(Topic.KEY_ID,))
    yield Row("an authority, no x5c", TWO, BUNDLE, keys="certified", found=(Topic.CERTIFICATES,))
    yield Row(
        "two at once",
        TWO,
        BUNDLE,
        {"issuer": "{}/"},
        {"key_id": "rfc7638"},
        found=(
            Topic.ISSUER,
            Topic.KEY_ID,
        ),
    )
    for trust in (BUNDLE, JWKS):
        service = RFC7638 if trust == BUNDLE else {}
        issuer = (Topic.ISSUER,)
        yield Row(f"an unheard issuer, {trust}", THREE, trust, unheard, service, found=issuer)
        yield Row(f"keys that it does not trust, {trust}", THREE, trust, {}, service, "other", found=both)
        yield Row(
            f"issuer and old keys, {trust}",
            THREE,
            trust,
            unheard,
            service,
            "old",
            found=(Topic.ISSUER, Topic.KEYS),
        )
    yield Row("libtrust's id", THREE, BUNDLE, found=(Topic.KEY_ID,))
    yield Row("libtrust's id, unheard issuer", THREE, BUNDLE, unheard, found=(Topic.ISSUER, Topic.KEY_ID))
    yield Row("x5c for a JWK Set", THREE, JWKS, {}, {"x5c": True}, found=(Topic.CERTIFICATES,))
    yield Row("an authority, no x5c", THREE, BUNDLE, keys="certified", found=(Topic.CERTIFICATES,))


def _common(kind: Kind, trust: str, service: Mapping[str, object]) -> Iterator[Row]:
    """Return what every registry can have wrong."""
    minutes = timedelta(minutes=10)
    yield Row("nothing", kind, trust, service=service)
    yield Row("a slash behind the issuer", kind, trust, {"issuer": "{}/"}, service, found=(Topic.ISSUER,))
    yield Row("another service", kind, trust, {"service": "other"}, service, found=(Topic.SERVICE,))
    yield Row(
        "all three texts",
        kind,
        trust,
        {"service": "other", "issuer": "{}/", "realm": "{}/no"},
        service,
        found=(
            Topic.ISSUER,
            Topic.REALM,
            Topic.SERVICE,
        ),
    )
    yield Row(
        "another realm", kind, trust, {"realm": "http://127.0.0.1:1/token"}, service, found=(Topic.REALM,)
    )
    yield Row("old keys", kind, trust, {}, service, "old", found=(Topic.KEYS,))
    yield Row(
        "its clock ahead", kind, trust, {}, service, "same", minutes, found=(Topic.CLOCK,), advised="NTP"
    )
    yield Row(
        "its clock behind", kind, trust, {}, service, "same", -minutes, found=(Topic.CLOCK,), advised="NTP"
    )


ROWS = list(_rows())
Pair: TypeAlias = tuple[Path, KeyRing | Authority]


@pytest.fixture(scope="session")
def rings(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Callable[[str], Pair]:
    """Return a folder with our keys, and the ring that the registry trusts.

    `same`: the server's own. `other`: what the registry has is somebody else's. `old`: it has the key that
    is retired since. `certified`: it has the authority that certified our key.
    """
    made: dict[str, Pair] = {}

    def make(which: str) -> Pair:
        if which not in made:
            made[which] = _keys(which, tmp_path_factory.mktemp("keys"), server)
        return made[which]

    return make


def _keys(which: str, folder: Path, server: Server) -> Pair:
    own = server.folder / "keys" / REALM
    if which == "same":
        return own, keyring.load(own)

    def add(name: str, state: KeyState) -> None:
        create(folder, name=name, algorithm=Algorithm.ES256, state=state, common_name="x", now=NOW)

    add("first", KeyState.ACTIVE)
    first = keyring.load(folder)
    if which == "other":
        return own, first
    if which == "old":
        (path,) = folder.glob("first.*.pem")
        path.rename(folder / "first.retired.pem")
        add("second", KeyState.ACTIVE)
    if which == "certified":
        authority = Authority.make(datetime.now(UTC))
        certificate = authority.certify(first.active.public_key, datetime.now(UTC))
        (folder / "first.crt").write_bytes(certificate)
        return folder, authority
    return folder, first


@dataclass(slots=True)
class Case:
    """Both sides of a row; each can be changed."""

    row: Row
    folder: Path
    server: Server
    keys: Path
    trusted: KeyRing | Authority
    http: Http = field(default_factory=lambda: Http(None))
    registry: dict[str, Any] = field(init=False)
    service: dict[str, object] = field(init=False)

    def __post_init__(self) -> None:
        right = {
            "realm": self.server.token_url,
            "service": SERVICE,
            "issuer": self.server.issuer,
            self.row.trust: str(self.folder / self.row.trust),
        }
        wrong = {name: text.replace("{}", right[name]) for name, text in self.row.registry.items()}
        self.registry = right | wrong
        self.service = dict(self.row.service)

    def examined(self) -> Examination:
        """Start the registry, and examine it."""
        said = self.row.said.replace("{}", self.server.issuer)
        with self.running() as address:
            target = Target(address, REALM, issuer=said)
            return examine(settings.load(self.config()), target, self, self._now)

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        """Start the registry, and return its address."""
        trusted = self.trusted
        if isinstance(trusted, KeyRing):
            (self.folder / BUNDLE).write_bytes(trusted.pem_bundle)
            (self.folder / JWKS).write_bytes(trusted.jwk_set)
        else:
            (self.folder / BUNDLE).write_bytes(trusted.root.public_bytes(Encoding.PEM))
        port = free_port()
        whole = {
            "version": 0.1,
            "storage": {"inmemory": {}},
            "http": {"addr": f"127.0.0.1:{port}"},
            "auth": {"token": self.registry},
        }
        config = self.folder / "registry.yml"
        config.write_text(yaml.safe_dump(whole))
        program = Program(
            name=self.row.kind.name,
            argv=(self.row.kind.binary(), "serve", config),
            log=self.folder / "log",
            ready=answers(f"http://127.0.0.1:{port}/v2/", 401),
            extra={"OTEL_TRACES_EXPORTER": "none"},
        )
        with program:
            yield f"http://127.0.0.1:{port}"

    def get(self, url: str, headers: Mapping[str, str]) -> Response:
        """Ask, but for a server with the keys of this row, of which none runs."""
        if self.row.keys not in ("old", "certified") or not url.startswith(self.server.url):
            return self.http.get(url, headers)
        claims = {"iss": self.server.issuer, "aud": SERVICE}
        token = keyring.load(self.keys).active.sign(claims, kid_format=LIBTRUST, x5c=False)
        return Response(200, {}, json.dumps({"token": token}).encode())

    def delete(self, url: str) -> Response:
        return self.http.delete(url)

    def config(self) -> Path:
        """Return our configuration file."""
        ours = copy.deepcopy(self.server.settings)
        ours["realms"][REALM] |= {"services": {SERVICE: self.service}, "keys": str(self.keys)}
        path = self.folder / "wharfinger.yaml"
        path.write_text(yaml.safe_dump(ours))
        return path

    def _now(self) -> datetime:
        return datetime.now(UTC) - self.row.ahead

    def change(self, found: Examination) -> None:
        """Do what it says."""
        for each in found.errors:
            self.service |= each.here
            if trust := {BUNDLE, JWKS} & each.registry.keys():
                assert trust == {self.row.trust} or self.row.kind is THREE
                self.trusted = keyring.load(self.keys)
                self.registry.pop(BUNDLE, None)
                self.registry.pop(JWKS, None)
                self.registry |= {name: str(self.folder / name) for name in trust}
            self.registry |= {
                name: text for name, text in each.registry.items() if name not in (BUNDLE, JWKS)
            }


def _case(row: Row, folder: Path, server: Server, rings: Callable[[str], Pair]) -> Case:
    return Case(row, folder, server, *rings(row.keys))


def _errors(found: Examination) -> tuple[Topic, ...]:
    return tuple(sorted(each.topic for each in found.errors))


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            row,
            id=f"{row.kind.name}, {row.trust}: {row.id}",
            marks=() if row.kind is TWO and row.id == "nothing" else pytest.mark.slow,
        )
        for row in ROWS
    ],
)
def test_what_is_wrong_is_found_and_mended(
    row: Row, tmp_path: Path, server: Server, rings: Callable[[str], Pair]
) -> None:
    """Nothing else is found; and when what it says is changed, nothing at all is."""
    case = _case(row, tmp_path, server, rings)
    found = case.examined()
    assert _errors(found) == tuple(sorted(row.found)), found.findings
    assert found.kind == {"docker-registry 2.8": "distribution2"}.get(row.kind.name, "distribution3")
    if row.advised:
        assert any(row.advised in each.advice for each in found.findings)
    elif row.found:
        case.change(found)
        assert _errors(mended := case.examined()) == (), mended.findings


def test_the_command_ends_with_the_lines_to_change(
    tmp_path: Path, server: Server, rings: Callable[[str], Pair]
) -> None:
    """On 80 columns, with exit code 1; and no token and no password stands in any of it."""
    row = Row("", TWO, BUNDLE, {"issuer": "{}/"}, {"key_id": "rfc7638"})
    case = _case(row, tmp_path, server, rings)
    with case.running() as address:
        words = ("registry", "check", address, "--username", "alice", "--password-stdin")
        done = wharfinger(case.config(), *words, stdin=f"{PASSWORDS['alice']}\n")
        as_json = wharfinger(case.config(), "registry", "check", address, "--format", "json")
    assert done.exit_code == as_json.exit_code == 1, done.output
    assert done.output.endswith(
        f"""
Change in the registry's configuration, and restart it:

  auth:
    token:
      issuer: "{server.issuer}"

Change in the configuration of this server:

  realms:
    demo:
      services:
        "registry.example.com":
          key_id: "libtrust"
"""
    )
    assert all(len(line) <= 80 for line in done.output.splitlines() if " " in line.strip())
    assert {each["topic"] for each in json.loads(as_json.output)["findings"]} == {
        "issuer",
        "key_id",
        "realm",
    }
    for output in (done.output, as_json.output):
        assert "eyJ" not in output
        assert PASSWORDS["alice"] not in output
