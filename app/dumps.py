"""What a crash leaves behind: no memory, as there are passwords and private keys in it."""

from __future__ import annotations

import ctypes
import resource
import sys

_PR_SET_DUMPABLE = 4
"""prctl(2); a pipe in core_pattern is given memory whatever RLIMIT_CORE says, unless this is 0."""


def leave_none() -> None:
    """Let neither this process nor those that it forks leave a core dump, nor be read by a debugger.

    Root still reads the memory of a process that runs.

    Raises:
        OSError: The system does not let us.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
