"""nginx before several servers, as the guide to reliability has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.support.ports import free_port
from tests.support.processes import Program, listens
from tests.support.tools import require

_CONFIG = """\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream wharfinger {{
{servers}
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://wharfinger;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_connect_timeout 2s;
            proxy_next_upstream error timeout;
        }}
    }}
}}
"""


@dataclass(slots=True)
class Nginx:
    """Passes each request on to one of the servers, and to another one where the connection breaks.

    Attributes:
        folder: Everything of it.
        servers: Where they listen, as `127.0.0.1:5001`.
    """

    folder: Path
    servers: Sequence[str]
    port: int = field(default_factory=free_port)
    _program: Program = field(init=False)

    def __post_init__(self) -> None:
        nginx = require("nginx")
        self.folder.mkdir()
        listed = "\n".join(f"        server {each} max_fails=0;" for each in self.servers)
        config = self.folder / "nginx.conf"
        config.write_text(_CONFIG.format(folder=self.folder, servers=listed, port=self.port))
        self._program = Program(
            name="nginx",
            argv=(nginx, "-c", config, "-e", self.folder / "error.log"),
            log=self.folder / "output.log",
            ready=listens(self.port),
        )

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._program.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.stop()
