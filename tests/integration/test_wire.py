"""What only a real socket shows: chunks, broken requests, proxies, realms beside each other."""

from __future__ import annotations

import base64
import copy
import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
import requests

from tests.support.directory import PASSWORDS
from tests.support.ports import free_port
from tests.support.proxy import Mode, Proxy
from tests.support.server import SAMPLE_RULES, SERVICE, Server, configuration, realm_path
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow  # most of it starts servers of its own

FORM = "application/x-www-form-urlencoded"
ALICE = {
    "grant_type": "password",
    "username": "alice",
    "password": PASSWORDS["alice"],
    "service": SERVICE,
    "scope": "repository:platform/app:pull",
}
OTHER_ISSUER = "https://other.example.com"
OTHER_SERVICE = "other.example.com"
OTHER_RULES = """\
version: 1
rules:
  - id: all-may-pull
    everyone: true
    repositories: ["**"]
    allow: [pull]
"""
Change = Callable[[dict[str, Any]], object]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: http.client.HTTPMessage
    octets: bytes

    @property
    def body(self) -> dict[str, Any]:
        """Its JSON; anything else is an error."""
        assert self.headers["Content-Type"] == "application/json"
        return dict(json.loads(self.octets))


def _address(server: Server) -> tuple[str, int]:
    url = urlsplit(server.url)
    assert url.hostname is not None
    assert url.port is not None
    return url.hostname, url.port


def _post_in_chunks(server: Server, chunks: list[bytes], content_type: str = FORM) -> Answer:
    """Send a body without a Content-Length, as containers/image does."""
    connection = http.client.HTTPConnection(*_address(server), timeout=15)
    headers = {"Content-Type": content_type}
    connection.request("POST", f"{realm_path()}/auth", iter(chunks), headers, encode_chunked=True)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


def _send(server: Server, octets: bytes) -> bytes:
    """Send octets and give everything that comes until the server closes the connection."""
    with socket.create_connection(_address(server), timeout=15) as connection:
        connection.sendall(octets)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _answers(octets: bytes) -> Iterator[Answer]:
    """Take the answers on one connection apart."""
    while octets:
        head, _, rest = octets.partition(b"\r\n\r\n")
        first, _, lines = head.partition(b"\r\n")
        headers = http.client.HTTPMessage()
        for line in lines.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            headers[name] = value
        length = int(headers["Content-Length"])
        yield Answer(int(first.split()[1]), headers, rest[:length])
        octets = rest[length:]


def _chunked(path: str, *body: bytes, method: str = "POST") -> bytes:
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: x",
        f"Content-Type: {FORM}",
        "Transfer-Encoding: chunked",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + b"".join(body)


