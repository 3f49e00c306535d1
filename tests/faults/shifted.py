"""`wharfinger` whose clock is off by as many seconds as a file says: `python -m tests.faults.shifted serve`.

The server has the time of day from these two functions alone; what it waits for is measured by another clock.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import bootstrap
from app.cli.main import main

VARIABLE = "FAULTS_CLOCK"
_real = time.time


def _offset() -> float:
    return float(Path(os.environ[VARIABLE]).read_text())


def _time() -> float:
    return _real() + _offset()


def _utc_now() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=_offset())


if __name__ == "__main__":
    time.time = _time
    bootstrap.utc_now = _utc_now
    main()
