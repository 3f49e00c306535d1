"""What a registry is configured with: who is refused, and what stands in the files."""

from __future__ import annotations

import dataclasses
import json
import re
import ssl
from pathlib import PurePosixPath
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from app.errors import UnfitError
from app.keys.algorithm import Algorithm
from app.keys.certificate import self_signed
from app.keys.keyring import KeyRing
from app.keys.kid import KeyId
from app.keys.signing_key import KeyState, SigningKey
from app.registry.agreement import Agreement, RegistryKind, token_url, token_url_below
from app.registry.config.output import Format, Output, output
from tests.support.authority import Authority
from tests.unit.conftest import KEY_TIME as NOW
from tests.unit.conftest import MakeKey

ISSUER = "https://auth.example.com/auth/realms/corp"
AGREEMENT = Agreement(
    realm=f"{ISSUER}/protocol/docker-v2/auth",
    service="registry.example.com",
    issuer=ISSUER,
    key_id=KeyId.parse("libtrust"),
    x5c=False,
)


@pytest.fixture
def elliptic(make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey) -> KeyRing:
    """Return a ring with an ES256 key."""
    return KeyRing((make_key(ec_key, Algorithm.ES256),))


@pytest.fixture
def edwards(make_key: MakeKey, ed25519_key: ed25519.Ed25519PrivateKey) -> KeyRing:
    """Return a ring with an EdDSA key."""
    return KeyRing((make_key(ed25519_key, Algorithm.EDDSA),))


def _made(kind: str, form: str, ring: KeyRing, **changes: Any) -> Output:
    agreement = dataclasses.replace(AGREEMENT, **changes)
    return output(RegistryKind(kind), Format(form), agreement, ring, None)


def _settings(made: Output) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load(made.files["config.yml"])["auth"]["token"]
    return settings


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (ISSUER, f"{ISSUER}/protocol/docker-v2/auth"),
        (f"{ISSUER}/", f"{ISSUER}/protocol/docker-v2/auth"),
        ("http://127.0.0.1:5001/realms/corp", "http://127.0.0.1:5001/realms/corp/protocol/docker-v2/auth"),
        ("https://auth.example.com/auth/realms/other", None),
        ("https://auth.example.com", None),
        ("Acme auth server", None),
        ("gitlab/realms/corp", None),
    ],
)
def test_the_token_endpoint_is_derived_from_the_issuer(issuer: str, expected: str | None) -> None:
    """Where the issuer is the address of its realm; nothing is guessed otherwise."""
    assert token_url(issuer, "corp") == expected


def test_the_token_endpoint_below_the_address_of_a_server() -> None:
    """The name of the realm is a part of the path, whatever is in it."""
    expected = "https://a.example.com/x/auth/realms/caf%C3%A9%20%25/protocol/docker-v2/auth"
    assert token_url_below("https://a.example.com/x/", "café %") == expected


def test_distribution_2_is_refused_a_key_that_it_cannot_verify(edwards: KeyRing) -> None:
    """The text says which keys are right."""
    with pytest.raises(UnfitError, match=r"EdDSA.*ES256"):
        _made("distribution2", "yaml", edwards)


def test_distribution_2_is_refused_key_ids_that_it_does_not_know(elliptic: KeyRing) -> None:
    """But not where tokens carry their certificates, for then the id is not looked at."""
    with pytest.raises(UnfitError, match="remove key_id"):
        _made("distribution2", "yaml", elliptic, key_id=KeyId.parse("rfc7638"))
    assert _settings(
        _made("distribution2", "yaml", elliptic, key_id=KeyId.parse("rfc7638"), x5c=True)
    ) == _settings(_made("distribution2", "yaml", elliptic))


def test_distribution_2_is_not_given_an_eddsa_key_beside_another(
    make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey, ed25519_key: ed25519.Ed25519PrivateKey
) -> None:
    """It would not start; the administrator is told."""
    announced = dataclasses.replace(
        make_key(ed25519_key, Algorithm.EDDSA), name="next", state=KeyState.ANNOUNCED
    )
    made = _made("distribution2", "yaml", KeyRing((make_key(ec_key, Algorithm.ES256), announced)))
    assert len(x509.load_pem_x509_certificates(made.files["certs.pem"])) == 1
    assert made.notes == ("The EdDSA key next is left out: Distribution 2.x does not start with it.",)


