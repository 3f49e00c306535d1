"""Where the endpoints of a realm lie."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask

from app.errors import Refusal
from app.web.realms import find, realm_paths

NAMES = ("nawia.pl", "DvcLAB", "corp_docker", "Größe 1", "a%2Fb", "a+b", "..a")


@pytest.fixture
def application() -> Flask:
    """Return an application that answers with the realm that it found."""
    application = Flask("test", static_folder=None)
    application.url_map.merge_slashes = False

    def found(realm: str) -> str:
        known = find({name: name for name in NAMES}, realm)
        return "none" if isinstance(known, Refusal) else known

    for path in realm_paths("/auth"):
        application.add_url_rule(path, view_func=found)
    return application


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prefix", ["/auth", ""])
def test_a_name_is_compared_once_it_is_decoded(application: Flask, prefix: str, name: str) -> None:
    """Any printable part of a path may be one."""
    path = f"{prefix}/realms/{quote(name, safe='')}/protocol/docker-v2/auth"
    assert application.test_client().get(path).text == name


@pytest.mark.parametrize("name", ["dvclab", "Nawia.pl", "corp-docker", "Gro%CC%88%C3%9Fe%201"])
def test_a_name_is_compared_exactly(application: Flask, name: str) -> None:
    """Neither another case nor another way to compose a letter is the same name."""
    assert application.test_client().get(f"/auth/realms/{name}/protocol/docker-v2/auth").text == "none"


@pytest.mark.parametrize("name", ["a%2Fb", "", "..", "DvcLAB/x"])
def test_a_name_is_one_part_of_a_path(application: Flask, name: str) -> None:
    """A slash ends it, however it is written."""
    response = application.test_client().get(f"/auth/realms/{name}/protocol/docker-v2/auth")
    assert response.text == "none" or response.status_code == 404
