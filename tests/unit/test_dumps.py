"""What a crash leaves behind."""

from __future__ import annotations

import sys

from tests.support.commands import run
from tests.support.tools import REPOSITORY

_CRASH = """
import ctypes, os, resource
from app import dumps
dumps.leave_none()
child = os.fork()
dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)  # PR_GET_DUMPABLE
os.write(1, b"%d %d %d\\n" % (*resource.getrlimit(resource.RLIMIT_CORE), dumpable))
if not child:
    os.abort()
_, status = os.waitpid(child, 0)
print(os.WIFSIGNALED(status), os.WCOREDUMP(status))
"""


def test_a_process_and_its_children_leave_no_core_dump() -> None:
    """Both may write none and are not dumpable; one that is aborted leaves nothing."""
    done = run(sys.executable, "-c", _CRASH, cwd=REPOSITORY)
    assert sorted(done.stdout.splitlines()) == ["0 0 0", "0 0 0", "True False"], done.text
