"""The demo: a directory, the token server and a registry, on this machine and for this terminal.

`make demo` runs it. Everything it writes lies in `.demo/`, everything it starts ends with it.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from deploy.demo import files, image, ready, text
from deploy.demo.errors import DemoError
from deploy.demo.processes import Processes, run
from deploy.demo.settings import ADDRESS, FOLDER, ROOT, Ports, ports

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_WATCH_SECONDS = 0.5


class _Stopped(Exception):  # noqa: N818 - no error: somebody pressed Ctrl-C
    """A signal asked the demo to end."""


def main() -> int:
    """Run the demo until a signal ends it, or until one of its programs ends."""
    for number in _SIGNALS:
        signal.signal(number, _stop)
    try:
        chosen = ports(os.environ)
        FOLDER.mkdir(exist_ok=True)
        with _lock(), Processes(FOLDER) as processes:
            _start(processes, chosen)
            print(text.welcome(chosen), flush=True)
            while True:
                processes.check()
                time.sleep(_WATCH_SECONDS)
    except _Stopped:
        print("\nThe demo has ended.")
        return 0
    except DemoError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _start(processes: Processes, chosen: Ports) -> None:
    for port in chosen.all():
        ready.check_free(port)
    files.write(chosen)
    hello = image.hello()
    image.write_layout(hello, FOLDER / "hello")
    image.write_to_registry(hello, files.STORAGE, "base/hello")

    print("Starting the directory (slapd) …", flush=True)
    fixtures = ROOT / "ldap-fixtures" / "start-slapd"
    listen = [str(chosen.ldap.number), str(chosen.ldaps.number), ADDRESS]
    processes.start("slapd", [fixtures, files.DIRECTORY, *listen])
    processes.wait_until("the directory", lambda: ready.accepts(chosen.ldaps))

    print("Starting the token server (wharfinger) …", flush=True)
    wharfinger = Path(sys.executable).parent / "wharfinger"
    configured = ("--config", files.CONFIGURATION)
    run([wharfinger, "keys", "new", "--if-none", *configured])
    run([wharfinger, "keys", "publish", files.PUBLISHED, *configured])
    processes.start("wharfinger", [wharfinger, "serve", *configured])
    processes.wait_until("the token server", lambda: ready.answers(chosen.wharfinger, "/readyz", 200))

    print("Starting the registry (docker-registry) …", flush=True)
    processes.start("registry", ["docker-registry", "serve", files.REGISTRY_CONFIGURATION])
    processes.wait_until("the registry", lambda: ready.answers(chosen.registry, "/v2/", 401))


def _lock() -> IO[str]:
    """Hold the demo's folder; the kernel lets go of it however the demo ends."""
    path = FOLDER / "lock"
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        raise DemoError(f"The demo is running already, as process {file.read().strip()}.") from None
    file.truncate(0)
    print(os.getpid(), file=file, flush=True)
    return file


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Another Ctrl-C must not disturb the end.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _Stopped


if __name__ == "__main__":
    sys.exit(main())
