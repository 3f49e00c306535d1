"""Marked secrets, a server on which everything goes wrong, and every octet that it lets out."""

from __future__ import annotations

import base64
import contextlib
import gc
import hashlib
import json
import os
import signal
import socket
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
import requests
import yaml
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from app.cli.main import main
from app.directory.directory import LdapDirectory
from app.errors import Refusal, WharfingerError
from app.protocol.credentials import Credentials
from app.protocol.secret import Secret
from tests.support.commands import run
from tests.support.directory import log_in
from tests.support.ldap import directory_settings
from tests.support.ldif import entry
from tests.support.marks import Mark, cores, found, mark
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.proxy import Mode, Proxy
from tests.support.server import REALM, SERVICE, WHARFINGER, Server, configuration, realm_path
from tests.support.slapd import SUFFIX, Slapd, Variant
from tests.support.tools import REPOSITORY

pytestmark = pytest.mark.slow

PERSON, WRONG, UNKNOWN, LOCKED = mark("person"), mark("wrong"), mark("unknown"), mark("locked")
ACCOUNT, OLD_ACCOUNT, ROBOT, BEARER = mark("account"), mark("former"), mark("robot"), mark("bearer")
FIELD, QUERY, BODY, REST = mark("field"), mark("query"), mark("body"), mark("rest")
URL, INLINE, VARIABLE, TYPO, STATE = (
    mark("url"),
    mark("inline"),
    mark("variable"),
    mark("typo"),
    mark("state"),
)
FAULT, TELL, LEAK = mark("fault"), mark("tell"), mark("leak")
EVERY: Final = (
    *(PERSON, WRONG, UNKNOWN, LOCKED, ACCOUNT, OLD_ACCOUNT, ROBOT, BEARER),
    *(FIELD, QUERY, BODY, REST, URL, INLINE, VARIABLE, TYPO, STATE, FAULT, TELL, LEAK),
)
MARKED_ACCOUNT: Final = f"cn=marked,ou=services,{SUFFIX}"

# Part of the server's own environment: the libraries under it fail for some people, twice with a password in
# the text of the error.
_FAULTY: Final = """
import socket
import ssl

def faulty(whole):
    def sendall(self, data, *args):
        if b"uid=fault," in data:
            raise ZeroDivisionError("a fault of a library")
        if b"uid=tell," in data:
            raise ZeroDivisionError(f"a fault of a library with {data!r} and {data.decode(errors='replace')}")
        return whole(self, data, *args)
    return sendall

for kind in (socket.socket, ssl.SSLSocket):
    kind.sendall = faulty(kind.sendall)

import hashlib

whole_hash = hashlib.blake2b

def blake2b(data=b"", **kwargs):
    if b"@LEAK@" in bytes(data):
        raise ZeroDivisionError(f"a fault of a library with {data!r} and {bytes(data).decode()}")
    return whole_hash(data, **kwargs)

hashlib.blake2b = blake2b
""".replace("@LEAK@", LEAK.core)


def _person(uid: str, password: Mark) -> str:
    names = {"uid": uid, "cn": uid, "sn": uid, "userPassword": password.text}
    return entry(f"uid={uid},ou=people,{SUFFIX}", objectClass="inetOrgPerson", **names)


def _marked_company() -> Variant:
    """Return the sample company with people and a service account whose passwords are marked."""
    account = entry(
        MARKED_ACCOUNT,
        objectClass=["applicationProcess", "simpleSecurityObject"],
        userPassword=ACCOUNT.text,
    )
    people = [_person("marked", PERSON), _person("fault", FAULT), _person("tell", TELL)]
    rights = f'access to dn.subtree="{SUFFIX}" by dn.exact="{MARKED_ACCOUNT}" read by * break\n'
    return Variant(config=rights, ldif="\n" + "".join([account, *people]))


def _rules(folder: Path) -> Path:
    digest = hashlib.sha256(ROBOT.text.encode()).hexdigest()
    everyone = {"id": "own", "authenticated": True, "repositories": ["x/**"], "allow": ["pull"]}
    robot = {"name": "marked", "secrets": [f"sha256:{digest}"], "groups": ["ci"]}
    file = folder / "marked-rules.yaml"
    file.write_text(yaml.safe_dump({"version": 1, "rules": [everyone], "robots": [robot]}))
    return file