def test_distribution_3_gets_the_jwk_set_and_the_algorithms_of_its_keys(
    make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    """And takes no other algorithm: left to itself it would take HS256."""
    old = dataclasses.replace(make_key(rsa_key, Algorithm.RS256), name="old", state=KeyState.RETIRED)
    ring = KeyRing((make_key(ec_key, Algorithm.ES256), old))
    made = _made("distribution3", "yaml", ring)
    assert made.files["jwks.json"] == ring.jwk_set
    assert _settings(made)["signingalgorithms"] == ["ES256", "RS256"]
    assert "rootcertbundle" not in _settings(made)


def test_tokens_with_certificates_are_believed_by_what_those_lead_to(
    ec_key: ec.EllipticCurvePrivateKey,
) -> None:
    """Then the bundle has the authority, and not the keys: a new key needs no restart."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = self_signed(authority_key, Algorithm.ES256, common_name="authority", now=NOW)
    leaf = self_signed(ec_key, Algorithm.ES256, common_name="leaf", now=NOW)
    ring = KeyRing((SigningKey("leaf", KeyState.ACTIVE, Algorithm.ES256, ec_key, (leaf, authority)),))
    for kind in ("distribution2", "distribution3"):
        made = _made(kind, "yaml", ring, x5c=True)
        assert x509.load_pem_x509_certificates(made.files["certs.pem"]) == [authority]
        assert _settings(made)["rootcertbundle"].endswith("/certs.pem")


def test_a_certificate_without_that_of_its_authority_is_noted(ec_key: ec.EllipticCurvePrivateKey) -> None:
    """The bundle then has the key's own, and would have to change with the key."""
    authority = Authority.make(NOW)
    (leaf, _) = x509.load_pem_x509_certificates(authority.certify(ec_key.public_key(), NOW))
    ring = KeyRing((SigningKey("leaf", KeyState.ACTIVE, Algorithm.ES256, ec_key, (leaf,)),))
    for kind in ("distribution2", "distribution3"):
        assert "key leaf itself" in " ".join(_made(kind, "yaml", ring, x5c=True).notes)
        assert _made(kind, "yaml", ring).notes == ()


def test_a_literal_key_id_names_the_active_key(elliptic: KeyRing) -> None:
    """It is the first of the set; the note says what that means for a rotation."""
    made = _made("distribution3", "yaml", elliptic, key_id=KeyId.parse("literal:the key"))
    named, *others = json.loads(made.files["jwks.json"])["keys"]
    assert named["kid"] == "the key"
    assert (named["x"], named["y"]) == (others[0]["x"], others[0]["y"])
    assert "'the key'" in made.notes[0]


@pytest.mark.parametrize(
    "service", ["registry.example.com:5000", "Docker registry", "a: b", "123", "yes", "null", '"x"', "é{}"]
)
def test_a_variable_is_read_as_the_text_that_it_stands_for(elliptic: KeyRing, service: str) -> None:
    """A registry reads each variable as YAML: what YAML takes for something else is quoted."""
    text = _made("distribution3", "env", elliptic, service=service).files["registry.env"].decode()
    variables = dict(line.split("=", 1) for line in text.splitlines())
    assert yaml.safe_load(variables["REGISTRY_AUTH_TOKEN_SERVICE"]) == service
    assert yaml.safe_load(variables["REGISTRY_AUTH_TOKEN_SIGNINGALGORITHMS"]) == ["ES256"]


@pytest.mark.parametrize("kind", list(RegistryKind))
def test_the_compose_file_mounts_what_the_configuration_names(elliptic: KeyRing, kind: RegistryKind) -> None:
    """Each file where the registry looks for it; the port is published on loopback only."""
    made = output(kind, Format.COMPOSE, AGREEMENT, elliptic, None)
    registry = yaml.safe_load(made.files["docker-compose.yml"])["services"]["registry"]
    mounts = dict(volume.split(":")[:2] for volume in registry["volumes"])
    mounted = {PurePosixPath(name).name: place for name, place in mounts.items() if name.startswith("./")}
    assert mounted.keys() == made.files.keys() - {"docker-compose.yml", "README.md"}
    config = next(text for name, text in made.files.items() if name.startswith("config."))
    for name, place in mounted.items():
        assert name.startswith("config.") or place.encode() in config
    assert all(port.startswith("127.0.0.1:") for port in registry["ports"])


@pytest.mark.parametrize("form", [Format.ENV, Format.COMPOSE, Format.KUBERNETES])
@pytest.mark.parametrize(
    ("kind", "told"), [(RegistryKind.DISTRIBUTION2, False), (RegistryKind.DISTRIBUTION3, True)]
)
def test_no_traces_are_sent_to_nobody(
    elliptic: KeyRing, kind: RegistryKind, form: Format, *, told: bool
) -> None:
    """Distribution 3.x would look for a collector on its own host, and log all day that there is none."""
    made = output(kind, form, AGREEMENT, elliptic, None)
    assert (b"OTEL_TRACES_EXPORTER" in made.files[made.main]) is told


def test_a_service_is_quoted_for_the_shell(elliptic: KeyRing) -> None:
    """Where the README shows a command with it: a name may hold blanks and quotes."""
    guide = _made("distribution2", "yaml", elliptic, service="bob's registry").files["README.md"].decode()
    assert """--service 'bob'"'"'s registry'""" in guide


ZOT_KEYS = {
    "distSpecVersion": str,
    "storage": {"rootDirectory": str, "dedupe": bool},
    "http": {
        "compat": list,
        "address": str,
        "port": str,
        "auth": {"bearer": {"realm": str, "service": str, "cert": str}},
    },
    "log": {"level": str},
}
"""The keys that zot documents, of those that are used."""


def _has_shape(value: object, shape: Any) -> bool:
    if isinstance(shape, type):
        return isinstance(value, shape)
    return (
        isinstance(value, dict)
        and value.keys() == shape.keys()
        and all(_has_shape(value[key], shape[key]) for key in shape)
    )


def test_zot_gets_the_certificate_of_the_active_key(
    make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey, rsa_key: rsa.RSAPrivateKey
) -> None:
    """And the keys that its documentation names, of the types that it names."""
    old = dataclasses.replace(make_key(rsa_key, Algorithm.RS256), name="old", state=KeyState.RETIRED)
    ring = KeyRing((make_key(ec_key, Algorithm.ES256), old))
    made = _made("zot", "yaml", ring)
    settings = json.loads(made.files["config.json"])
    assert _has_shape(settings, ZOT_KEYS)
    assert settings["http"]["auth"]["bearer"]["realm"] == AGREEMENT.realm
    (certificate,) = x509.load_pem_x509_certificates(made.files["wharfinger.crt"])
    assert certificate == ring.active.certificates[0]
    assert any("every token of this key" in note for note in made.notes)


def test_zot_takes_what_docker_pushes_and_shares_no_blobs(elliptic: KeyRing) -> None:
    """Without the one each `docker push` fails; with the other a token for one repository reads all blobs."""
    made = _made("zot", "yaml", elliptic)
    settings = json.loads(made.files["config.json"])
    assert settings["http"]["compat"] == ["docker2s2"]
    assert settings["storage"]["dedupe"] is False
    notes = " ".join(made.notes)
    assert "Leave `dedupe` off: with it, whoever may pull from one repository reads any blob" in notes
    assert "zot answers an expired token without a challenge" in notes
    readme = made.files["README.md"].decode()
    assert all(note in readme for note in made.notes)
    assert "issuer" not in readme.partition("must be exactly the same")[2].partition("Note:")[0]
    assert "--key announced" in readme


@pytest.mark.parametrize("form", ["compose", "kubernetes"])
def test_zot_is_one_that_keeps_push_and_delete_apart(elliptic: KeyRing, form: str) -> None:
    """Since 2.1.18; before, whoever may push may delete."""
    made = _made("zot", form, elliptic)
    found = re.search(r"zot-linux-amd64:v(\d+)\.(\d+)\.(\d+)", made.files[made.main].decode())
    assert found is not None
    assert tuple(map(int, found.groups())) >= (2, 1, 18)


def test_zot_is_given_another_key(make_key: MakeKey, ec_key: ec.EllipticCurvePrivateKey) -> None:
    """That of the next key, before it signs."""
    following = dataclasses.replace(
        make_key(ec.generate_private_key(ec.SECP256R1()), Algorithm.ES256),
        name="next",
        state=KeyState.ANNOUNCED,
    )
    ring = KeyRing((make_key(ec_key, Algorithm.ES256), following))
    made = output(RegistryKind.ZOT, Format.YAML, AGREEMENT, ring, None, key=following)
    (certificate,) = x509.load_pem_x509_certificates(made.files["wharfinger.crt"])
    assert certificate == following.certificates[0]


def test_zot_reads_no_variables(elliptic: KeyRing) -> None:
    """So there is no such output for it."""
    with pytest.raises(UnfitError, match="--format yaml"):
        _made("zot", "env", elliptic)


@pytest.mark.parametrize("kind", list(RegistryKind))
def test_the_manifests_hold_everything(elliptic: KeyRing, kind: RegistryKind) -> None:
    """One file for kubectl; names and labels that Kubernetes takes; mounts of volumes that there are."""
    made = output(kind, Format.KUBERNETES, AGREEMENT, elliptic, None)
    assert made.files.keys() == {"registry.yaml", "README.md"}
    documents = list(yaml.safe_load_all(made.files["registry.yaml"]))
    assert [each["kind"] for each in documents] == [
        "ConfigMap",
        "ConfigMap",
        "PersistentVolumeClaim",
        "Deployment",
        "Service",
    ]
    names = {(each["kind"], each["metadata"]["name"]) for each in documents}
    deployment, service = documents[3]["spec"], documents[4]["spec"]
    pod = deployment["template"]["spec"]
    for volume in pod["volumes"]:
        named = volume.get("configMap") or {"name": volume["persistentVolumeClaim"]["claimName"]}
        assert ("ConfigMap" if "configMap" in volume else "PersistentVolumeClaim", named["name"]) in names
    assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == {
        volume["name"] for volume in pod["volumes"]
    }
    labels = deployment["template"]["metadata"]["labels"]
    assert deployment["selector"]["matchLabels"] == labels == service["selector"]


@pytest.mark.parametrize("form", list(Format))
def test_no_private_key_is_given_away(elliptic: KeyRing, form: Format) -> None:
    """Whatever the format."""
    made = output(RegistryKind.DISTRIBUTION3, form, AGREEMENT, elliptic, None)
    assert not any(b"PRIVATE" in data for data in made.files.values())
    assert '"d":' not in made.files.get("jwks.json", b"").decode()


def test_the_certificate_is_one_that_others_can_read(elliptic: KeyRing) -> None:
    """OpenSSL takes the bundle too."""
    made = _made("distribution2", "yaml", elliptic)
    assert ssl.PEM_cert_to_DER_cert(made.files["certs.pem"].decode())
