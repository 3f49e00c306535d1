"""The names of the files in a keys folder: `NAME.STATE-TIME.pem` is a key, `NAME.crt` its certificate.

State and time are part of the name: a key is announced, activated and retired by renaming one file, which
happens as a whole or not at all; a look into the folder says what is what and since when; and a copy of the
folder, as a secret of an orchestrator is one, says the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
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
        """Take a path apart; nothing where the file's name is neither `NAME.STATE.pem` nor has a time too."""
        name, _, state = path.name.removesuffix(".pem").rpartition(".")
        found = _STATE.fullmatch(state)
        if not NAME.fullmatch(name) or not found:
            return None
        try:
            since = datetime.strptime(found[2], _TIME).replace(tzinfo=UTC) if found[2] else None
        except ValueError:
            return None
        if since is not None and since.year == MAXYEAR:  # nothing can be reckoned from it
            return None
        return cls(path, name, KeyState(found[1]), since)

    @classmethod
    def of(cls, folder: Path, name: str, state: KeyState, since: datetime) -> KeyFile:
        """Say which file a key has in a folder."""
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


def key_files(folder: Path) -> tuple[list[KeyFile], list[Problem]]:
    """Find the keys of a folder, in the order of their names, and what is wrong with those names.

    Of several that are called active, the one that was activated last is: the others are retired since then.
    So a key is activated by one renaming.

    Names that begin with a dot are left out: they are unfinished files, locks, and what an
    orchestrator puts beside mounted secrets.

    Raises:
        ConfigurationError: The folder is not there or cannot be read.
    """
    paths = [path for path in paths_in(folder) if path.suffix == ".pem"]
    parsed = {path: KeyFile.parse(path) for path in paths}
    files = [file for file in parsed.values() if file]
    unnamed = [path for path, file in parsed.items() if not file]
    text = "the file name does not say which state the key has"
    return _superseded(files), [
        *(Problem.of_file(path, text, _HINT_STATE) for path in unnamed),
        *_duplicates(files),
    ]


def paths_in(folder: Path) -> list[Path]:
    """List the files of keys and certificates in a folder, in the order of their names.

    Raises:
        ConfigurationError: The folder is not there or cannot be read.
    """
    try:
        return sorted(path for path in folder.iterdir() if _is_ours(path))
    except FileNotFoundError:
        raise ConfigurationError([_missing(folder)]) from None
    except OSError as error:
        text = f"the folder of the signing keys cannot be read: {error.strerror}"
        raise ConfigurationError([Problem.of_file(folder, text)]) from None


def active(files: Sequence[KeyFile]) -> list[KeyFile]:
    """Give the files of active keys."""
    return [file for file in files if file.state is KeyState.ACTIVE]


def _is_ours(path: Path) -> bool:
    return path.suffix in (".pem", ".crt") and not path.name.startswith(".")


def _missing(folder: Path) -> Problem:
    text = "the folder of the signing keys does not exist"
    return Problem.of_file(folder, text, "`wharfinger keys new` makes it, and a first key in it")


def _superseded(files: list[KeyFile]) -> list[KeyFile]:
    """Take all but the last activated key for retired; where nobody can tell which that is, none."""
    times = Counter(file.since for file in active(files))
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
