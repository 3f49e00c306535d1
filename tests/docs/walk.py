"""A page of the documentation as its reader follows it: files are written, commands run, answers compared.

* A `yaml` block that begins with `version:` is a rules file; it is `rules.yaml` from there on.
* `<!-- file: NAME -->` before a block makes it that file.
* A command of a `console` block is run if it needs no configuration; `…` in its answer stands
  for any text. `<!-- not run: WHY -->` before a block leaves it out.

The reader's clock stands at `NOW`; `rules.yaml` is at first the sample company's, and `audit.jsonl` has
the examples of the reference.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

from app.cli.main import main
from tests.docs.reading import REPOSITORY, reference

NOW = "2026-06-01T12:00:00Z"
SAMPLE = REPOSITORY / "deploy" / "demo" / "rules.yaml"
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+): (?P<what>[^\n]*) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_SCRIPTED = re.compile(r"wharfinger\s+(rules .*)")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_RUN = ("wharfinger rules ", "wharfinger robots ", "wharfinger audit ", "mkdir ", "cp ")
_INSTALLED = "/etc/wharfinger/"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of code, and what the comment before it says."""

    language: str
    text: str
    mark: str
    what: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a console, and the answer that the page shows."""

    line: str
    answer: str

    @property
    def needs_no_configuration(self) -> bool:
        """Whether it can be run here."""
        return self.line.startswith(_RUN) and "--config" not in self.line


def blocks(text: str) -> Iterator[Block]:
    """Return the blocks of a page."""
    for found in _BLOCK.finditer(text):
        yield Block(found["language"], found["text"], found["mark"] or "", found["what"] or "")


def commands(block: Block) -> Iterator[Command]:
    """Return the commands of a console, with their answers; of a pipeline or a script there are none."""
    if block.language != "console":
        for found in _SCRIPTED.finditer(block.text if block.mark == "file" else ""):
            yield Command(f"wharfinger {found.group(1)}", "")
        return
    for part in re.split(r"^\$ ", block.text.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
        line, _, answer = part.partition("\n")
        yield Command(line, answer.rstrip("\n"))


def prepare(folder: Path) -> None:
    """Lay out the files that a reader has."""
    shutil.copyfile(SAMPLE, folder / "rules.yaml")
    examples = [block.text for block in blocks(reference("audit-log")) if block.language == "json"]
    (folder / "audit.jsonl").write_text("".join(examples), encoding="utf-8")


def write(block: Block, folder: Path) -> Path | None:
    """Write the file that a block shows; None where it shows none."""
    if block.mark == "file":
        path = folder / block.what
    elif block.language == "yaml" and block.text.startswith("version:"):
        path = folder / "rules.yaml"
    else:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(block.text, encoding="utf-8")
    return path


def run(command: Command, folder: Path) -> tuple[int, str]:
    """Run a command in a folder; gives how it ended, and what it printed."""
    program, *words = shlex.split(command.line.replace(_INSTALLED, ""), comments=True)
    if program != "wharfinger":
        return subprocess.run([program, *words], cwd=folder, check=False).returncode, ""
    into = folder / words[words.index(">") + 1] if ">" in words else None
    words = words[: words.index(">")] if ">" in words else words
    if _has_clock(words) and "--at" not in words:
        words += ["--at", NOW]
    with contextlib.chdir(folder):
        result = CliRunner().invoke(main, words, env={"COLUMNS": "80", "WHARFINGER_CONFIG": None})
    if into is not None:
        into.write_text(result.stdout, encoding="utf-8")
        return result.exit_code, result.stderr.rstrip("\n")
    return result.exit_code, result.output.rstrip("\n")


def agrees(shown: str, printed: str) -> bool:
    """Whether an answer is what a page shows; every hash of a secret is another."""
    pattern = ".*".join(re.escape(_HASH.sub("sha256:", part)) for part in shown.split("…"))
    return re.fullmatch(pattern, _HASH.sub("sha256:", printed), re.DOTALL) is not None


def _has_clock(words: list[str]) -> bool:
    command: click.Command | None = main
    for word in words:
        if not isinstance(command, click.Group):
            break
        command = command.get_command(click.Context(command), word)
    return command is not None and any("--at" in each.opts for each in command.params)
