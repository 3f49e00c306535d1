"""Changes of a keys folder, one at a time, as the commands make them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from app.keys import change


def activate(folder: Path, name: str, now: datetime) -> None:
    """Make a key the active one."""
    with change.locked(folder) as keys:
        keys.activate(name, now)


def retire(folder: Path, name: str, now: datetime) -> None:
    """Make an announced key one that never signs."""
    with change.locked(folder) as keys:
        keys.retire(name, now)


def discard(folder: Path, name: str) -> None:
    """Remove a key."""
    with change.locked(folder) as keys:
        keys.discard(name)


def tidy(folder: Path) -> None:
    """Rename what an interrupted command left."""
    with change.locked(folder) as keys:
        keys.tidy()
