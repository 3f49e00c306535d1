"""Logs what candidate rules would change, each distinct case once."""

from __future__ import annotations

import hashlib
import logging
import threading

from cachetools import LRUCache

from app.telemetry.record import TokenRecord

_log = logging.getLogger("wharfinger.candidate")
_REMEMBERED = 10_000
"""Cases that are known to be logged. Where there are more, the oldest are logged again."""


class CandidateLog:
    """Logs a difference once for each realm, version, subject and what was gained and lost."""

    def __init__(self) -> None:
        """Begin with no case logged."""
        self._logged: LRUCache[bytes, bool] = LRUCache(_REMEMBERED)
        self._lock = threading.Lock()

    def record(self, record: TokenRecord) -> None:
        """Log the difference of one request, unless there is none or it was logged before."""
        found = record.candidate
        if found is None or not found:
            return
        # its hash alone: a request may be a hundred thousand characters long
        case = hashlib.sha256(repr((record.realm, found, record.subject)).encode()).digest()
        with self._lock:
            if case in self._logged:
                return
            self._logged[case] = True
        extra = {
            "request_id": record.request_id,
            "realm": record.realm,
            "subject": record.subject,
            "rules_version": record.rules_version,
            "candidate_version": found.rules_version,
            "gained": [str(entry) for entry in found.gained],
            "lost": [str(entry) for entry in found.lost],
        }
        _log.info("the candidate rules would decide otherwise", extra=extra)
