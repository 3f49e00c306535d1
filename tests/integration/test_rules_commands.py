"""The commands about rules against a real directory: `explain` and `who-can --expand`, without passwords."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.server import Server, sample_server
from tests.support.slapd import Slapd

pytestmark = pytest.mark.slow  # every command is a process of its own


@pytest.fixture
def server(tmp_path: Path, slapd: Slapd) -> Server:
    """Return a configuration whose directory is the sample company's; the server does not run."""
    return sample_server(tmp_path, slapd)


def test_explain_asks_the_directory(server: Server) -> None:
    """The groups are those of the directory, each with how it was found."""
    done = server.command("rules", "explain", "Erin", "data/lake", "push", "--format", "json")
    told = json.loads(done.stdout)
    assert done.status == 0, done.text
    assert (told["subject"]["name"], told["subject"]["from"]) == ("erin", "directory")
    groups = {group["name"]: group["found"] for group in told["subject"]["groups"]}
    assert groups == {"data-leads": "direct", "team-data": "through data-leads"}
    (cause,) = told["actions"][0]["allowed_by"]
    assert (cause["through"], cause["found"]) == ("group team-data", "through data-leads")


def test_a_name_that_nobody_has_is_no_answer(server: Server) -> None:
    """Somebody who is not in the directory ends the command with 1."""
    done = server.command("rules", "explain", "mallory2", "data/lake")
    assert done.status == 1
    assert "mallory2" in done.stderr


def test_who_can_lists_the_people(server: Server) -> None:
    """The people of the groups, nested ones included; one who is denied stands there with no."""
    done = server.command("rules", "who-can", "push", "web/release/app", "--expand", "--format", "json")
    told = json.loads(done.stdout)
    assert done.status == 0, done.text
    answers = {person["subject"]: (person["answer"], person["denied_by"]) for person in told["people"]}
    assert answers["bob"] == ("no", ["contractors-keep-out"])
    assert answers["alice"] == ("yes", [])
    nested = server.command("rules", "who-can", "push", "data/lake", "--expand", "--format", "json")
    assert "erin" in {person["subject"] for person in json.loads(nested.stdout)["people"]}
