"""Loading a folder of keys, every way in which one can be wrong, and what a ring publishes in which order."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from app.errors import ConfigurationError
from app.keys import jwks, kid
from app.keys.algorithm import Algorithm, PrivateKey
from app.keys.keyring import KeyRing, load
from app.keys.signing_key import KeyState, SigningKey
from tests.support.authority import Authority

PutKey = Callable[..., Path]
MakeKey = Callable[[PrivateKey, Algorithm], SigningKey]

_FORM_HINT = "`openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW` converts other forms"


def _problems(folder: Path) -> list[str]:
    """Load a folder that is wrong; give its problems, with paths as seen from the folder's parent."""
    with pytest.raises(ConfigurationError) as raised:
        load(folder)
    return [str(problem).replace(f"{folder.parent}/", "") for problem in raised.value.problems]


def _problem(folder: Path) -> str:
    """Load a folder in which one thing is wrong."""
    (only,) = _problems(folder)
    return only


@pytest.fixture
def folder(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> Path:
    """A folder with one good, active key."""
    return put_key(ec_key, "good.active.pem")


def test_a_good_folder(folder: Path, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A folder with an active key and its certificate makes a ring that signs with that key."""
    ring = load(folder)
    assert (ring.active.name, ring.active.state, ring.active.algorithm) == ("good", "active", "ES256")
    assert ring.active.public_key == ec_key.public_key()


def test_the_active_key_signs(folder: Path, now: datetime) -> None:
    """A ring's token carries the id of its active key."""
    ring = load(folder)
    token = ring.signer(now).sign({"sub": "alice"}, kid_format=kid.LIBTRUST, x5c=False)
    assert jwt.decode(token, ring.active.public_key, algorithms=["ES256"]) == {"sub": "alice"}


def test_order(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Keys are kept in the order of their names, and published by state first."""
    for file in ("d.active.pem", "c.retired.pem", "b.announced.pem", "e.announced.pem", "a.retired.pem"):
        folder = put_key(ec_key, file)
    ring = load(folder)
    assert [key.name for key in ring.keys] == ["a", "b", "c", "d", "e"]
    assert [key.name for key in ring.published] == ["d", "b", "e", "a", "c"]


def test_what_is_published_is_kept(folder: Path) -> None:
    """A ring holds its JWK Set and its bundle ready."""
    ring = load(folder)
    assert ring.jwk_set == jwks.jwk_set(ring.published)
    assert ring.pem_bundle == jwks.pem_bundle(ring.published) == (folder / "good.crt").read_bytes()


def test_a_name_may_have_dots(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Only the last two parts of a file name mean something."""
    ring = load(put_key(ec_key, "2025.01.retired.active.pem"))
    assert (ring.active.name, ring.active.state) == ("2025.01.retired", KeyState.ACTIVE)


def test_other_files_are_left_alone(folder: Path) -> None:
    """Hidden files, certificates without a key and other files in the folder do no harm."""
    for name in (".lock", ".half.active.pem", "old.crt", "README"):
        (folder / name).touch()
    assert len(load(folder).keys) == 1


def test_keys_may_be_links(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A folder of links, as orchestrators mount secrets, is read like one of files."""
    links = tmp_path_factory.mktemp("links")
    for file in folder.iterdir():
        (links / file.name).symlink_to(file)
    assert load(links).active.name == "good"


def test_a_chain_is_kept(folder: Path, ec_key: ec.EllipticCurvePrivateKey, now: datetime) -> None:
    """A certificate file may hold the certificates that the key's own chains to."""
    (folder / "good.crt").write_bytes(Authority.make(now).certify(ec_key.public_key(), now))
    key = load(folder).active
    assert (len(key.x5c), key.is_self_signed) == (2, False)


def test_a_chain_in_the_wrong_order(folder: Path, ec_key: ec.EllipticCurvePrivateKey, now: datetime) -> None:
    """Certificates of which one did not issue the one before it are refused, as registries would."""
    chain = Authority.make(now).certify(ec_key.public_key(), now)
    (folder / "good.crt").write_bytes(chain + (folder / "good.crt").read_bytes())
    assert _problem(folder) == (
        f"{folder.name}/good.crt: is no chain: certificate 2 was not issued by certificate 3 "
        "(the key's own comes first, then each that issued the one before it)"
    )


@pytest.mark.parametrize("algorithm", [Algorithm.RS256, Algorithm.RS384, Algorithm.RS512])
def test_the_hash_of_an_rsa_key(algorithm: Algorithm, put_key: PutKey, rsa_key: rsa.RSAPrivateKey) -> None:
    """An RSA key signs tokens with the hash that it signed its own certificate with."""
    assert load(put_key(rsa_key, "k.active.pem", algorithm)).active.algorithm is algorithm


def test_no_folder(tmp_path: Path) -> None:
    """A missing folder is named, with the command that makes it."""
    assert _problem(tmp_path / "keys") == (
        "keys: the folder of the signing keys does not exist "
        "(`wharfinger keys new` makes it, and a first key in it)"
    )


def test_the_folder_is_a_file(tmp_path: Path) -> None:
    """A folder that cannot be read says why."""
    (tmp_path / "keys").touch()
    assert _problem(tmp_path / "keys") == (
        "keys: the folder of the signing keys cannot be read: Not a directory"
    )


def test_no_active_key(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A folder without an active key is named, with the command that makes one."""
    folder = put_key(ec_key, "k.announced.pem")
    assert _problem(folder) == (
        f"{folder.name}: there is no active signing key in this folder (`wharfinger keys new` makes one)"
    )


def test_two_active_keys(folder: Path, put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Two active keys are both named."""
    put_key(ec_key, "other.active.pem")
    assert _problem(folder) == (
        f"{folder.name}: there is more than one active signing key: good.active.pem, other.active.pem "
        "(rename all but one to NAME.announced.pem or NAME.retired.pem)"
    )


@pytest.mark.parametrize("name", ["key.pem", "key.old.pem", "key.ACTIVE.pem", "active.pem", "k k.active.pem"])
def test_a_name_without_a_state(folder: Path, name: str) -> None:
    """A key file whose name does not say its state is refused rather than ignored."""
    (folder / name).touch()
    assert _problem(folder) == (
        f"{folder.name}/{name}: the file name does not say which state the key has "
        "(call it NAME.announced.pem, NAME.active.pem or NAME.retired.pem)"
    )


def test_a_name_with_two_states(folder: Path, put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A key that was copied instead of renamed is found."""
    put_key(ec_key, "good.retired.pem")
    assert _problem(folder) == (
        f"{folder.name}/good.retired.pem: has the same name as good.active.pem "
        "(a key has one state; give another key another name)"
    )


@pytest.mark.parametrize(
    "content", [b"", b"\xff\x00", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_not_a_key(folder: Path, content: bytes) -> None:
    """A file that holds no key says which form is wanted."""
    (folder / "good.active.pem").write_bytes(content)
    assert _problem(folder) == (
        f"{folder.name}/good.active.pem: is no private key in PKCS#8 PEM form ({_FORM_HINT})"
    )


def test_an_older_form(folder: Path, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A key in another PEM form is not taken."""
    old = ec_key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    (folder / "good.active.pem").write_bytes(old)
    assert _problem(folder) == (
        f"{folder.name}/good.active.pem: is no private key in PKCS#8 PEM form ({_FORM_HINT})"
    )


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_protected_key(folder: Path, form: PrivateFormat, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A password on the key is named, whichever form carries it."""
    protected = ec_key.private_bytes(Encoding.PEM, form, BestAvailableEncryption(b"key-password"))
    (folder / "good.active.pem").write_bytes(protected)
    assert _problem(folder) == (
        f"{folder.name}/good.active.pem: is protected by a password "
        "(`openssl pkey -in OLD -out NEW` takes the password off; the file's mode protects the key)"
    )


def test_a_short_rsa_key(put_key: PutKey, short_rsa_key: rsa.RSAPrivateKey) -> None:
    """An RSA key that is too short says how long it should be."""
    folder = put_key(short_rsa_key, "k.active.pem", Algorithm.RS256)
    assert _problem(folder) == (
        f"{folder.name}/k.active.pem: is an RSA key of 1024 bits, too short to be trusted "
        "(use 2048 bits or more)"
    )


def test_an_unknown_curve(put_key: PutKey) -> None:
    """A curve that no token algorithm uses says which do."""
    folder = put_key(ec.generate_private_key(ec.SECP256K1()), "k.active.pem")
    assert _problem(folder) == (
        f"{folder.name}/k.active.pem: is an EC key on the curve secp256k1, which no token algorithm uses "
        "(use P-256, P-384 or P-521)"
    )


def test_an_unknown_kind_of_key(put_key: PutKey) -> None:
    """A kind of key that signs no tokens says which do."""
    folder = put_key(ed448.Ed448PrivateKey.generate(), "k.active.pem", Algorithm.EDDSA)
    assert _problem(folder) == (
        f"{folder.name}/k.active.pem: is a key of a kind that cannot sign tokens (use EC, RSA or Ed25519)"
    )


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_mode_that_is_too_open(folder: Path, mode: int) -> None:
    """A key that others may touch is refused, with the command that closes it."""
    path = folder / "good.active.pem"
    path.chmod(mode)
    name = f"{folder.name}/good.active.pem"
    assert _problem(folder) == (
        f"{name}: others than its owner have access to this private key (mode {mode:04o}) "
        f"(`chmod 600 {name}`)"
    )


def test_a_key_that_cannot_be_read(folder: Path) -> None:
    """A link to nowhere says so."""
    path = folder / "good.active.pem"
    path.unlink()
    path.symlink_to(folder / "nowhere")
    assert _problem(folder) == f"{folder.name}/good.active.pem: cannot be read: No such file or directory"


def test_no_certificate(folder: Path) -> None:
    """A missing certificate is named, with the command that makes it."""
    (folder / "good.crt").unlink()
    assert _problem(folder) == (
        f"{folder.name}/good.crt: the certificate of good.active.pem does not exist (`openssl req -x509 -new "
        "-days 3650 -subj /CN=wharfinger -key good.active.pem -out good.crt` makes it)"
    )


def test_a_certificate_that_cannot_be_read(folder: Path) -> None:
    """A certificate that cannot be read says why."""
    (folder / "good.crt").unlink()
    (folder / "good.crt").mkdir()
    assert _problem(folder) == f"{folder.name}/good.crt: cannot be read: Is a directory"


def test_no_certificate_in_the_file(folder: Path) -> None:
    """A certificate file without a certificate says so."""
    (folder / "good.crt").write_text("no certificate")
    assert (
        _problem(folder)
        == f"{folder.name}/good.crt: holds no certificate in PEM form, or one that cannot be read"
    )


def test_a_certificate_whose_name_is_no_text(folder: Path) -> None:
    """Names are decoded late: one that cannot be is found when the key is read, not when it is shown."""
    pem = (folder / "good.crt").read_bytes()
    certificate = x509.load_pem_x509_certificate(pem)
    (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(name.value).encode()
    der = certificate.public_bytes(Encoding.DER).replace(text, b"\xff" * len(text))
    (folder / "good.crt").write_text(ssl.DER_cert_to_PEM_cert(der))
    assert _problem(folder) == (
        f"{folder.name}/good.crt: holds no certificate in PEM form, or one that cannot be read"
    )


def test_the_certificate_of_another_key(
    folder: Path, put_key: PutKey, ed25519_key: ed25519.Ed25519PrivateKey
) -> None:
    """A certificate of another key is refused: a registry would trust the wrong one."""
    put_key(ed25519_key, "other.retired.pem", Algorithm.EDDSA)
    (folder / "good.crt").write_bytes((folder / "other.crt").read_bytes())
    assert _problem(folder) == (
        f"{folder.name}/good.crt: is not the certificate of good.active.pem: their public keys differ "
        "(the certificate of the key itself comes first; those of authorities follow)"
    )


def test_every_problem_at_once(folder: Path, put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """All that is wrong in a folder is told in one go, in the order of the files."""
    put_key(ec_key, "open.active.pem").joinpath("open.active.pem").chmod(0o644)
    (folder / "open.crt").unlink()
    (folder / "plain.pem").touch()
    files = [problem.partition(": ")[0] for problem in _problems(folder)]
    name = folder.name
    assert files == [name, f"{name}/open.active.pem", f"{name}/open.crt", f"{name}/plain.pem"]


def test_the_last_activated_key_is_the_active_one(
    put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    """Between the two renamings of an activation the new key signs, and the old one is retired since then."""
    put_key(ec_key, "old.active-20250130T000000Z.pem")
    ring = load(put_key(ec_key, "new.active-20250131T120000Z.pem"))
    assert [(key.name, key.state) for key in ring.published] == [("new", "active"), ("old", "retired")]
    assert ring.published[1].since == ring.active.since


def test_a_time_beats_none(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """A key that was named by hand gives way to one that a command activated."""
    put_key(ec_key, "a.active.pem")
    assert load(put_key(ec_key, "b.active-20250131T120000Z.pem")).active.name == "b"


def test_two_keys_activated_at_once(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """Where nobody can tell which one was activated last, the folder is refused."""
    for file in ("a.active-20250131T120000Z.pem", "b.active-20250131T120000Z.pem", "c.active.pem"):
        folder = put_key(ec_key, file)
    assert "there is more than one active signing key: a.active-2025" in _problem(folder)


def test_since_when(put_key: PutKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """The time of a state is in the file's name, else that of the file's last change."""
    put_key(ec_key, "a.active.pem")
    folder = put_key(ec_key, "b.announced-20250131T120000Z.pem")
    ring = load(folder)
    changed = datetime.fromtimestamp((folder / "a.active.pem").stat().st_ctime, UTC)
    assert [key.since for key in ring.keys] == [changed, datetime(2025, 1, 31, 12, tzinfo=UTC)]


@pytest.mark.parametrize(
    "name",
    [
        "k.active-2025.pem",
        "k.active-20251331T120000Z.pem",
        "k.active-.pem",
        "k.retired-99991231T235959Z.pem",
    ],
)
def test_a_time_that_is_none(folder: Path, name: str) -> None:
    """A time that cannot be read, or after which there is none to wait for, is no state."""
    (folder / name).touch()
    assert "the file name does not say which state the key has" in _problem(folder)


class _Rings:
    """Rings as a worker reads them one after the other."""

    def __init__(self, make: MakeKey, now: datetime) -> None:
        self.now = now
        self.keys = {
            name: replace(make(ec.generate_private_key(ec.SECP256R1()), Algorithm.ES256), name=name)
            for name in ("old", "new", "third")
        }

    def ring(self, **states: str) -> KeyRing:
        keys = [replace(self.keys[name], state=KeyState(state)) for name, state in states.items()]
        return KeyRing(tuple(keys))

    def signs(self, ring: KeyRing, seconds: int = 0) -> str:
        return ring.signer(self.now + timedelta(seconds=seconds)).name


@pytest.fixture
def rings(make_key: MakeKey, now: datetime) -> _Rings:
    """Return rings of the same three keys."""
    return _Rings(make_key, now)


def test_an_announced_key_signs_at_once(rings: _Rings, now: datetime) -> None:
    """Every worker publishes a key that was announced, so nobody has to wait when it is activated."""
    before = rings.ring(old="active", new="announced")
    assert rings.signs(rings.ring(old="retired", new="active").after(before, now)) == "new"


def test_a_key_that_nobody_announced_waits(rings: _Rings, now: datetime) -> None:
    """Until the other workers publish it too, the former one signs, which all of them publish."""
    ring = rings.ring(old="retired", new="active").after(rings.ring(old="active"), now)
    assert [rings.signs(ring, seconds) for seconds in (0, 9, 10)] == ["old", "old", "new"]
    assert [key.name for key in ring.published] == ["new", "old"]


def test_a_change_while_a_key_waits_does_not_end_the_wait(rings: _Rings, now: datetime) -> None:
    """Nor does it begin anew."""
    first = rings.ring(old="retired", new="active").after(rings.ring(old="active"), now)
    later = now + timedelta(seconds=4)
    ring = rings.ring(old="retired", new="active", third="announced").after(first, later)
    assert [rings.signs(ring, seconds) for seconds in (9, 10)] == ["old", "new"]
    ring = rings.ring(new="retired", third="active", old="retired").after(first, later)
    assert [rings.signs(ring, seconds) for seconds in (13, 14)] == ["old", "third"]


def test_a_key_that_leaked_signs_no_more(rings: _Rings, now: datetime) -> None:
    """Where the former key was removed, the new one signs at once, announced or not."""
    assert rings.signs(rings.ring(new="active").after(rings.ring(old="active"), now)) == "new"


def test_a_change_that_leaves_the_active_key(rings: _Rings, now: datetime) -> None:
    """The active key goes on to sign when others come and go."""
    before = rings.ring(old="active")
    assert rings.signs(rings.ring(old="active", new="announced").after(before, now)) == "old"


def test_no_problem_shows_a_key(folder: Path) -> None:
    """An error about a key that was damaged on disk shows nothing of the file."""
    path = folder / "good.active.pem"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], "!", *lines[1:]]))
    with pytest.raises(ConfigurationError) as raised:
        load(folder)
    assert lines[1] not in str(raised.value)
