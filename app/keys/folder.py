"""The names of the files in a keys folder: `NAME.STATE-TIME.pem` is a key, `NAME.crt` its certificate.

State and time are part of the name: a key is announced, activated and retired by renaming one file, which
happens as a whole or not at all. A listing of the folder tells the state of every key and since when, and so
does a copy of the folder, such as a secret of an orchestrator.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import MAXYEAR, UTC, datetime
from pathlib import Path

from app.errors import ConfigurationError, Problem
from app.keys.signing_key import KeyState

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STATE = re.compile(rf"({'|'.join(KeyState)})(?:-([0-9]{{8}}T[0-9]{{6}}Z))?")
_TIME = "%Y%m%dT%H%M%SZ"
_HINT_STATE = "call it NAME.announced.pem, NAME.active.pem or NAME.retired.pem"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file of a private key, as its name describes it.

    Attributes:
        path: Where it is.
        name: The name of the key.
        state: The state of the key.
        since: Since when it has that state (aware, UTC); None where the name does not say.
    """

    path: Path
    name: str
    state: KeyState
    since: datetime | None

    @classmethod
    def parse(cls, path: Path) -> KeyFile | None:
        """Parse a path; None where the name is neither `NAME.STATE.pem` nor `NAME.STATE-TIME.pem`."""
        name, _, state = path.name.removesuffix(".pem").rpartition(".")
        found = _STATE.fullmatch(state)
        if not NAME.fullmatch(name) or not found:
            return None
        try:
            since = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC) if found[2] else None
        except ValueError:
            return None
        if since is not None and since.year == MAXYEAR:  # no time can be added to it
            return None
        return cls(path, name, KeyState(found[1]), since)

    @classmethod
    def of(cls, folder: Path, name: str, state: KeyState, since: datetime) -> KeyFile:
        """Return the file that a key has in a folder."""
        utc = since.astimezone(UTC).replace(microsecond=0)
        return cls(folder / f"{name}.{state}-{utc.strftime(_TIME)}.pem", name, state, utc)

    @property
    def certificate(self) -> Path:
        """The file with the key's certificate."""
        return self.path.with_name(f"{self.name}.crt")

    @property
    def is_superseded(self) -> bool:
        """Whether the file is still called active, though another key was activated later."""
        named = KeyFile.parse(self.path)
        return named is not None and named.state is not self.state


@dataclass(frozen=True, slots=True)
class Listing:
    """What a keys folder holds, by the names of its files alone.

    Of several keys that are called active, the one that was activated last is: the others are retired since
    then. So a key is activated by one renaming.

    Attributes:
        folder: The folder.
        paths: The files of keys and certificates, in the order of their names.
        keys: The files of keys, in the same order.
        problems: What is wrong with the names.
    """

    folder: Path
    paths: tuple[Path, ...]
    keys: tuple[KeyFile, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def read(cls, folder: Path) -> Listing:
        """List a folder.

        Raises:
            ConfigurationError: The folder does not exist or cannot be read.
        """
        return cls.of(folder, paths_in(folder))

    @classmethod
    def of(cls, folder: Path, paths: Iterable[Path]) -> Listing:
        """Make a listing of paths that are known."""
        paths = tuple(sorted(paths))
        parsed = {path: KeyFile.parse(path) for path in paths if path.suffix == ".pem"}
        files = [file for file in parsed.values() if file]
        text = "the file name does not say which state the key has"
        unnamed = (Problem.of_file(path, text, _HINT_STATE) for path, file in parsed.items() if not file)
        return cls(folder, paths, tuple(_superseded(files)), (*unnamed, *_duplicates(files)))

    @property
    def active(self) -> list[KeyFile]:
        """The files of active keys."""
        return _active(self.keys)

    def find(self, name: str) -> list[KeyFile]:
        """Return the files of the keys of a name: one, unless something is wrong with the folder."""
        return [file for file in self.keys if file.name == name]


def paths_in(folder: Path) -> list[Path]:
    """List the files of keys and certificates in a folder, in the order of their names.

    Names that begin with a dot are left out: they are unfinished files, locks, and what an orchestrator puts
    beside mounted secrets.

    Raises:
        ConfigurationError: The folder does not exist or cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if _is_ours(path))
    except FileNotFoundError:
        raise ConfigurationError([missing(folder)]) from None
    except OSError as error:
        text = f"the folder of the signing keys cannot be read: {error.strerror}"
        raise ConfigurationError([Problem.of_file(folder, text)]) from None


def _active(files: Sequence[KeyFile]) -> list[KeyFile]:
    return [file for file in files if file.state is KeyState.ACTIVE]


def _is_ours(path: Path) -> bool:
    return path.suffix in (".pem", ".crt") and not path.name.startswith(".")


def missing(folder: Path) -> Problem:
    """Return the problem of a keys folder that does not exist."""
    text = "the folder of the signing keys does not exist"
    return Problem.of_file(folder, text, "`wharfinger keys new` makes it, and a first key in it")


def _superseded(files: list[KeyFile]) -> list[KeyFile]:
    """Mark all but the last activated key as retired; none where it cannot be told which that is."""
    times = Counter(file.since for file in _active(files))
    known = [since for since in times if since is not None]
    if times.total() < 2 or not known or times[max(known)] > 1:  # noqa: PLR2004 - one cannot be succeeded
        return files
    last = max(known)
    return [
        replace(file, state=KeyState.RETIRED, since=last)
        if file.state is KeyState.ACTIVE and file.since != last
        else file
        for file in files
    ]


def _duplicates(files: list[KeyFile]) -> list[Problem]:
    first: dict[str, KeyFile] = {}
    return [
        Problem.of_file(
            file.path,
            f"has the same name as {first[file.name].path.name}",
            "a key has one state; give another key another name",
        )
        for file in files
        if first.setdefault(file.name, file) is not file
    ]
