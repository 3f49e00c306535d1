"""A file of text that is watched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.errors import ConfigurationError, Position, Problem
from app.watch.fingerprint import Fingerprint
from app.watch.last_good import LastGood, Loaded


class Text:
    """A file of text, of which the word `bad` is no good; counts how often it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.reads = 0
        self.during: Callable[[], object] = lambda: None

    def load(self) -> Loaded[str]:
        self.reads += 1
        text = self.path.read_text()
        self.during()
        if "crash" in text:
            raise RuntimeError(text)
        if "bad" in text:
            raise ConfigurationError([Problem(Position("rules.yaml", 1, 1), text)])
        return Loaded(text)

    def last_good(self) -> LastGood[str]:
        look = Fingerprint(lambda: [self.path])
        return LastGood("rules", self.load, look, self.load().value, seen=look(), settle=0.001)