def _basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@dataclass(slots=True)
class Witness:
    """Asks a server, and keeps what it answers.

    Attributes:
        seen: Each answer, by what was asked.
        statuses: All that came.
        tokens: All that were issued.
    """

    server: Server
    seen: dict[str, bytes] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)

    def ask(self, what: str, method: str = "GET", path: str = "/token", **more: Any) -> int:
        """Ask, and keep the whole answer; 0 where none came."""
        more.setdefault("params", {"service": SERVICE, "scope": "repository:x/y:pull"})
        try:
            answer = requests.request(method, self.server.url + path, timeout=20, **more)
        except requests.RequestException as error:
            self.seen[f"{len(self.seen)} {what}"] = type(error).__name__.encode()
            return 0
        body = answer.content
        with contextlib.suppress(ValueError):
            told = answer.json()
            if isinstance(told, dict) and "token" in told:
                self.tokens.append(told["token"])
                body = b"a token"
        self.seen[f"{len(self.seen)} {what}"] = repr(dict(answer.headers)).encode() + body
        self.statuses.add(answer.status_code)
        return answer.status_code

    def log_in(self, name: str, password: Mark, **more: Any) -> int:
        """Ask for a token."""
        return self.ask(f"{name} with {password.name}", headers=_basic(name, password.text), **more)

    def send(self, what: str, octets: bytes) -> None:
        """Send octets that are no proper request, and keep what comes."""
        host, port = self.server.settings["server"]["bind"].split(":")
        answer = b""
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(octets)
            connection.settimeout(3)
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
                while data := connection.recv(65_536):
                    answer += data
        self.seen[f"{len(self.seen)} {what}"] = answer


@dataclass(slots=True)
class Stage:
    """What runs.

    Attributes:
        proxy: Between the server and the directory.
        account_file: The service account's password.
    """

    witness: Witness
    proxy: Proxy
    account_file: Path


@contextlib.contextmanager
def _running(folder: Path, slapd: Slapd) -> Iterator[Stage]:
    site = folder / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(_FAULTY)
    with Proxy(slapd.port) as proxy:
        settings = configuration(free_port(), slapd)
        settings |= {"log": {"level": "debug"}, "state": "sqlite:///state.db"}
        realm = settings["realms"][REALM]
        realm["directory"] |= {
            "servers": [f"ldap://127.0.0.1:{proxy.port}"],
            "service_account": {"dn": MARKED_ACCOUNT, "password_file": "ldap-password"},
            "timeouts": {"connect": "300ms", "operation": "400ms", "login": "900ms"},
            "pool": {"lifetime": "1s"},
        }
        realm["shield"] = {
            "remember": "0s",
            "remember_failures": "0s",
            "failures_per_account": 1000,
            "failures_per_source_and_account": 900,
            "failures_per_source": 100_000,
        }
        variables = {"PYTHONPATH": str(site), "PYTHONFAULTHANDLER": "1"}
        server = Server(folder / "server", settings, rules=_rules(folder), extra=variables)
        account_file = server.folder / "ldap-password"
        account_file.write_text(ACCOUNT.text)
        with server:
            yield Stage(Witness(server), proxy, account_file)


def _ordinary(stage: Stage) -> None:
    """Log in, rightly and wrongly, in every way that there is."""
    witness = stage.witness
    assert witness.log_in("marked", PERSON) == 200
    assert witness.log_in("robot$marked", ROBOT) == 200
    for name, password in (("marked", WRONG), ("nobody", UNKNOWN), ("dave", LOCKED), ("robot$marked", WRONG)):
        assert witness.log_in(name, password) == 401
    assert witness.log_in("fault", FAULT) == 503
    assert witness.log_in("tell", TELL) == 503
    assert witness.log_in("marked", LEAK) == 500
    for path in ("/nowhere", "/auth/realms/other/protocol/docker-v2/auth", "/metrics", "/readyz", "/livez"):
        witness.log_in("marked", PERSON, path=path)


