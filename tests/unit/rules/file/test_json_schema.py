"""The JSON Schema of a rules file, held to what the loader takes and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from app.cli.main import main
from app.configfile import yaml
from app.errors import ConfigurationError
from app.protocol.scope import ACTIONS
from app.rules.file.json_schema import json_schema
from tests.docs import walk
from tests.docs.reading import PAGES
from tests.support.tools import REPOSITORY

VALIDATOR = Draft202012Validator(json_schema())
SAMPLE = REPOSITORY / "deploy" / "demo" / "rules.yaml"
GOLDEN = REPOSITORY / "tests" / "golden" / "rules"
BEYOND = {
    "catalog-and-repositories",
    "catalog-denied-pull",
    "catalog-with-pull",
    "dn-cut-at-its-commas",
    "duplicate-id",
    "failing-tests",
    "group-dns",
    "patterns-that-match-nothing",
    "robots-as-users",
    "robots-twice",
    "tests-twice",
    "unbound-typo",
    "unbound-variables",
    "until-before-from",
    "version-float",
}
"""Mistakes that no schema sees: what values of several places mean together."""


def _data(text: str) -> object:
    return yaml.parse(text, "f").data


def _mistakes() -> list[Path]:
    """Return the files of wrong rules that are YAML."""
    found = []
    for path in sorted(GOLDEN.glob("*.yaml")):
        try:
            yaml.read(path)
        except ConfigurationError:
            continue
        found.append(path)
    return found


def test_it_is_a_schema() -> None:
    """Of draft 2020-12, which editors know."""
    Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$schema"] == VALIDATOR.META_SCHEMA["$id"]


def test_the_command_prints_it_and_the_reference_has_it() -> None:
    """The copy in the reference is what `wharfinger rules schema` prints."""
    printed = CliRunner().invoke(main, ["rules", "schema"]).output
    assert json.loads(printed) == json_schema()
    assert printed == (REPOSITORY / "docs" / "reference" / "rules.schema.json").read_text(encoding="utf-8")


def test_every_key_is_described() -> None:
    """An editor shows what a key means."""
    for section in (json_schema(), *json_schema()["$defs"].values()):
        assert section["description"]
        assert all(key["description"] for key in section["properties"].values())


def test_the_sample_and_the_documentation_are_valid() -> None:
    """Whatever the documentation shows as a rules file is one to an editor too."""
    shown = [block for page in PAGES for block in walk.blocks(page.read_text(encoding="utf-8"))]
    right = [block.text for block in shown if block.text.startswith("version:") and block.mark != "file"]
    files = [SAMPLE.read_text(encoding="utf-8"), *right]
    assert len(files) > 4
    for text in files:
        VALIDATOR.validate(_data(text))


@pytest.mark.parametrize(
    ("network", "valid"),
    [("10.0.0.0/255.0.0.0", True), ("2001:db8::/32", True), ("10.0.0.0/8/8", False), ("10.0.0.0/a", False)],
)
def test_networks(network: str, valid: bool) -> None:
    """The schema takes what the loader takes, a mask too."""
    rule = f"{{id: a, everyone: true, repositories: [a], allow: [pull], when: {{networks: ['{network}']}}}}"
    assert VALIDATOR.is_valid(_data(f"version: 1\nrules: [{rule}]\n")) == valid


@pytest.mark.parametrize("path", _mistakes(), ids=lambda path: path.stem)
def test_mistakes_are_seen_while_they_are_typed(path: Path) -> None:
    """The schema refuses each wrong file but those whose parts are right by themselves."""
    assert VALIDATOR.is_valid(yaml.read(path).data) == (path.stem in BEYOND)


@pytest.mark.parametrize(
    ("pattern", "valid"),
    [
        ("**", True),
        ("*/release/**", True),
        ("{team}/app-?", True),
        ("host:5000/x", True),
        ("a**", False),
        ("/a", False),
        ("a//b", False),
        ("{Team}/x", False),
        ("A", False),
    ],
)
def test_patterns_of_repositories(pattern: str, *, valid: bool) -> None:
    """An editor marks a pattern that can match nothing."""
    rule = {"id": "a", "everyone": True, "repositories": [pattern], "allow": ["pull"]}
    assert VALIDATOR.is_valid({"version": 1, "rules": [rule]}) == valid


def test_the_actions_of_the_file_are_those_of_the_protocol() -> None:
    """In the order in which people name them."""
    allow = json_schema()["$defs"]["RuleEntry"]["properties"]["allow"]
    assert json.dumps([*ACTIONS]) in json.dumps(allow)
