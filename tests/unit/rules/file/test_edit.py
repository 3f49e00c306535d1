"""Entries taken out of the text of a rules file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.configfile.marks import Location
from app.rules.file.edit import take_out

BLOCK = """\
# The rules of the house.
version: 1

rules:
  # teams
  - id: teams          # one rule for all
    groups:
      - team-{team}    # theirs
      # the office
      - office
    description: >
      Everybody in their own.

    repositories: ["{team}/**"]
    allow: [pull]

  # guests
  - groups: [guests, "cn=a,dc=b", staff]
    id: guests
    users: [mallory]
    repositories: [public/**]
    allow: [pull]
robots:
  - {name: ci, secrets: [s], groups: [a]}
  - {name: old, secrets: [s], groups: [b]}
"""


@pytest.mark.parametrize(
    ("location", "gone"),
    [
        (("rules", 0, "groups", 0), ["      - team-{team}    # theirs\n"]),
        (("rules", 0, "groups", 1), ["      - office\n"]),
        (("rules", 1, "groups", 0), ["guests, "]),
        (("rules", 1, "groups", 1), ['"cn=a,dc=b", ']),
        (("rules", 1, "groups", 2), [", staff"]),
        (("rules", 1, "users"), ["    users: [mallory]\n"]),
        (("rules", 1, "users", 0), ["    users: [mallory]\n"]),
        (("robots", 1), ["  - {name: old, secrets: [s], groups: [b]}\n"]),
        (("robots", 1, "groups", 0), [", groups: [b]"]),
        (("robots", 1, "name"), ["name: old, "]),
        (("robots",), [BLOCK[BLOCK.index("robots:") :]]),
        (
            ("rules", 1),
            [BLOCK[BLOCK.index("  - groups: [guests") : BLOCK.index("robots:")]],
        ),
        (("rules", 0), [BLOCK[BLOCK.index("  - id: teams") : BLOCK.index("\n  # guests")]]),
        (("rules", 1, "groups"), ['groups: [guests, "cn=a,dc=b", staff]\n    ']),
    ],
)
def test_what_goes_is_all_that_goes(location: Location, gone: list[str]) -> None:
    """Every other character stays: comments above, blank lines, quotes."""
    expected = BLOCK
    for part in gone:
        assert expected.count(part) == 1
        expected = expected.replace(part, "")
    assert take_out(BLOCK, [location]) == expected


def test_a_list_of_which_nothing_is_left_goes_with_its_key() -> None:
    """An empty one would be an error of the rules file."""
    assert yaml.safe_load(take_out(BLOCK, [("rules", 0, "groups", 0), ("rules", 0, "groups", 1)])) == {
        **yaml.safe_load(BLOCK),
        "rules": [
            {key: value for key, value in yaml.safe_load(BLOCK)["rules"][0].items() if key != "groups"},
            yaml.safe_load(BLOCK)["rules"][1],
        ],
    }
    assert "rules" not in yaml.safe_load(take_out(BLOCK, [("rules", 0), ("rules", 1)]))


@pytest.mark.parametrize("end", ["", "\n", "\n\n# the end\n"])
@pytest.mark.parametrize("start", ["", "\ufeff", "# ü\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_whatever_stands_around(start: str, line_end: str, end: str) -> None:
    """A file may begin with a byte order mark, end without a line end, and have those of another system."""
    lines = ["version: 1", "rules:", "- {id: é, users: [a]}", "- id: b", "  users: [a, ü]"]
    text = (start + "\n".join(lines) + end).replace("\n", line_end)
    changed = take_out(text, [("rules", 0), ("rules", 1, "users", 0)])
    assert changed == text.replace(f"- {{id: é, users: [a]}}{line_end}", "").replace("a, ü", "ü")


def _item(number: int, names: list[str], style: str) -> str:
    """Write a rule in one of the styles of YAML."""
    if style == "braces":
        return f"{{id: r{number}, g: [{', '.join(names)}], last: 1}}"
    listed = f" [{', '.join(names)}]" if style == "brackets" else "".join(f"\n    - {name}" for name in names)
    return f"id: r{number}\n    g:{listed}\n    last: 1"


def _left(rules: list[dict[str, Any]], cuts: list[Location]) -> list[dict[str, Any]]:
    """Take out of parsed rules what is to go."""
    for number, rule in enumerate(rules):
        rule["g"] = [one for index, one in enumerate(rule["g"]) if ("rules", number, "g", index) not in cuts]
    return [
        {key: value for key, value in rule.items() if value != []}
        for number, rule in enumerate(rules)
        if ("rules", number) not in cuts
    ]


@given(
    st.lists(
        st.lists(st.sampled_from(["a", "b", "'c,d'", "[x]", "{y: 1}"]), min_size=1, max_size=5),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["braces", "brackets", "lines"]),
    st.data(),
)
def test_what_is_left_means_the_same(rules: list[list[str]], style: str, data: st.DataObject) -> None:
    """Whatever is taken out, in whatever style it is written."""
    items = "".join(f"\n  - {_item(number, names, style)}  # c" for number, names in enumerate(rules))
    text = f"version: 1\nrules:{items}\nend: 1\n"
    places: list[Location] = [("rules", number) for number in range(len(rules))]
    places += [
        ("rules", number, "g", index) for number, names in enumerate(rules) for index in range(len(names))
    ]
    cuts = data.draw(st.lists(st.sampled_from(places)))
    left = _left(yaml.safe_load(text)["rules"], cuts)
    expected = {"version": 1, "rules": left, "end": 1} if left else {"version": 1, "end": 1}
    assert yaml.safe_load(take_out(text, cuts)) == expected