def _malformed(stage: Stage) -> None:
    """Put secrets where they do not belong."""
    witness = stage.witness
    witness.ask("bearer", headers={"Authorization": f"Bearer {BEARER.core}"})
    witness.ask("another scheme", headers={"Authorization": f"Digest {BEARER.core}"})
    witness.ask("no base64", headers={"Authorization": f"Basic {WRONG.core}!!"})
    witness.ask(
        "no colon", headers={"Authorization": f"Basic {base64.b64encode(WRONG.core.encode()).decode()}"}
    )
    witness.ask("a field", headers={"X-Password": FIELD.core, "Cookie": FIELD.core, "User-Agent": "x"})
    witness.ask("a long field", headers={"X-Password": FIELD.core * 2000})
    witness.ask("query", params={"service": SERVICE, "password": QUERY.text, "account": "marked"})
    witness.ask("long query", params={"service": SERVICE, "password": QUERY.text * 500})
    form = {"grant_type": "password", "service": SERVICE, "client_id": "x", "username": "marked"}
    path = f"{realm_path()}/auth"
    for what, fields in {
        "right": {**form, "password": PERSON.text},
        "wrong": {**form, "password": BODY.text},
        "refresh": {**form, "grant_type": "refresh_token", "refresh_token": BODY.core},
        "no grant": {**form, "grant_type": BODY.core},
        "many": {**form, "password": BODY.text * 20_000},
    }.items():
        witness.ask(f"post {what}", "POST", path, params={}, data=fields)
    kinds = {"Content-Type": "application/json"}
    witness.ask("post json", "POST", path, params={}, data=json.dumps({"password": BODY.text}), headers=kinds)
    rest = f"password={quote(REST.text)}\r\nAuthorization: Basic {REST.core}\r\n\r\n"
    target = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc{rest}"
    witness.send("more than was announced", target.encode())
    witness.send("no request", f"{REST.core} {REST.text}\r\n\r\n".encode())
    witness.send("a bad field", f"GET /token HTTP/1.1\r\nHost: x\r\n{REST.core}\r\n\r\n".encode())
    witness.send(
        "a bad chunk",
        f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{REST.core}\r\n".encode(),
    )


def _broken_directory(stage: Stage, slapd: Slapd) -> None:
    """Take the directory away in every way, and its account's password."""
    witness = stage.witness
    for mode in (Mode.GARBAGE, Mode.RESET, Mode.HANG, Mode.DRIP):
        stage.proxy.mode = mode
        assert witness.log_in("frank", WRONG) == 503
        assert witness.log_in("fault", FAULT) == 503
    stage.proxy.mode = Mode.PASS
    slapd.stop()
    assert witness.log_in("frank", UNKNOWN) == 503
    slapd.start()
    for text in (OLD_ACCOUNT.text, "", None):
        if text is None:
            stage.account_file.unlink()
        else:
            stage.account_file.write_text(text)
        time.sleep(1.2)  # the connections' lifetime
        assert witness.log_in("nobody", UNKNOWN) == 503
    stage.account_file.write_text(ACCOUNT.text)


def _crashes(stage: Stage) -> None:
    """Abort and crash workers while they hold passwords, and have all of them made anew."""
    witness, master = stage.witness, stage.witness.server.pid
    for number in (signal.SIGABRT, signal.SIGSEGV):
        stage.proxy.mode = Mode.HANG
        with ThreadPoolExecutor(4) as pool:
            pending = [pool.submit(witness.log_in, "nobody", WRONG) for _ in range(4)]
            time.sleep(0.2)
            *_, worker = Path(f"/proc/{master}/task/{master}/children").read_text().split()
            os.kill(int(worker), number)
            assert len([each.result() for each in pending]) == 4
        stage.proxy.mode = Mode.PASS
        wait_until(lambda: witness.log_in("marked", PERSON) == 200, within=timedelta(seconds=30), what="back")
    os.kill(master, signal.SIGHUP)
    wait_until(lambda: witness.log_in("marked", PERSON) == 200, within=timedelta(seconds=30), what="back")


