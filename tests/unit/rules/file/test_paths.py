"""Which files a rules path stands for, and the version of what they say."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.rules.file import paths
from app.rules.file.paths import FileText

_TEXTS = st.lists(st.text(max_size=5), min_size=1, max_size=4)


def test_the_version_of_one_file_is_the_hash_of_what_it_says() -> None:
    """`git show REV:rules.yaml > other.yaml` has the version of `rules.yaml`, which `sha256sum` shows too."""
    text = "version: 1\nrules: []\n"
    expected = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert {paths.version([FileText(name, text)]) for name in ("rules.yaml", "a/other.yaml")} == {expected}


@given(_TEXTS, st.randoms(use_true_random=False))
def test_the_version_is_of_the_content_alone(texts: list[str], chance: object) -> None:
    """Neither the names of the files nor their order, which never matters, changes it."""
    shuffled = [*texts]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis' own kind of Random
    one, other = (
        paths.version(FileText(f"{name}{index}", text) for index, text in enumerate(each))
        for name, each in (("a", texts), ("b", shuffled))
    )
    assert one == other


@given(_TEXTS, _TEXTS)
def test_other_content_has_another_version(texts: list[str], others: list[str]) -> None:
    """A text that is changed, added, left out or cut into two is another version."""
    one, other = (
        paths.version(FileText(str(index), text) for index, text in enumerate(each))
        for each in (texts, others)
    )
    assert (one == other) == (sorted(texts) == sorted(others))


def test_a_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """The others are read all the same."""
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    (tmp_path / "b.yaml").write_text("b")
    (tmp_path / "c.yaml").symlink_to("nowhere")
    texts, problems = paths.read(tmp_path)
    assert [each.text for each in texts] == ["b"]
    assert [Path(problem.position.file).name for problem in problems] == ["a.yaml", "c.yaml"]
