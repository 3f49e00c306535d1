"""A DNS server that knows some SRV records, as a thread: for tests of who asks whom."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset

from app.ldap.srv import LookUp, SystemDns


@contextmanager
def dns_server(name: str, records: Sequence[str], ttl: int = 30) -> Iterator[LookUp]:
    """Serve the records of one name on the loopback address; yield what asks that server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer, args=(server, name, records, ttl), daemon=True)
        thread.start()
        port = server.getsockname()[1]

        def make() -> dns.resolver.Resolver:
            resolver = dns.resolver.Resolver(configure=False)
            resolver.nameservers, resolver.port = ["127.0.0.1"], port
            return resolver

        try:
            yield SystemDns(make).look_up
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join(10)


def _answer(server: socket.socket, name: str, records: Sequence[str], ttl: int) -> None:
    while True:
        packet, where = server.recvfrom(4096)
        if not packet:
            return
        query = dns.message.from_wire(packet)
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if records and query.question[0].name.to_text() == f"{name}.":
            answer.answer.append(dns.rrset.from_text(f"{name}.", ttl, "IN", "SRV", *records))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), where)