def _misconfigurations(stage: Stage) -> dict[str, bytes]:
    """Have files checked in which secrets stand where they do not belong."""
    server = stage.witness.server
    good = yaml.safe_load(server.config.read_text())

    def directory(settings: dict[str, Any]) -> dict[str, Any]:
        section: dict[str, Any] = settings["realms"][REALM]["directory"]
        return section

    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "url": lambda s: directory(s).update(servers=[f"ldaps://x:{URL.core}@ldap.example.com"]),
        "odd url": lambda s: directory(s).update(servers=[f"ldaps:{URL.core}@[ldap.example.com"]),
        "issuer": lambda s: s["realms"][REALM].update(issuer=f"https://x:{URL.core}@auth.example.com"),
        "inline twice": lambda s: directory(s)["service_account"].update(password=INLINE.text),
        "inline list": lambda s: directory(s).update(
            service_account={"dn": "cn=x", "password": [INLINE.text]}
        ),
        "inline map": lambda s: directory(s).update(
            service_account={"dn": "cn=x", "password": {"x": INLINE.text}}
        ),
        "inline bad dn": lambda s: directory(s).update(service_account={"dn": "x", "password": INLINE.text}),
        "typo": lambda s: directory(s)["service_account"].update(pasword=TYPO.text),
        "section": lambda s: directory(s).update(service_account=TYPO.text),
        "state": lambda s: s.update(state=f"postgresql+psycopg://x:{STATE.core}@db.example.com/state"),
        "odd state": lambda s: s.update(state=f"postgresql://x:{STATE.core}@db.example.com:x/state"),
        "state query": lambda s: s.update(state=f"postgresql+psycopg://x@db/state?password={STATE.core}"),
        "short secret": lambda s: s.update(
            state={"url": "postgresql+psycopg://x@db/s", "password": STATE.text, "secret": STATE.core}
        ),
    }
    told = {}
    for what, change in changes.items():
        settings = json.loads(json.dumps(good))
        change(settings)
        file = server.folder / "changed.yaml"
        file.write_text(yaml.safe_dump(settings, allow_unicode=True))
        told[f"check-config, {what}"] = _refused("check-config", file)
        file.unlink()
    file.write_text("\n".join([f"server: {TYPO.core}", f"realms: {{{TYPO.core}: ]", f"- {TYPO.core}"]))
    told["serve"] = run(*WHARFINGER, "serve", "--config", file, cwd=REPOSITORY).text.encode()
    file.unlink()
    return told


def _refused(word: str, file: Path, variables: Mapping[str, str] | None = None) -> bytes:
    """Run a command that has to fail, and return all that it says, its traceback with every variable too."""
    done = CliRunner().invoke(main, [word, "--config", str(file)], env=dict(variables or {}))
    assert done.exit_code, done.output
    assert done.exc_info is not None
    trace = traceback.TracebackException(*done.exc_info)
    return "\n".join([done.output, repr(done.exception), *trace.format()]).encode()


def _environment(stage: Stage) -> dict[str, bytes]:
    """Have the environment set things that cannot be."""
    server = stage.witness.server
    account = f"WHARFINGER__REALMS__{REALM.upper()}__DIRECTORY__SERVICE_ACCOUNT__"
    told = {}
    for name, text in (
        ("PASSWORD", VARIABLE.text),  # one too many: the file names another
        ("PASWORD", VARIABLE.text),
        ("PASSWORD", json.dumps({"x": VARIABLE.core})),
    ):
        told[f"environment, {name}"] = _refused("check-config", server.config, {account + name: text})
    return told


