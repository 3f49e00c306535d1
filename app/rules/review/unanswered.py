"""What a question of an owner ends with where it has no answer."""

from __future__ import annotations

from app.errors import WharfingerError


class Unanswered(WharfingerError):  # noqa: N818 - it is an answer that is missing
    """A question of an owner has no answer: what it names does not exist, or cannot be read."""