def _pieces(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@pytest.mark.parametrize("content_type", [FORM, f"{FORM}; charset=utf-8"])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_form_in_chunks_is_read(server: Server, content_type: str, size: int) -> None:
    """Without a Content-Length, however it is cut."""
    answer = _post_in_chunks(server, _pieces(urlencode(ALICE).encode(), size), content_type)
    assert answer.status == 200, answer.octets
    assert (answer.body["token_type"], answer.body["scope"]) == ("Bearer", ALICE["scope"])


def test_a_refresh_in_chunks_is_an_invalid_one(server: Server) -> None:
    """Read, and refused for what it is: not for a form that seems empty."""
    fields = {"grant_type": "refresh_token", "refresh_token": "x", "service": SERVICE}
    answer = _post_in_chunks(server, [urlencode(fields).encode()])
    assert (answer.status, answer.body["error"]) == (401, "invalid_grant")


def test_every_character_arrives_in_chunks(server: Server) -> None:
    """The cut may fall into the middle of an encoded character."""
    fields = {**ALICE, "username": "zoë", "password": PASSWORDS["zoë"]}
    answer = _post_in_chunks(server, _pieces(urlencode(fields).encode(), 2))
    assert answer.status == 200, answer.octets


def test_a_body_over_the_limit_is_refused_in_chunks(server: Server) -> None:
    """Nobody says beforehand how long it is; it is not read to its end."""
    answer = _post_in_chunks(server, [b"x" * 1024] * 66)
    assert (answer.status, answer.body["errors"][0]["code"]) == (413, "UNSUPPORTED")
    assert answer.body["error"] == "invalid_request"


def test_a_body_over_the_limit_is_refused_by_its_length(server: Server) -> None:
    """The same with a Content-Length."""
    response = requests.post(
        f"{server.url}/token", data=b"x" * 66_000, headers={"Content-Type": FORM}, timeout=15
    )
    assert (response.status_code, response.json()["errors"][0]["code"]) == (413, "UNSUPPORTED")


def test_the_limit_of_bodies_is_a_setting(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """`limits.body_bytes`."""
    server = start_server(slapd, lambda settings: settings.update(limits={"body_bytes": 1024}))
    form = urlencode(ALICE).encode() + b"&other="
    for length, status in ((1024, 200), (1025, 413), (1026, 413), (2000, 413)):
        body = form.ljust(length, b"x")
        assert _post_in_chunks(server, [body]).status == status
        response = requests.post(f"{server.url}/token", body, headers={"Content-Type": FORM}, timeout=15)
        assert response.status_code == status


def test_connections_stay_usable(server: Server) -> None:
    """A body that a GET has and nobody reads is no next request."""
    get = _chunked("/livez", b"b\r\nmarked-body\r\n0\r\n\r\n", method="GET")
    last = b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert [answer.status for answer in _answers(_send(server, get + last))] == [200, 200]


@pytest.mark.parametrize(
    "body",
    [b"zz\r\nmarked-chunk\r\n", b"5\r\nmarked-chunk\r\n0\r\n\r\n", b"-1\r\nmarked-chunk\r\n", b"5;\0=x\r\n"],
)
def test_broken_chunks_are_malformed(server: Server, body: bytes) -> None:
    """400 for a login; the rest of a body that nobody needs gets no second answer."""
    (answer,) = _answers(_send(server, _chunked("/token", body)))
    assert (answer.status, answer.body["error"]) == (400, "invalid_request")
    (answer,) = _answers(_send(server, _chunked("/livez", body, method="GET")))
    assert answer.status == 200
    assert "marked-chunk" not in json.dumps(server.log())


@pytest.mark.parametrize(
    ("octets", "status"),
    [
        (b"GET /token?" + b"scope=marked-" * 800 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /token HTTP/1.1\r\nHost: x\r\nX-Long: " + b"marked-" * 1400 + b"\r\n\r\n", 431),
        (b"GET /token HTTP/1.1\r\n" + b"X-Many: marked-\r\n" * 101 + b"\r\n", 431),
        (b"grant_type=password&username=u&password=marked-\r\n\r\n", 400),
        (b"GET /token marked-/1.1\r\n\r\n", 400),
        (b"get@ /token HTTP/1.1\r\nHost: marked-\r\n\r\n", 400),
        (b"GET /token HTTP/1.1\r\nAuthorization : Basic marked-\r\n\r\n", 400),
        (b"GET /token HTTP/1.1\r\nAuthorization: Basic\r\n marked-\r\n\r\n", 400),
        (b"GET /token HTTP/1.1\r\nmarked-\r\n\r\n", 400),
        (b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: marked-\r\n\r\n", 400),
        (b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST /token HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: marked-\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03marked-\r\n\r\n", 400),
    ],
)
def test_what_gunicorn_cannot_read_is_refused_in_the_one_shape(
    server: Server, octets: bytes, status: int
) -> None:
    """JSON with a request id, which is logged; and nothing of the request in either."""
    received = _send(server, octets)
    (answer,) = _answers(received)
    assert answer.status == status, received
    (error,) = answer.body["errors"]
    assert error["code"] == "UNSUPPORTED"
    request_id = answer.headers["X-Request-Id"]
    assert error["detail"] == f"request id {request_id}"
    assert re.fullmatch("[0-9a-f]{32}", request_id)
    assert answer.headers["Connection"] == "close"
    assert answer.headers["Cache-Control"] == "no-store"
    (line,) = [line for line in server.log() if line.get("request_id") == request_id]
    assert (line["event"], line["status"], line["address"]) == ("request refused", status, "127.0.0.1")
    assert b"marked-" not in received
    assert "marked-" not in json.dumps(server.log())


@pytest.mark.parametrize("hosts", [[], ["Host: a,b"], ["Host: a", "Host: b"], ["Host:"], ["Host: a/../b"]])
def test_a_request_names_one_host(server: Server, hosts: list[str]) -> None:
    """400 for none, several, and what is no host (RFC 9112 §3.2); HTTP/1.0 has none."""
    rest = [*hosts, "Connection: close", "", ""]
    (answer,) = _answers(_send(server, "\r\n".join(["GET /livez HTTP/1.1", *rest]).encode()))
    assert (answer.status, answer.body["errors"][0]["code"]) == (400, "UNSUPPORTED")
    (answer,) = _answers(_send(server, "\r\n".join(["GET /livez HTTP/1.0", *rest]).encode()))
    assert answer.status == (400 if hosts else 200)


def test_headers_that_gunicorn_believes_of_a_proxy_on_this_machine_change_nothing(server: Server) -> None:
    """Neither where the application lies nor by which scheme it was reached."""
    headers = ("SCRIPT_NAME: /x", "PATH_INFO: /metrics", "X-Forwarded-Proto: https", "X-Forwarded-Ssl: off")
    lines = ["GET /livez HTTP/1.1", "Host: x", *headers, "Connection: close", "", ""]
    (answer,) = _answers(_send(server, "\r\n".join(lines).encode()))
    assert answer.body == {"status": "alive"}


def _believing(proxies: list[str], **more: object) -> Change:
    return lambda settings: settings["server"].update(trusted_proxies=proxies, **more)


def _audited_address(server: Server, headers: dict[str, str]) -> str:
    url = f"{server.url}/token?scope=repository:base/x:pull"
    response = requests.get(url, headers=headers, timeout=15)
    assert response.status_code == 200, response.text
    return str(server.audit_line(request_id=response.headers["X-Request-Id"])["address"])


def test_nobody_is_believed_by_default(server: Server) -> None:
    """The audit line has the address of the connection, and an id of the server's own."""
    headers = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7"}
    assert _audited_address(server, headers) == "127.0.0.1"
    response = requests.get(f"{server.url}/livez", headers={"X-Request-Id": "of-the-client"}, timeout=5)
    assert response.headers["X-Request-Id"] != "of-the-client"


def test_trusted_proxies_are_believed(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """Their X-Forwarded-For, and their request id, which is then that of the audit line and of the token."""
    server = start_server(slapd, _believing(["127.0.0.0/8"]))
    headers = {"X-Forwarded-For": "203.0.113.9, 198.51.100.7", "X-Request-Id": "of-the-proxy"}
    assert _audited_address(server, {**headers, "Forwarded": "for=203.0.113.9"}) == "198.51.100.7"
    assert server.audit_line(request_id="of-the-proxy")["address"] == "198.51.100.7"
    url = f"{server.url}/token?scope=repository:base/x:pull"
    token = requests.get(url, headers=headers, timeout=15).json()["token"]
    assert jwt.decode(token, options={"verify_signature": False})["jti"] == "of-the-proxy"
    for unusable in ("short", "with blank", "a" * 129, "<script>alert</script>"):
        response = requests.get(url, headers={"X-Request-Id": unusable}, timeout=15)
        assert re.fullmatch("[0-9a-f]{32}", response.headers["X-Request-Id"])


def test_several_proxies_may_say_forwarded(start_server: Callable[..., Server], slapd: Slapd) -> None:
    """`proxy_hops` and `proxy_header`."""
    trusted = _believing(["127.0.0.1", "10.0.0.0/8"], proxy_hops=2, proxy_header="Forwarded")
    server = start_server(slapd, trusted)
    said = 'for=203.0.113.9, for="[2001:db8::7]:4711";proto=https, for=10.0.0.2'
    assert _audited_address(server, {"Forwarded": said, "X-Forwarded-For": "203.0.113.9"}) == "2001:db8::7"


def test_a_robot_logs_in_from_its_network_by_the_address_that_the_proxy_says(
    start_server: Callable[..., Server], slapd: Slapd, tmp_path: Path
) -> None:
    """The rules see the client's address, not the proxy's."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        re.sub(r"(?m)^ +expires: .*\n", "", SAMPLE_RULES.read_text(encoding="utf-8")), encoding="utf-8"
    )
    server = start_server(slapd, _believing(["127.0.0.1"]), rules)
    statuses = {}
    for address in ("10.30.1.2", "198.51.100.7", "unknown"):
        response = requests.get(
            f"{server.url}/token",
            auth=("robot$ci-platform", "ci-platform-secret"),
            headers={"X-Forwarded-For": address},
            timeout=15,
        )
        statuses[address] = response.status_code
    assert statuses == {"10.30.1.2": 200, "198.51.100.7": 403, "unknown": 400}


@pytest.fixture
def two_realms(slapd: Slapd, tmp_path: Path) -> Iterator[tuple[Server, Proxy]]:
    """Return a server whose second realm has everything of its own, and what stands before its directory."""
    with Proxy(slapd.tls_port) as proxy:
        settings = configuration(free_port(), slapd)
        other = copy.deepcopy(settings["realms"]["demo"])
        other |= {"issuer": OTHER_ISSUER, "services": {OTHER_SERVICE: {}}, "keys": "keys/other"}
        other["rules"] = "other.yaml"
        other["directory"]["servers"] = [f"ldaps://127.0.0.1:{proxy.port}"]
        settings["realms"]["other"] = other
        settings["server"]["threads"] = 16
        server = Server(tmp_path / "wharfinger", settings)
        server.command("keys", "new", "--realm", "other", check=True)
        (server.folder / "other.yaml").write_text(OTHER_RULES, encoding="utf-8")
        with server:
            yield server, proxy


def _basic(name: str) -> dict[str, str]:
    """Return the header of a person's login, in UTF-8."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{PASSWORDS[name]}".encode()).decode()}


def _log_in(server: Server, realm: str, name: str, **parameters: str) -> requests.Response:
    url = f"{server.url}{realm_path(realm)}/auth"
    return requests.get(url, parameters, headers=_basic(name), timeout=15)


def _claims(server: Server, realm: str, token: str) -> dict[str, Any]:
    """Verify a token by the keys of a realm."""
    keys = jwt.PyJWKSet.from_dict(requests.get(f"{server.url}{realm_path(realm)}/certs", timeout=5).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key, options={"verify_aud": False}))


def test_realms_share_nothing(two_realms: tuple[Server, Proxy]) -> None:
    """Each has its own issuer, services, rules and keys."""
    server, _ = two_realms
    scope = "repository:platform/app:pull,push"
    claims = {}
    for realm in ("demo", "other"):
        token = _log_in(server, realm, "alice", scope=scope).json()["token"]
        claims[realm] = _claims(server, realm, token)
    assert [each["iss"] for each in claims.values()] == [server.issuer, OTHER_ISSUER]
    assert [each["aud"] for each in claims.values()] == [SERVICE, OTHER_SERVICE]
    assert [each["access"][0]["actions"] for each in claims.values()] == [["pull", "push"], ["pull"]]
    with pytest.raises(KeyError):
        _claims(server, "demo", _log_in(server, "other", "alice").json()["token"])
    answer = _log_in(server, "other", "alice", service=SERVICE)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "NAME_INVALID")
    challenge = requests.get(f"{server.url}{realm_path('other')}/auth", timeout=5).headers["WWW-Authenticate"]
    assert challenge == 'Basic realm="other", charset="UTF-8"'


def test_a_directory_that_hangs_does_not_slow_another_realm(two_realms: tuple[Server, Proxy]) -> None:
    """More logins of one realm than there are threads wait in vain; those of the other go on."""
    server, proxy = two_realms
    assert _log_in(server, "demo", "alice").status_code == 200
    proxy.mode = Mode.HANG
    names = [name for name in PASSWORDS if name != "dave"] * 4
    with ThreadPoolExecutor(len(names)) as pool:
        waiting = [pool.submit(_log_in, server, "other", name) for name in names]
        time.sleep(0.3)
        slowest = 0.0
        for name in ("bob", "carol", "erin", "frank", "zoë", "alice"):
            start = time.monotonic()
            assert _log_in(server, "demo", name).status_code == 200
            slowest = max(slowest, time.monotonic() - start)
        assert not all(each.done() for each in waiting)
        assert slowest < 1.5
        answers = [each.result() for each in waiting]
    assert {answer.status_code for answer in answers} == {503}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 15
    checks = requests.get(f"{server.url}/readyz", timeout=15).json()["checks"]
    assert checks == {"audit": "ok", "demo/directory": "ok", "other/directory": "directory_unavailable"}
