"""The pages about the project, and the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.reading import DOCS, PAGES, REPOSITORY, anchors, links, tables


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_resolve(page: Path) -> None:
    """Every link within the repository leads to a file, and to a heading where it names one."""
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(REPOSITORY), link
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_library_has_its_reason() -> None:
    """Every dependency at run time has a row in record 0008, and no other."""
    record = (DOCS / "adr" / "0008-runtime-libraries.md").read_text(encoding="utf-8")
    (table,) = tables(record, "library", "why")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[<>=!~\[ ]", dependency, maxsplit=1)[0] for dependency in project["dependencies"]}
    assert set(table.codes("library")) == names


def test_every_make_target_is_described() -> None:
    """Every target that `make help` prints is in CONTRIBUTING.md, and no other."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    (table,) = tables((REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"), "target", "does")
    printed = re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)
    assert list(table.codes("target")) == [f"make {name}" for name in printed]


def test_every_folder_of_tests_is_described() -> None:
    """CONTRIBUTING.md says what each of them holds, and of no other."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (table,) = tables(text, "folder", "holds")
    folders = {
        path.name for path in (REPOSITORY / "tests").iterdir() if path.is_dir() and path.name[0].isalpha()
    }
    assert set(table.codes("folder")) == {f"tests/{name}/" for name in folders}


def test_records_are_numbered_without_gaps() -> None:
    """The number of a decision record is in its name and its heading, and none is missing."""
    for number, path in enumerate(sorted((DOCS / "adr").glob("0*.md")), start=1):
        assert path.name.startswith(f"{number:04}-")
        assert path.read_text(encoding="utf-8").startswith(f"# {number:04}: ")


@pytest.mark.parametrize("place", ["app/__init__.py", "docs/explanation/architecture.md"])
def test_a_map_names_every_package_and_module(place: str) -> None:
    """Whoever opens `app/` finds each thing in it in the map of the code, and in the page about it."""
    text = (REPOSITORY / place).read_text()
    own = [path for path in (REPOSITORY / "app").iterdir() if not path.name.startswith("__")]
    names = [f"{path.name}/" if path.is_dir() else path.name for path in own]
    assert [name for name in names if name not in text] == []


def test_modules_are_short() -> None:
    """None of the program has over 350 lines, and half of them have 110 at the most."""
    lengths = sorted(
        (len(path.read_text(encoding="utf-8").splitlines()), path.relative_to(REPOSITORY).as_posix())
        for path in (REPOSITORY / "app").rglob("*.py")
        if path.name != "__init__.py"
    )
    assert [name for length, name in lengths if length > 350] == []
    assert lengths[len(lengths) // 2][0] <= 110
