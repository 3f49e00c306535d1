"""skopeo with both kinds of registry: what people may copy, and what their terminal says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.clients import PASSWORDS, Skopeo
from tests.support.commands import Finished
from tests.support.counting import Cost
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.seeded import PUBLIC_IMAGE, Seeded


@pytest.fixture
def registry(either: Seeded) -> Seeded:
    """Return each kind of registry."""
    return either


def signed_in(skopeo: Skopeo, registry: Seeded, user: str) -> Skopeo:
    """Log a person in, who must succeed."""
    answer = skopeo.login(registry.host, user)
    assert answer.stdout == "Login Succeeded!\n", answer.text
    return skopeo


def message(answer: Finished) -> str:
    """Return what skopeo says, without its time stamp."""
    return answer.stderr.partition("msg=")[2]


def test_a_team_copies_an_image_in_and_out(
    registry: Seeded, skopeo: Skopeo, layout: Layout, tmp_path: Path
) -> None:
    """What alice copies into her team's namespace comes out again, byte by byte."""
    signed_in(skopeo, registry, "alice")
    copied_in = skopeo.copy_in(layout, registry.image("platform/app"))
    assert copied_in.status == 0, copied_in.text

    out = Layout(tmp_path / "out")
    copied_out = skopeo.copy_out(registry.image("platform/app"), out)
    assert copied_out.status == 0, copied_out.text
    assert out.blobs() == layout.blobs()


def test_another_team_is_denied(registry: Seeded, skopeo: Skopeo, layout: Layout) -> None:
    """Bob cannot copy into alice's namespace."""
    signed_in(skopeo, registry, "bob")
    copied_in = skopeo.copy_in(layout, registry.image("platform/app"))
    assert copied_in.status != 0
    assert "unauthorized: bob may not pull or push platform/app: no rule allows it; rule " in copied_in.stderr


def test_a_wrong_password_is_said_to_be_wrong(
    registry: Seeded, skopeo: Skopeo, layout: Layout, mistaken: str
) -> None:
    """A login fails, and a copy with a wrong password says in our words why."""
    answer = skopeo.login(registry.host, mistaken, "bob-password")
    assert answer.status != 0
    assert "invalid username/password" in answer.stderr

    skopeo.store(registry.host, mistaken, "bob-password")
    copied_in = skopeo.copy_in(layout, registry.image(f"sandbox/{mistaken}/app"))
    assert copied_in.status != 0
    assert "unauthorized: The user name or password is wrong." in copied_in.stderr


def test_an_unknown_person_hears_the_same_as_one_with_a_wrong_password(
    registry: Seeded, skopeo: Skopeo, mistaken: str
) -> None:
    """The text does not tell whether an account exists."""
    unknown = skopeo.login(registry.host, "mallory", "mallory-password")
    wrong = skopeo.login(registry.host, mistaken, "mallory-password")
    assert unknown.status != 0
    assert message(unknown) == message(wrong)


def test_a_locked_account_is_told_so(registry: Seeded, skopeo: Skopeo, layout: Layout) -> None:
    """Dave cannot log in; skopeo shows our message when it copies, though not when it logs in."""
    assert skopeo.login(registry.host, "dave").status != 0
    skopeo.store(registry.host, "dave", PASSWORDS["dave"])
    copied_in = skopeo.copy_in(layout, registry.image("sandbox/dave/app"))
    assert copied_in.status != 0
    assert "unauthorized: This account is locked." in copied_in.stderr


def test_everyone_copies_a_public_image_out(registry: Seeded, skopeo: Skopeo, tmp_path: Path) -> None:
    """An image in `base/` comes out without a login."""
    out = Layout(tmp_path / "out")
    copied_out = skopeo.copy_out(registry.image(PUBLIC_IMAGE), out)
    assert copied_out.status == 0, copied_out.text
    assert out.blobs() == registry.public.blobs()


