"""The end of listening: a socket that accepts what is queued, and lets nobody queue any more.

Between the last accept of a process and its close, somebody else may connect: the kernel then says that there
is a connection, and resets it. So new connections are kept out before.
"""

from __future__ import annotations

import ctypes
import socket
import struct

_ATTACH_FILTER = 26
"""SO_ATTACH_FILTER of Linux, which Python has no name for."""
_FLAGS_AT, _SYN, _SYN_AND_ACK = 13, 0x02, 0x12
"""Where the flags of a TCP header are (RFC 9293 §3.1), and two sets of them."""
_NO_SYN = b"".join(
    struct.pack("=HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, _FLAGS_AT),  # load an octet
        (0x54, 0, 0, _SYN_AND_ACK),  # and
        (0x15, 0, 1, _SYN),  # pass over the next instruction unless equal
        (0x06, 0, 0, 0),  # drop it
        (0x06, 0, 0, 0xFFFFFFFF),  # take it whole
    )
)
"""A filter of packets (Linux: Documentation/networking/filter.rst) that drops the first of a connection."""


def refuse_new(listener: socket.socket) -> None:
    """Let nobody connect any more; what is queued, or being made, can still be accepted.

    It holds for every process that has the socket, and is not taken back. Who connects to an address tries
    again after a second, and finds it closed by then; a Unix socket refuses at once.
    """
    if listener.family == socket.AF_UNIX:
        listener.shutdown(socket.SHUT_RD)
        return
    kept = ctypes.create_string_buffer(_NO_SYN, len(_NO_SYN))
    program = struct.pack("HP", len(_NO_SYN) // 8, ctypes.addressof(kept))
    listener.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
