"""Chromium without a window, and a site whose pages it opens."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Self

from tests.support.processes import Program
from tests.support.tools import require

_PAGE: Final = """\
<!doctype html>
<title>a page of a test</title>
<script>
async function work() {{ {script} }}
work().then(
    value => ({{value}}), error => ({{error: String(error)}})
).then(result => fetch("/result", {{method: "POST", body: JSON.stringify(result)}}));
</script>
"""
_PASSED_ON: Final = ("Authorization", "Accept")
_PASSED_BACK: Final = ("content-type", "www-authenticate")


class Site:
    """A site with a page that runs a script, and which hands `/v2/` on to a registry, as registry UIs do.

    Attributes:
        origin: As browsers write it.
    """

    def __init__(self, script: str, registry: str = "", port: int = 0) -> None:
        """Make one.

        Args:
            script: The body of an asynchronous function of JavaScript.
            registry: `HOST:PORT` of the registry.
            port: Where it listens; 0 is any free port.
        """
        self._results: list[dict[str, Any]] = []
        handler = _handler(_PAGE.format(script=script).encode(), registry, self._results)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def opened(self, folder: Path, query: str = "") -> Any:
        """Open the page in Chromium, or end the test with a reason where there is none.

        Args:
            folder: For the browser's profile and log.
            query: Of the page's address.

        Returns:
            What the script returned.
        """
        self._results.clear()
        chromium = Program(
            name="chromium",
            argv=(
                *(require("chromium"), "--headless", "--no-sandbox", "--disable-gpu"),
                *("--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking"),
                *(f"--user-data-dir={folder / 'profile'}", f"{self.origin}/?{query}"),
            ),
            log=folder / "chromium.log",
            ready=lambda: bool(self._results),
            within=timedelta(seconds=60),
        )
        with chromium:
            (result,) = self._results
        assert "error" not in result, result
        return result["value"]


def _handler(page: bytes, registry: str, results: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/v2/"):
                self._answer(*_asked(registry, self.path, self.headers))
            else:
                self._answer(200, {"Content-Type": "text/html; charset=utf-8"}, page)

        def do_POST(self) -> None:
            results.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self._answer(204, {}, b"")

        def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


def _asked(registry: str, path: str, headers: Message) -> tuple[int, Mapping[str, str], bytes]:
    """Ask the registry, and return status, headers and body of its answer."""
    connection = http.client.HTTPConnection(registry, timeout=30)
    kept = {name: headers[name] for name in _PASSED_ON if name in headers}
    connection.request("GET", path, headers=kept)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    told = {name: value for name, value in answer.getheaders() if name.lower() in _PASSED_BACK}
    return answer.status, told, body
