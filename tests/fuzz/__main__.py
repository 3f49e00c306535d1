"""Run one target: `python -m tests.fuzz TARGET [--seconds N]`; ends with 1 where something was found."""

from __future__ import annotations

import argparse
import importlib
import logging
import tempfile
from pathlib import Path

import atheris

from tests.fuzz import TARGETS
from tests.support.tools import CACHE

_CORPUS = Path(__file__).with_name("corpus")
_LONGEST_INPUT = 4096
_SECONDS_FOR_ONE = 20
"""An input that takes longer than that is a finding."""


def main() -> None:
    """Read the command line and fuzz until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args()
    found = CACHE / "fuzz" / chosen.target
    found.mkdir(parents=True, exist_ok=True)
    logging.disable()
    with atheris.instrument_imports(include=["app"]):
        target = importlib.import_module(f"tests.fuzz.{chosen.target}")
    with tempfile.TemporaryDirectory() as folder:
        check = target.prepare(Path(folder))
        options = [
            f"-max_total_time={chosen.seconds}",
            f"-max_len={_LONGEST_INPUT}",
            f"-timeout={_SECONDS_FOR_ONE}",
            f"-artifact_prefix={found.parent}/found-{chosen.target}-",
            "-print_final_stats=1",
        ]
        atheris.Setup(["fuzz", *options, str(found), str(_CORPUS / chosen.target)], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
