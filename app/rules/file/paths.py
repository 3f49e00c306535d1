"""Which files a rules path stands for, what they say, and the version of that."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.configfile import yaml
from app.errors import ConfigurationError, Problem

_VERSION_DIGITS = 16


@dataclass(frozen=True, slots=True)
class FileText:
    """A file of rules: where it was read, and what it said."""

    file: str
    text: str


def listed(path: Path) -> tuple[Path, ...]:
    """Return a file, or those of a folder; hidden ones are an editor's or a mount's own.

    Raises:
        ConfigurationError: The folder cannot be read, has none, or has one that would be passed over.
    """
    try:
        if not path.is_dir():
            return (path,)
        found = sorted(file for file in path.iterdir() if not file.name.startswith("."))
    except OSError as error:
        raise ConfigurationError([Problem.of_file(path, f"cannot be read: {error.strerror}")]) from error
    passed_over = [
        file for file in found if file.suffix.lower() in (".yaml", ".yml") and file.suffix != ".yaml"
    ]
    if passed_over:
        hint = "of a folder only *.yaml is: rename it"
        raise ConfigurationError([Problem.of_file(file, "is not read", hint) for file in passed_over])
    rules = tuple(file for file in found if file.suffix == ".yaml")
    if not rules:
        raise ConfigurationError([Problem.of_file(path, "the folder has no *.yaml file")])
    return rules


def read(path: Path) -> tuple[tuple[FileText, ...], tuple[Problem, ...]]:
    """Read every file of a path; return those that can be read, and what is wrong with the others.

    Raises:
        ConfigurationError: It cannot be said which files these are.
    """
    texts: list[FileText] = []
    problems: list[Problem] = []
    for file in listed(path):
        try:
            texts.append(FileText(str(file), yaml.read_text(file)))
        except ConfigurationError as error:
            problems.extend(error.problems)
    return tuple(texts), tuple(problems)


def version(texts: Iterable[FileText]) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of what the files say, whatever they are called.

    That of one file is its own; that of several is of the sorted lines `SHA-256 LF`, one for each file.
    """
    digests = sorted(hashlib.sha256(each.text.encode()).hexdigest() for each in texts)
    if len(digests) == 1:
        return digests[0][:_VERSION_DIGITS]
    return hashlib.sha256("".join(f"{digest}\n" for digest in digests).encode()).hexdigest()[:_VERSION_DIGITS]
