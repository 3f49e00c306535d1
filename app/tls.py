"""The context in which a server's certificate is verified: alike for every client and on every Python."""

from __future__ import annotations

import ssl
from pathlib import Path


def verifying_context(ca_file: Path | None = None, *, beside_system: bool = False) -> ssl.SSLContext:
    """Make a context that verifies chain and name (RFC 6125), and speaks TLS 1.2 or newer.

    Python 3.13 added two flags to its default context; what they decide must not depend on the version:

    * VERIFY_X509_STRICT is off. It refuses certificates of authorities that leave out or do not mark what
      RFC 5280 asks for (a basicConstraints that is not critical, no key identifier). Such authorities are
      common in companies, and trusted on purpose; nobody gains by them what a strict one would not give.
    * VERIFY_X509_PARTIAL_CHAIN is on: whatever `ca_file` holds is trusted, also an intermediate authority
      without its root.

    Args:
        ca_file: Certificates of authorities to trust, as PEM. None: those that the system trusts.
        beside_system: Whether those that the system trusts are trusted beside `ca_file`.

    Raises:
        OSError: The file cannot be read, or holds no certificate.
    """
    context = ssl.create_default_context(cafile=None if beside_system else ca_file)
    if beside_system and ca_file is not None:
        context.load_verify_locations(ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.hostname_checks_common_name = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
