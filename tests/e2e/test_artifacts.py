"""Charts, signatures and other artifacts: what their clients do at both registries, and what that costs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.clients import write_credentials
from tests.support.counting import Cost
from tests.support.images import Layout
from tests.support.measured import Measured
from tests.support.newcomers import Newcomer
from tests.support.oras import Oras, Regctl
from tests.support.seeded import PUBLIC_IMAGE, Seeded
from tests.support.supply import Cosign, Helm

pytestmark = pytest.mark.slow

_ONE, _TWO = Cost(("GET 200",), 0), Cost(("GET 200", "GET 200"), 0)


def _local(text: str) -> str:
    """Call a registry by the name that the realm has, as oras and helm want it."""
    return text.replace("127.0.0.1:", "localhost:", 1)


def test_oras_attaches_and_discovers(
    either: Seeded, measured: Measured, teammate: Newcomer, layout: Layout, tmp_path: Path
) -> None:
    """What is attached to an image is found by everybody who may pull it."""
    oras, image = Oras(tmp_path / "oras"), either.image("platform/attached")
    oras.store(either.host, teammate.name, teammate.password)
    assert oras.push(layout, image).status == 0
    note = tmp_path / "note.txt"
    note.write_text("checked")
    words = (
        "attach",
        "--no-tty",
        "--plain-http",
        "--disable-path-validation",
        "--artifact-type",
        "text/note",
    )
    attached = measured(_ONE, lambda: oras(*words, "--artifact-type", "text/note", _local(image), str(note)))
    assert attached.status == 0, attached.text
    found = measured(_ONE, lambda: oras("discover", "--plain-http", _local(image)))
    assert (found.status, "text/note" in found.stdout) == (0, True), found.text


def test_helm_pushes_and_pulls_a_chart(
    either: Seeded, measured: Measured, teammate: Newcomer, stranger: Newcomer, tmp_path: Path
) -> None:
    """The team does, somebody else is denied, and a wrong password is told as such."""
    helm, host = Helm(tmp_path / "helm"), _local(either.host)
    chart = helm.package()
    login = measured(Cost(("POST 200",), 1), lambda: helm.login(host, teammate.name, teammate.password))
    assert login.status == 0, login.text
    target = f"oci://{host}/platform"
    pushed = measured(_ONE, lambda: helm("push", "--plain-http", str(chart), target))
    assert pushed.status == 0, pushed.text
    pull = ("pull", "--plain-http", f"{target}/hello", "--version", "0.1.0", "--destination", str(tmp_path))
    pulled = measured(_ONE, lambda: helm(*pull))
    assert (pulled.status, (tmp_path / "hello-0.1.0.tgz").exists()) == (0, True), pulled.text
    other = Helm(tmp_path / "other")
    wrong = measured(Cost(("GET 401", "POST 401"), 1), lambda: other.login(host, stranger.name, "mistyped"))
    assert wrong.status != 0
    assert "The user name or password is wrong." in wrong.stderr
    nobody = Helm(tmp_path / "nobody")
    denied = measured(Cost(("GET 401",), 0), lambda: nobody(*pull))
    assert denied.status != 0
    assert "unauthorized: Nobody may pull platform/hello without a login. Type: helm " in denied.stderr
    login = measured(Cost(("POST 200",), 1), lambda: other.login(host, stranger.name, stranger.password))
    assert login.status == 0, login.text
    refused = measured(Cost(("GET 403",), 0), lambda: other("push", "--plain-http", str(chart), target))
    assert refused.status != 0
    assert f"denied: {stranger.name} may not pull or push platform/hello: no rule " in refused.stderr


@pytest.fixture
def cosign(tmp_path: Path) -> Cosign:
    """Return cosign with a key pair in its folder, logged in nowhere."""
    made = Cosign(tmp_path / "cosign")
    generated = made("generate-key-pair", "--output-key-prefix", str(made.folder / "key"))
    assert generated.status == 0, generated.text
    return made


def _signing(cosign: Cosign) -> tuple[str, ...]:
    return ("--key", str(cosign.folder / "key.key"), "--tlog-upload=false", "--allow-http-registry")


def test_cosign_signs_and_verifies(
    either: Seeded, measured: Measured, teammate: Newcomer, layout: Layout, cosign: Cosign
) -> None:
    """With a key: the team signs its image, verifies that, and attests something of it."""
    regctl, image = Regctl(cosign.folder / "regctl"), either.image("platform/signed")
    regctl.store(either.host, teammate.name, teammate.password)
    assert regctl.push(layout, image).status == 0
    write_credentials(cosign.folder / "config.json", either.host, teammate.name, teammate.password)
    signed = measured(_TWO, lambda: cosign("sign", *_signing(cosign), image))
    assert signed.status == 0, signed.text
    checking = ("--key", str(cosign.folder / "key.pub"), "--insecure-ignore-tlog", "--allow-http-registry")
    verified = measured(_ONE, lambda: cosign("verify", *checking, image))
    assert verified.status == 0, verified.text
    predicate = cosign.folder / "predicate.json"
    predicate.write_text("{}")
    words = ("attest", "--predicate", str(predicate), "--type", "custom")
    attested = measured(_TWO, lambda: cosign(*words, *_signing(cosign), image))
    assert attested.status == 0, attested.text


def test_cosign_signs_nothing_of_others(
    either: Seeded, measured: Measured, stranger: Newcomer, cosign: Cosign
) -> None:
    """A signature is pushed beside its image: who may only pull that cannot sign it, and reads why."""
    write_credentials(cosign.folder / "config.json", either.host, stranger.name, stranger.password)
    public = either.image(PUBLIC_IMAGE)
    denied = measured(Cost(("GET 200", "GET 403"), 1), lambda: cosign("sign", *_signing(cosign), public))
    assert denied.status != 0
    assert f"DENIED: {stranger.name} may not push base/hello: no rule allows it; rule " in denied.stderr
