"""No core dumps: the memory of these processes holds passwords and private keys."""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4
"""prctl(2). A program in core_pattern receives the memory whatever RLIMIT_CORE says, unless this is 0."""


def leave_none() -> None:
    """Keep this process, and those that it forks, from leaving core dumps and from being read by a debugger.

    Root can still read the memory of a running process.

    Raises:
        OSError: The system refused it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
