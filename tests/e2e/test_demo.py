"""`make demo`: what it prints works as it is printed, and it ends as it says."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from tests.support.commands import Finished, run
from tests.support.engine import Engine
from tests.support.ports import free_port, is_listening
from tests.support.processes import Program, ProgramFailed
from tests.support.slapd import Slapd
from tests.support.tools import REPOSITORY, missing, require

pytestmark = pytest.mark.slow

_COMMAND: Final = ".venv/bin/wharfinger "
_PORTS: Final = ("WHARFINGER_PORT", "REGISTRY_PORT", "LDAP_PORT", "LDAPS_PORT")


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo of a copy of the repository, so that it does not meet one that somebody runs."""

    root: Path
    ports: dict[str, int]
    program: Program

    @property
    def printed(self) -> str:
        """What stands on the terminal."""
        return self.program.log.read_text(encoding="utf-8")

    def lines(self, tool: str) -> list[str]:
        """Return the printed lines that a person would type for one tool."""
        typed = (line.strip() for line in self.printed.splitlines() if line.startswith("  "))
        return [line for line in typed if line.startswith((f"{tool} ", "echo ")) and f"{tool} " in line]

    def type(self, line: str, extra: dict[str, str] | None = None) -> Finished:
        """Type a line into a shell in the demo's folder."""
        return run("bash", "-c", line, cwd=self.root, extra=extra)

    def processes(self) -> set[int]:
        """Return the process ids of everything that it has started."""
        found = {self.program.pid}
        while below := {child for child, parent in _parents().items() if parent in found} - found:
            found |= below
        return found


def make_demo(folder: Path) -> Demo:
    """Return a demo that is not started yet, on free ports."""
    for tool in ("slapd", "docker-registry", "skopeo", "curl"):
        require(tool)
    if not (Path(sys.executable).parent / "wharfinger").exists():
        missing("the command wharfinger is not installed beside this Python (deploy/venv dev)")
    root = folder / "wharfinger"
    for name in ("deploy", "ldap-fixtures"):
        shutil.copytree(REPOSITORY / name, root / name)
    ports = {name: free_port() for name in _PORTS}
    log = folder / "terminal"
    program = Program(
        name="the demo",
        argv=(sys.executable, "-m", "deploy.demo"),
        log=log,
        ready=lambda: "Ctrl-C ends everything" in log.read_text(encoding="utf-8"),
        extra={name: str(number) for name, number in ports.items()},
        cwd=root,
        within=timedelta(seconds=60),
    )
    return Demo(root, ports, program)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Return a demo that is running."""
    running = make_demo(tmp_path_factory.mktemp("demo"))
    with running.program:
        yield running


def test_the_curl_lines_work(demo: Demo) -> None:
    """Each prints JSON: a token, its claims, or why there is none."""
    lines = demo.lines("curl")
    answers = [json.loads(demo.type(line).stdout) for line in lines]
    assert len(answers) >= 5
    assert any("token" in answer for answer in answers)
    assert any(answer.get("sub") == "zoë" for answer in answers)
    assert any("locked" in error["message"] for answer in answers for error in answer.get("errors", []))
    assert any("base/hello" in answer.get("repositories", []) for answer in answers)


def test_the_skopeo_lines_work(demo: Demo) -> None:
    """Each does what the line says, the denied one too."""
    lines = demo.lines("skopeo")
    assert len(lines) >= 3
    for line in lines:
        answer = demo.type(line, extra={"REGISTRY_AUTH_FILE": str(demo.root / "auth.json")})
        assert_as_announced(line, answer)


def test_the_docker_lines_work(demo: Demo, engine: Engine) -> None:
    """Each does what the line says, on a real engine."""
    lines = demo.lines("docker")
    assert len(lines) >= 5
    client = engine.client(demo.root / "docker")
    for line in lines:
        assert_as_announced(line, demo.type(line, extra=client.environment))


def test_the_wharfinger_lines_work(demo: Demo) -> None:
    """Each answers as the line says, from the demo's own directory and registry."""
    typed = (line.strip() for line in demo.printed.splitlines())
    lines = [line for line in typed if line.startswith(_COMMAND)]
    assert len(lines) >= 4
    for line in lines:
        answer = demo.type(str(Path(sys.executable).parent / "wharfinger ") + line.removeprefix(_COMMAND))
        assert answer.status == (1 if "# denied" in line else 0), f"{line}\n{answer.text}"
        assert ("denied by" in answer.stdout) is ("# denied" in line), answer.text


def assert_as_announced(line: str, answer: Finished) -> None:
    """Compare what happened with the remark at the end of the line."""
    if "# denied" in line:
        assert answer.status != 0, line
        assert re.search("(denied|unauthorized): [a-z]+ may not ", answer.stderr), answer.text
    else:
        assert answer.status == 0, f"{line}\n{answer.text}"


def test_it_ends_what_it_started_and_nothing_else(slapd: Slapd, tmp_path: Path) -> None:
    """After Ctrl-C its processes are gone and its ports free; another slapd runs on; it starts again."""
    bystander = slapd.pid
    demo = make_demo(tmp_path)
    for _ in range(2):
        demo.program.start()
        started = demo.processes()
        assert len(started) >= 5, "the demo, slapd, the server and its worker, the registry"
        assert all(is_listening(port) for port in demo.ports.values())

        assert demo.program.stop(signal.SIGINT) == 0, demo.printed
        assert "The demo has ended." in demo.printed
        assert not started & _parents().keys()
        assert not any(is_listening(port) for port in demo.ports.values())
        demo.program.log.unlink()
    assert slapd.pid == bystander
    assert bystander in _parents()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Where a port is taken, the demo says which variable changes it, and starts nothing."""
    demo = make_demo(tmp_path)
    with socket.create_server(("127.0.0.1", demo.ports["REGISTRY_PORT"])):
        with pytest.raises(ProgramFailed, match="ended with 1"):
            demo.program.start()
        assert "REGISTRY_PORT=" in demo.printed
        assert not any(is_listening(port) for name, port in demo.ports.items() if name != "REGISTRY_PORT")


def _parents() -> dict[int, int]:
    """Return every running process with its parent; one that ended and waits to be read is none."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state != "Z":
            found[int(folder.name)] = int(parent)
    return found
