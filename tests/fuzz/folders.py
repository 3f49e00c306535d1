"""Keys folders: whatever lies in one, it is a key ring with one active key, or an error."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import atheris

from app.errors import WharfingerError
from app.keys import keyring
from app.keys.algorithm import Algorithm
from app.keys.create import create
from app.keys.signing_key import KeyState
from tests.support.parts import NOW


def prepare(folder: Path) -> Callable[[bytes], None]:
    """Make a good key to begin with, and the check of one folder."""
    good, tried = folder / "good", folder / "tried"
    good.mkdir()
    create(good, name="first", algorithm=Algorithm.ES256, state=KeyState.ACTIVE, common_name="x", now=NOW)
    files = {path.name: path.read_bytes() for path in good.iterdir() if path.suffix in (".pem", ".crt")}

    def check(octets: bytes) -> None:
        shutil.rmtree(tried, ignore_errors=True)
        tried.mkdir(mode=0o700)
        _fill(tried, files, atheris.FuzzedDataProvider(octets))
        with contextlib.suppress(WharfingerError):
            assert keyring.load(tried).active.state is KeyState.ACTIVE

    return check


def _fill(folder: Path, files: dict[str, bytes], data: Any) -> None:
    names = [*files, "second.active.pem", "second.retired-20250131T120000Z.pem", "second.crt", "first.lock"]
    for _ in range(data.ConsumeIntInRange(0, 4)):
        name = data.PickValueInList(names) if data.ConsumeBool() else _name(data)
        octets = bytearray(data.PickValueInList(list(files.values())) if data.ConsumeBool() else b"")
        if octets and data.ConsumeBool():
            at = data.ConsumeIntInRange(0, len(octets) - 1)
            octets[at : at + 4] = data.ConsumeBytes(4)
        path = folder / (name or "x")
        path.touch(mode=0o600)
        path.write_bytes(octets or data.ConsumeBytes(200))


def _name(data: Any) -> str:
    text = data.ConsumeUnicodeNoSurrogates(30).replace("/", "").replace("\0", "").strip(".")
    return str(text.encode()[:200].decode(errors="ignore"))