def test_without_a_login_nothing_else_comes_out(registry: Seeded, skopeo: Skopeo, tmp_path: Path) -> None:
    """An image of a team does not come out without a login."""
    copied_out = skopeo.copy_out(registry.image("platform/app"), Layout(tmp_path / "out"))
    assert copied_out.status != 0
    assert "unauthorized: Nobody may pull platform/app without a login. Type: skopeo " in copied_out.stderr


def test_without_a_login_nothing_goes_in(registry: Seeded, skopeo: Skopeo, layout: Layout) -> None:
    """A public repository can be read by everyone and written by nobody."""
    copied_in = skopeo.copy_in(layout, registry.image(PUBLIC_IMAGE))
    assert copied_in.status != 0
    assert "denied: requested access to the resource is denied" in copied_in.stderr


def test_a_nested_group_counts(registry: Seeded, skopeo: Skopeo, layout: Layout) -> None:
    """Erin is in team-data only through data-leads, and copies into its namespace."""
    signed_in(skopeo, registry, "erin")
    copied_in = skopeo.copy_in(layout, registry.image("data/x"))
    assert copied_in.status == 0, copied_in.text


def test_everyone_has_a_sandbox(registry: Seeded, skopeo: Skopeo, layout: Layout) -> None:
    """Frank is in no group; what is his own he may write, what is another's he may not."""
    signed_in(skopeo, registry, "frank")
    own = skopeo.copy_in(layout, registry.image("sandbox/frank/app"))
    assert own.status == 0, own.text
    assert skopeo.copy_in(layout, registry.image("sandbox/erin/app")).status != 0


def test_a_name_and_a_password_beyond_ascii(registry: Seeded, skopeo: Skopeo, tmp_path: Path) -> None:
    """Zoë logs in with all the characters that transports get wrong."""
    signed_in(skopeo, registry, "zoë")
    copied_out = skopeo.copy_out(registry.image(PUBLIC_IMAGE), Layout(tmp_path / "out"))
    assert copied_out.status == 0, copied_out.text


def test_the_tags_are_listed(
    registry: Seeded, skopeo: Skopeo, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """Somebody of the team lists the tags of an image, and nobody else."""
    image = registry.image(f"platform/{teammate.name}", "first")
    skopeo.store(registry.host, teammate.name, teammate.password)
    skopeo.push(layout, image)
    name = f"docker://{image.rpartition(':')[0]}"
    words = ("list-tags", "--tls-verify=false", name)
    listed = measured(Cost(("GET 200",), 0), lambda: skopeo(*words))
    assert json.loads(listed.stdout)["Tags"] == ["first"], listed.text

    skopeo.forget()
    denied = measured(Cost(("GET 401",), 0), lambda: skopeo(*words))
    assert denied.status != 0
    assert f"unauthorized: Nobody may pull platform/{teammate.name} without a login. " in denied.stderr


def test_what_is_in_the_own_sandbox_is_deleted(
    registry: Seeded, skopeo: Skopeo, measured: Measured, stranger: Newcomer, layout: Layout
) -> None:
    """Skopeo asks for the action `*`, and gets what it needs of it."""
    image = registry.image(f"sandbox/{stranger.name}/app")
    skopeo.store(registry.host, stranger.name, stranger.password)
    skopeo.push(layout, image)
    words = ("delete", "--tls-verify=false", f"docker://{image}")
    deleted = measured(Cost(("GET 200",), 0), lambda: skopeo(*words))
    assert deleted.status == 0, deleted.text
    assert "manifest unknown" in skopeo.pull(image).stderr


def test_what_is_the_teams_is_not_deleted(
    registry: Seeded, skopeo: Skopeo, measured: Measured, teammate: Newcomer, layout: Layout
) -> None:
    """A team may push and pull, not delete."""
    image = registry.image("platform/kept")
    skopeo.store(registry.host, teammate.name, teammate.password)
    skopeo.push(layout, image)
    words = ("delete", "--tls-verify=false", f"docker://{image}")
    denied = measured(Cost(("GET 200", "GET 200"), 0), lambda: skopeo(*words))
    assert denied.status != 0
    assert "Failed to delete /v2/platform/kept/manifests/" in denied.stderr
    assert "(401 Unauthorized)" in denied.stderr
