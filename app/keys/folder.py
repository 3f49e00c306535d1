"""The names of the files in a keys folder: `NAME.STATE.pem` is a key, `NAME.crt` its certificate.

The state is part of the name, so that a key is announced, activated and retired by renaming a file,
and a look into the folder says what is what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConfigurationError, Problem
from app.keys.signing_key import KeyState

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_STATES = frozenset(state.value for state in KeyState)
_HINT_STATE = "call it NAME.announced.pem, NAME.active.pem or NAME.retired.pem"


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The file of a private key, as its name describes it.

    Attributes:
        path: Where it is.
        name: The name of the key.
        state: The state of the key.
    """

    path: Path
    name: str
    state: KeyState

    @classmethod
    def parse(cls, path: Path) -> KeyFile | None:
        """Take a path apart; nothing where the file's name is not `NAME.STATE.pem`."""
        name, _, state = path.name.removesuffix(".pem").rpartition(".")
        if not NAME.fullmatch(name) or state not in _STATES:
            return None
        return cls(path, name, KeyState(state))

    @classmethod
    def of(cls, folder: Path, name: str, state: KeyState) -> KeyFile:
        """Say which file a key has in a folder."""
        return cls(folder / f"{name}.{state}.pem", name, state)

    @property
    def certificate(self) -> Path:
        """The file with the key's certificate."""
        return self.path.with_name(f"{self.name}.crt")


def key_files(folder: Path) -> tuple[list[KeyFile], list[Problem]]:
    """Find the keys of a folder, in the order of their names, and what is wrong with those names.

    Names that begin with a dot are left out: they are unfinished files, locks, and what an
    orchestrator puts beside mounted secrets.

    Raises:
        ConfigurationError: The folder is not there or cannot be read.
    """
    try:
        paths = sorted(each for each in folder.iterdir() if _is_key(each))
    except FileNotFoundError:
        raise ConfigurationError([_missing(folder)]) from None
    except OSError as error:
        text = f"the folder of the signing keys cannot be read: {error.strerror}"
        raise ConfigurationError([Problem(str(folder), 0, 0, text)]) from None
    parsed = {path: KeyFile.parse(path) for path in paths}
    files = [file for file in parsed.values() if file]
    unnamed = [path for path, file in parsed.items() if not file]
    text = "the file name does not say which state the key has"
    return files, [
        *(Problem(str(path), 0, 0, text, _HINT_STATE) for path in unnamed),
        *_duplicates(files),
    ]


def active(files: list[KeyFile]) -> list[KeyFile]:
    """Give the files of active keys."""
    return [file for file in files if file.state is KeyState.ACTIVE]


def _is_key(path: Path) -> bool:
    return path.suffix == ".pem" and not path.name.startswith(".")


def _missing(folder: Path) -> Problem:
    text = "the folder of the signing keys does not exist"
    return Problem(str(folder), 0, 0, text, "`wharfinger keys new` makes it, and a first key in it")


def _duplicates(files: list[KeyFile]) -> list[Problem]:
    first: dict[str, KeyFile] = {}
    return [
        Problem(
            str(file.path),
            0,
            0,
            f"has the same name as {first[file.name].path.name}",
            "a key has one state; give another key another name",
        )
        for file in files
        if first.setdefault(file.name, file) is not file
    ]
