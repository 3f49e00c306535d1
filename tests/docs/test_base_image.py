"""The base of the images: one, and named by its digest, so that a tag that moves changes nothing."""

from __future__ import annotations

import re

from tests.support.tools import REPOSITORY

_FILES = ("Dockerfile", "ldap-fixtures/Dockerfile", "docker-compose.yml")
_BASE = re.compile(r"BASE_IMAGE(?:=|:-)(debian:[a-z0-9-]+@sha256:[0-9a-f]{64})")


def test_every_image_starts_from_the_same_octets() -> None:
    """A newer base is written in all three places at once."""
    named = [_BASE.findall((REPOSITORY / file).read_text(encoding="utf-8")) for file in _FILES]
    assert [len(each) for each in named] == [1, 1, 1]
    assert len({base for each in named for base in each}) == 1
