"""The object identifiers that go over the wire, each with the document that defines it."""

from __future__ import annotations

from typing import Final

PPOLICY_CONTROL: Final = "1.3.6.1.4.1.42.2.27.8.5.1"
"""Control of a bind: password policy (draft-behera-ldap-password-policy §6)."""
PAGED_RESULTS_CONTROL: Final = "1.2.840.113556.1.4.319"
"""Control of a search: simple paged results (RFC 2696)."""
DOMAIN_SCOPE_CONTROL: Final = "1.2.840.113556.1.4.1339"
"""Control of a search: generate no referrals ([MS-ADTS] 3.1.1.3.4.1.4)."""
START_TLS: Final = "1.3.6.1.4.1.1466.20037"
"""Extended operation: go on in TLS (RFC 4511 §4.14.1)."""
ACTIVE_DIRECTORY: Final = "1.2.840.113556.1.4.800"
"""Capability in the root DSE: this is Active Directory ([MS-ADTS] 3.1.1.3.4.3.1)."""
ALL_BITS_SET: Final = "1.2.840.113556.1.4.803"
"""Matching rule: all bits of the value are set ([MS-ADTS] 3.1.1.3.4.4.1)."""
IN_CHAIN: Final = "1.2.840.113556.1.4.1941"
"""Matching rule: names the entry, or what names it, and so on ([MS-ADTS] 3.1.1.3.4.4.3)."""
