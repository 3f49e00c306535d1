"""Clients that push and pull all the time, and note every answer that is not the one they should get.

They keep a token for as long as it is valid, as real clients do within one operation, so that a registry sees
tokens up to the end of their lives; and no refusal of a valid token is made good by asking for another one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import jwt
import requests

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_TIMEOUT: Final = 20


class Refused(Exception):  # noqa: N818 - reads as what happened
    """An answer that should not have been."""


@dataclass(slots=True)
class Client:
    """One client of one registry.

    Attributes:
        host: The registry.
        repository: Where it pushes to.
        login: Name and password.
        keys: How many requests were taken with a token of which key.
    """

    host: str
    repository: str
    login: tuple[str, str]
    keys: Counter[str] = field(default_factory=Counter)
    _token: str = ""
    _expires: float = 0.0
    _session: requests.Session = field(default_factory=requests.Session)

    def push_and_pull(self, content: bytes) -> None:
        """Push an image of one layer, then pull it.

        Raises:
            Refused: Something of it failed.
        """
        config = json.dumps({"architecture": "amd64", "os": "linux", "content": content.hex()}).encode()
        blobs = [config, content]
        for blob in blobs:
            self._upload(blob)
        described = [{"digest": _digest(blob), "size": len(blob)} for blob in blobs]
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json"} | described[0],
                "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar"} | described[1]],
            }
        ).encode()
        self._ask("PUT", "manifests/latest", 201, data=manifest, headers={"Content-Type": _MANIFEST})
        pulled = self._ask("GET", "manifests/latest", 200, headers={"Accept": _MANIFEST})
        _want(pulled.content == manifest, "the manifest is the one that was pushed")
        for blob in blobs:
            _want(self._ask("GET", f"blobs/{_digest(blob)}", 200).content == blob, "the blob comes back")

    def forget_token(self) -> None:
        """Have the next request ask for another token."""
        self._expires = 0.0

    def _upload(self, blob: bytes) -> None:
        begun = self._ask("POST", "blobs/uploads/", 202)
        location = begun.headers["Location"]
        address = f"{location}{'&' if '?' in location else '?'}digest={_digest(blob)}"
        self._ask("PUT", address, 201, data=blob, headers={"Content-Type": "application/octet-stream"})

    def _ask(self, method: str, path: str, expected: int, **how: Any) -> requests.Response:
        """Ask with the token in hand, or find out where to get one."""
        url = path if path.startswith("http") else f"http://{self.host}/v2/{self.repository}/{path}"
        if time.time() >= self._expires:
            self._fetch_token(self._send(method, url, how, ""))
        answer = self._send(method, url, how, self._token)
        if answer.status_code != expected:
            said = f"{answer.status_code} {answer.text[:200]}"
            raise Refused(f"{method} {url}: {said} ({self._kid()}, {self._expires - time.time():.0f} s left)")
        self.keys[self._kid()] += 1
        return answer

    def _kid(self) -> str:
        return str(jwt.get_unverified_header(self._token)["kid"])

    def _send(self, method: str, url: str, how: dict[str, Any], token: str) -> requests.Response:
        headers = {"Connection": "close"} | how.get("headers", {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(method, url, timeout=_TIMEOUT, **how | {"headers": headers})

    def _fetch_token(self, challenge: requests.Response) -> None:
        """Get a token as a challenge says."""
        _want(
            challenge.status_code == 401, f"without a token there is a challenge, no {challenge.status_code}"
        )
        said = dict(re.findall(r'(\w+)="([^"]*)"', challenge.headers["WWW-Authenticate"]))
        header = "Basic " + base64.b64encode(":".join(self.login).encode()).decode()
        answer = self._session.get(
            said["realm"],
            params={"service": said["service"], "scope": f"repository:{self.repository}:pull,push"},
            headers={"Authorization": header},
            timeout=_TIMEOUT,
        )
        _want(answer.status_code == 200, f"there is a token: {answer.status_code} {answer.text[:200]}")
        self._token = answer.json()["token"]
        self._expires = time.time() + answer.json().get("expires_in", 60) - 2


@dataclass(slots=True)
class Load:
    """Operations that are repeated all the time, each in a thread of its own.

    Attributes:
        operations: What to do again and again; each gets the number of its turn.
        done: How many of each were done well.
        failures: What went wrong.
        longest_pause: The longest time in seconds between two that were done well.
    """

    operations: list[Callable[[int], None]]
    pause: float = 0.05
    done: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    longest_pause: float = 0.0
    _end: threading.Event = field(default_factory=threading.Event)
    _last: float = field(default_factory=time.monotonic)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have them run beside the test."""
        threads = [
            threading.Thread(target=self._repeat, args=(each,)) for each in range(len(self.operations))
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._end.set()
            for thread in threads:
                thread.join()

    def _repeat(self, number: int) -> None:
        turn = 0
        while not self._end.wait(self.pause):
            turn += 1
            try:
                self.operations[number](turn)
            except (Refused, requests.RequestException, AssertionError) as failure:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {failure!r}")
                continue
            self.done[number] += 1
            now = time.monotonic()
            self.longest_pause, self._last = max(self.longest_pause, now - self._last), now


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _want(holds: bool, rule: str) -> None:
    if not holds:
        raise Refused(rule)
