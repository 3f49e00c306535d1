"""What is found out about every request before anything else."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, g
from werkzeug.test import TestResponse

from app.serving.settings import ServerSettings
from app.web import errors
from app.web.address import Proxies
from app.web.application import proxies
from app.web.arrival import Arrivals

PROXY = "10.0.0.1"
IGNORED = "a forwarding header is ignored"
UNREADABLE = "a trusted proxy's forwarding header cannot be read"
TRUSTED = proxies(ServerSettings(trusted_proxies=(PROXY, "unix")))


class _Site:
    """An application that answers whatever arrives with the client's address."""

    def __init__(self, trusted: Proxies = TRUSTED) -> None:
        self.now = 0.0
        application = Flask("test")
        application.before_request(Arrivals(trusted, lambda: self.now).look)
        application.add_url_rule("/", view_func=lambda: {"address": str(g.address), "id": g.request_id})
        errors.install(application)
        self._client = application.test_client()

    def get(self, peer: str = PROXY, host: str | None = "auth.example.com", **headers: str) -> TestResponse:
        """Ask from a peer; an empty one is that of a Unix socket."""
        environ = {"REMOTE_ADDR": peer, "SERVER_PROTOCOL": headers.pop("protocol", "HTTP/1.1")}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        environ["HTTP_HOST"] = host  # type: ignore[assignment]  # None takes it out
        return self._client.get("/", headers=named, environ_overrides=environ)


def _logged(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.message == event]


def _is_refused(answer: TestResponse) -> bool:
    """Whether a request was refused in the one shape of errors."""
    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert answer.get_json()["errors"][0]["code"] == "UNSUPPORTED"
    return answer.status_code == 400


@pytest.mark.parametrize("value", ["unknown", 'for="', "203.0.113.9, x"])
def test_an_unreadable_header_of_a_trusted_proxy_is_refused(
    caplog: pytest.LogCaptureFixture, value: str
) -> None:
    """Nobody knows where the request comes from; the log names the proxy and the header."""
    answer = _Site().get(X_Forwarded_For=value)
    assert _is_refused(answer)
    (line,) = _logged(caplog, UNREADABLE)
    assert (line["proxy"], line["header"], line["levelname"]) == (PROXY, "X-Forwarded-For", "WARNING")
    assert line["request_id"] in answer.get_json()["errors"][0]["detail"]
    assert value not in str(line)


def test_an_unreadable_header_over_a_unix_socket_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    """The proxy is then called `unix`, as in the configuration."""
    assert _is_refused(_Site().get("", X_Forwarded_For="x"))
    assert _logged(caplog, UNREADABLE)[0]["proxy"] == "unix"


def test_a_readable_header_says_where_a_request_comes_from(caplog: pytest.LogCaptureFixture) -> None:
    """And nothing is logged."""
    assert _Site().get(X_Forwarded_For="198.51.100.7").get_json()["address"] == "198.51.100.7"
    assert caplog.records == []


def test_a_header_of_an_untrusted_peer_is_logged_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    """It may be a proxy that was forgotten, behind which everybody counts as one client."""
    site = _Site()
    for peer in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        assert site.get(peer, X_Forwarded_For="x").get_json()["address"] == peer
    assert [line["peer"] for line in _logged(caplog, IGNORED)] == ["192.0.2.1", "192.0.2.2"]
    site.now = 3601
    site.get("192.0.2.1", X_Forwarded_For="x")
    lines = _logged(caplog, IGNORED)
    assert [line["peer"] for line in lines] == ["192.0.2.1", "192.0.2.2", "192.0.2.1"]
    assert {(line["header"], line["why"]) for line in lines} == {
        ("X-Forwarded-For", "its sender is no trusted proxy")
    }


def test_the_other_header_of_a_trusted_proxy_is_logged_too(caplog: pytest.LogCaptureFixture) -> None:
    """Behind it everybody counts as one client as well, where the proxy does not write the configured one."""
    site = _Site()
    site.get(Forwarded="for=198.51.100.7", X_Forwarded_For="198.51.100.7")
    assert _logged(caplog, IGNORED) == []
    assert site.get(Forwarded="for=198.51.100.7").get_json()["address"] == PROXY
    (line,) = _logged(caplog, IGNORED)
    assert (line["peer"], line["header"], line["why"]) == (PROXY, "Forwarded", "proxy_header names another")


def test_the_peer_of_a_unix_socket_is_called_unix(caplog: pytest.LogCaptureFixture) -> None:
    """As in the configuration, where it was left out."""
    _Site(Proxies()).get("", X_Forwarded_For="198.51.100.7")
    assert _logged(caplog, IGNORED)[0]["peer"] == "unix"


def test_a_flood_of_peers_is_no_flood_of_lines(caplog: pytest.LogCaptureFixture) -> None:
    """A thousand an hour, whoever else comes."""
    site = _Site(Proxies())
    for number in range(1100):
        site.get(f"10.1.{number // 256}.{number % 256}", X_Forwarded_For="x")
    assert len(_logged(caplog, IGNORED)) == 1000


def test_without_a_header_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Neither for a client nor for a probe of the proxy itself."""
    for peer in ("192.0.2.1", PROXY, ""):
        _Site().get(peer)
    assert caplog.records == []


@pytest.mark.parametrize(
    "host",
    [
        "auth.example.com",
        "localhost:5001",
        "token_server",
        "192.0.2.1:80",
        "[2001:db8::7]",
        "[::1]:5001",
        "x:",
    ],
)
def test_a_host_may_have_any_name(host: str) -> None:
    """With or without a port, an address too; the server has no name of its own that it would insist on."""
    assert not _is_refused(_Site().get(host=host))


@pytest.mark.parametrize(
    "host", [None, "", " ", "a b", "a,b", "a/b", "a@b", "ä", "<script>", "::1", "[::1", "x:port", "a\x00"]
)
def test_a_missing_or_invalid_host_is_refused(host: str | None) -> None:
    """As RFC 9112 §3.2 demands: who reads another host than we do must not share a connection with us."""
    assert _is_refused(_Site().get(host=host))


def test_http_1_0_needs_no_host() -> None:
    """Probes of load balancers have none; an invalid one is refused there too."""
    assert not _is_refused(_Site().get(host=None, protocol="HTTP/1.0"))
    assert _is_refused(_Site().get(host="a,b", protocol="HTTP/1.0"))


def test_only_a_trusted_proxy_gives_a_request_its_id() -> None:
    """One that is usable; anybody else's is made anew."""
    given = "chosen-by-somebody"
    assert _Site().get(X_Request_Id=given).get_json()["id"] == given
    assert _Site().get("192.0.2.1", X_Request_Id=given).get_json()["id"] != given
    assert _Site().get(X_Request_Id="short").get_json()["id"] != "short"