def _secret_key(server: Server) -> dict[str, bytes]:
    """Return the private key in the forms in which it could be let out."""
    (file,) = (server.folder / "keys" / REALM).glob("*.pem")
    text = file.read_bytes()
    key = load_pem_private_key(text, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    number = key.private_numbers().private_value
    lines = [line for line in text.splitlines() if line and not line.startswith(b"-")]
    return {
        "the key's file": lines[0],
        "the key's number": number.to_bytes(32),
        "the key's number in digits": str(number).encode(),
    }


def _core_limits(server: Server) -> list[str]:
    # a worker from before the last signal may still be there
    *_, worker = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    limits = [Path(f"/proc/{pid}/limits").read_text() for pid in (server.pid, worker)]
    return [line for text in limits for line in text.splitlines() if line.startswith("Max core file")]


_INPUTS: Final = {"wharfinger.yaml", "rules.yaml", "ldap-password"}


def _left(server: Server) -> dict[str, bytes]:
    """Return all files that the server has written, and what the machine shows of its processes."""
    written = {
        str(path): path.read_bytes()
        for path in server.folder.rglob("*")
        if path.is_file() and path.name not in _INPUTS and "keys" not in path.parts
    }
    metrics = {
        str(path): path.read_bytes()
        for folder in Path(tempfile.gettempdir()).glob("wharfinger-metrics-*")
        for path in folder.glob("*.db")
    }
    shown = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            shown[str(path)] = path.read_bytes()
    return written | metrics | shown


@dataclass(frozen=True, slots=True)
class Evidence:
    """What came of it.

    Attributes:
        secrets: What must stand nowhere.
        let_out: Everything that came out, by where.
        statuses: Of the answers.
        cores: Core dumps.
        limits: How large a core dump of each process of the server may be, as the kernel says.
    """

    secrets: dict[str, bytes]
    let_out: dict[str, bytes]
    statuses: set[int]
    cores: list[Path]
    limits: list[str]


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """Let everything go wrong once, and return what came out."""
    folder = tmp_path_factory.mktemp("secrecy")
    with Slapd(folder / "slapd", variant=_marked_company()) as slapd, _running(folder, slapd) as stage:
        _ordinary(stage)
        _malformed(stage)
        _broken_directory(stage, slapd)
        _crashes(stage)
        witness, server = stage.witness, stage.witness.server
        limits = _core_limits(server)
        let_out = _misconfigurations(stage) | _environment(stage) | _left(server)
        server.stop()
        let_out |= _left(server) | witness.seen
        signatures = {f"token {n}": token.split(".")[2].encode() for n, token in enumerate(witness.tokens)}
        secrets = cores(EVERY) | _secret_key(server) | signatures
        dumps = [*server.folder.rglob("core*"), *REPOSITORY.glob("core*"), *Path("/").glob("core*")]
        yield Evidence(secrets, let_out, witness.statuses, dumps, limits)


def test_everything_did_go_wrong(evidence: Evidence) -> None:
    """Else the search would prove nothing: logins, refusals, faults, a crash, and a log of all of them."""
    assert evidence.statuses >= {200, 400, 401, 404, 500, 503}
    log = next(text for where, text in evidence.let_out.items() if where.endswith("log.jsonl"))
    for word in (
        "Fatal Python error: Segmentation",
        "ZeroDivisionError",
        "token request",
        "directory server",
    ):
        assert word.encode() in log, word
    assert any(where.endswith("audit.jsonl") and text for where, text in evidence.let_out.items())
    assert any(where.endswith("state.db") for where in evidence.let_out)
    assert sum(name.startswith("token ") for name in evidence.secrets) >= 3


def test_no_secret_is_in_anything_that_came_out(evidence: Evidence) -> None:
    """Plain, in hex, in base64 or escaped: not in log, answers, audit, metrics, state or command lines."""
    assert found(evidence.secrets, evidence.let_out) == []


def test_a_crash_leaves_no_memory(evidence: Evidence) -> None:
    """Workers were aborted and crashed while they held passwords; none may write a dump, nor ever will."""
    assert evidence.cores == []
    assert [line.split()[-3:] for line in evidence.limits] == [["0", "0", "bytes"]] * 2


@pytest.mark.parametrize(
    "write",
    [
        lambda text: text.encode(),
        lambda text: repr(text).encode(),
        lambda text: json.dumps(text).encode(),
        lambda text: quote(text).encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: text.encode().hex().upper().encode(),
        lambda text: base64.b64encode(text.encode()),
        lambda text: base64.b64encode(b"x" + text.encode()),
        lambda text: base64.urlsafe_b64encode(b"xy" + text.encode()),
        lambda text: repr(repr(text)).encode(),
    ],
)
def test_the_search_would_find_them(write: Callable[[str], bytes]) -> None:
    """Each mark, in each of the spellings, in the middle of other text."""
    for each in EVERY:
        assert found(cores([each]), {"here": b"before " + write(f"x{each.text}y") + b" after"}) == [
            f"{each.name} in here"
        ]


def test_no_exception_carries_a_password_in_its_frames(slapd: Slapd) -> None:
    """Tools that report a fault with the values of all variables show none, of a chain or of objects."""
    with Proxy(slapd.port) as proxy:
        settings = directory_settings(
            slapd,
            servers=[f"ldap://127.0.0.1:{proxy.port}"],
            service_account={"dn": MARKED_ACCOUNT, "password": ACCOUNT.text},
            timeouts={"connect": "300ms", "operation": "300ms", "login": "600ms"},
        )
        shown = [repr(settings), str(settings), repr(Credentials("x", Secret(PERSON.text)))]
        with contextlib.closing(LdapDirectory(settings)) as directory:
            for mode in (Mode.PASS, Mode.GARBAGE, Mode.RESET, Mode.HANG):
                proxy.mode = mode
                shown.append(_whole_trace(directory))
            shown += [repr(each) for each in gc.get_objects() if _is_of_the_directory(each)]
    assert found(cores(EVERY), {f"{n}": text.encode() for n, text in enumerate(shown)}) == []


def _whole_trace(directory: LdapDirectory) -> str:
    try:
        answer = log_in(directory, Credentials("frank", Secret(PERSON.text)))
    except WharfingerError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert isinstance(answer, Refusal)
    return repr(answer)


def _is_of_the_directory(each: object) -> bool:
    module = type(each).__module__
    return isinstance(module, str) and module.startswith("app.")
