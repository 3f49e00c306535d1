"""The rules of a realm while the server runs: read anew when they change, the last good ones kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from app.errors import ConfigurationError
from app.rules.file import change, load, paths
from app.rules.file.guard import Guard, WaitingRulesError
from app.rules.file.last_good_copy import LastGoodCopy
from app.rules.model import RuleSet
from app.watch.fingerprint import Fingerprint
from app.watch.last_good import LastGood, Loaded

_log = logging.getLogger("wharfinger.rules")
_SHOWN_PROBLEMS = 20


class LiveRules(LastGood[RuleSet]):
    """The rules that a realm decides by."""

    def __init__(
        self,
        realm: str,
        path: Path,
        clock: Callable[[], datetime],
        copy: LastGoodCopy | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Read them for the first time.

        Args:
            realm: Its name, for the log.
            path: The file or folder.
            clock: Returns the time (aware, UTC) at which their tests take place.
            copy: Where the last good ones are kept; None keeps none.
            guard: How much other rules may drop; None lets everything pass.

        Raises:
            ConfigurationError: They cannot be used, and there is no copy.
        """
        self._copy, self._guard = copy, guard
        self._before: RuleSet | None = None
        self._has_begun = False
        name = f"the rules of realm {realm}"
        look = Fingerprint(lambda: paths.listed(path))
        seen = _seen(look)
        read = partial(self._read, path, clock)
        first, fault = _first(read, copy)
        super().__init__(name, read, look, first.value, seen=seen, fault=fault)
        first.accepted()
        self._before, self._has_begun = self._before or first.value, True
        if fault is not None:
            problems = [str(problem) for problem in fault.problems[:_SHOWN_PROBLEMS]]
            extra = {"what": name, "rules_version": first.value.version, "problems": problems}
            _log.error("started with the last good copy, for the files cannot be used", extra=extra)

    def catch_up(self) -> None:
        """Take over what the files hold by now; where they have a fault, what others accepted before it.

        A guard compares the files with what others accepted last, and not with what the server began with.
        """
        if self._guard is not None and self._adopt_kept():
            self._seen = None  # what the files hold is other than that, also where they did not change
        super().catch_up()
        if self.fault is not None:
            self._adopt_kept()

    def _adopt_kept(self) -> bool:
        """Put in force what others accepted last; return whether that is something else."""
        kept = self._copy.read() if self._copy is not None else None
        if kept is None or kept.version == self.current.version:
            return False
        self.adopt(kept)
        return True

    def _is_due(self) -> bool:
        """Whether somebody has accepted what the files hold."""
        waiting = self.fault if isinstance(self.fault, WaitingRulesError) else None
        return waiting is not None and self._guard is not None and self._guard.is_accepted(waiting.version)

    def tell_changes(self, tell: Callable[[Mapping[str, object]], object]) -> None:
        """Log which rules are in force in place of which, from now on, and have a function told in numbers.

        Those that the process began with are in force in place of the last that were kept.
        """
        self.subscribe(lambda _: self._tell_change(tell))

    def _tell_change(self, tell: Callable[[Mapping[str, object]], object]) -> None:
        before, self._before = self._before, self.current
        if before is not None and before.version != self.current.version:
            numbers = change.in_numbers(before, self.current)
            _log.info("other rules are in force", extra={"what": self.name, **numbers})
            tell(numbers)

    def _read(self, path: Path, clock: Callable[[], datetime]) -> Loaded[RuleSet]:
        """Read rules, to be copied once they are in force.

        Raises:
            ConfigurationError: They cannot be used.
        """
        written = load.written(path)
        rules, copy = written.tested(clock()), self._copy
        if self._before is None and copy is not None and not copy.holds(written.texts):
            self._before = copy.read()
        before = self.current if self._has_begun else self._before
        if self._guard is not None and before is not None:
            self._guard.check(path, before, rules)
        return Loaded(rules, partial(copy.write, written.texts)) if copy is not None else Loaded(rules)


CandidateRules = LastGood[RuleSet | None]
"""Rules that decide nothing: what they would change is logged. None until they can be read."""


def candidate_rules(realm: str, path: Path, clock: Callable[[], datetime]) -> CandidateRules:
    """Prepare candidate rules: the first look reads them, and a fault of theirs is no fault of the server."""
    look = Fingerprint(lambda: paths.listed(path))
    name = f"the candidate rules of realm {realm}"
    return LastGood[RuleSet | None](name, lambda: Loaded(load.load(path, clock())), look, None)


def _first(
    read: Callable[[], Loaded[RuleSet]], copy: LastGoodCopy | None
) -> tuple[Loaded[RuleSet], ConfigurationError | None]:
    """Read rules, or the copy of the last good ones and why the rules cannot be used.

    Raises:
        ConfigurationError: The rules cannot be used, and there is no copy.
    """
    try:
        return read(), None
    except ConfigurationError as error:
        kept = copy.read() if copy is not None else None
        if kept is None:
            raise
        return Loaded(kept), error


def _seen(look: Fingerprint) -> bytes | None:
    """Return the fingerprint of files that are about to be read; None where it is not to be had."""
    try:
        return look()
    except (OSError, ConfigurationError):
        return None
