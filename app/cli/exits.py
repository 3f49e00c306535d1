"""How a command ends: one rule for the exit codes of all commands.

0  all is well: the answer is yes, or what was asked for is done
1  the answer is no, or there is none: a file cannot be read, somebody is not known, the directory is away
2  the command line is wrong: an option, a value, or a name of a realm, service or key that the configuration
   does not have

Standard error says why there is no answer; standard output is empty then.
"""

from __future__ import annotations

import click

from app.cli.output import counted, plain
from app.errors import ConfigurationError, WharfingerError


def finish(*, well: bool) -> None:
    """End the command with 1 where not all is well.

    Raises:
        click.exceptions.Exit: It is not.
    """
    if not well:
        raise click.exceptions.Exit(1)


class NoAnswer(click.ClickException):
    """The end of a command that found no answer."""

    def __init__(self, message: str) -> None:
        """Say why, with what a terminal would obey written out: a file or a directory may have named it."""
        super().__init__("\n".join(map(plain, message.split("\n"))))


def no_answer(error: WharfingerError) -> NoAnswer:
    """Make the end of a command of an error; several problems stand one on a line."""
    if isinstance(error, ConfigurationError) and len(error.problems) > 1:
        heading = f"{counted(len(error.problems), 'problem')}:"
        return NoAnswer("\n".join([heading, *map(str, error.problems)]))
    return NoAnswer(error.detail or error.message)
