"""How the certificates of servers are verified."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.ldap import faults
from app.tls import verifying_context

_HOST = "ldap.example.com"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Signer:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, name: str, by: _Signer | None, *extensions: tuple[x509.ExtensionType, bool]) -> Self:
        """Make one with exactly these extensions, each critical or not."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _named(name)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if by is None else by.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - _DAY)
            .not_valid_after(datetime.now(UTC) + _DAY)
        )
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, critical=is_critical)
        return cls(builder.sign(key if by is None else by.key, hashes.SHA256()), key)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _ca(*, path_length: int | None = None, critical: bool = True) -> tuple[x509.ExtensionType, bool]:
    return x509.BasicConstraints(ca=True, path_length=path_length), critical


_SAN = (x509.SubjectAlternativeName([x509.DNSName(_HOST)]), False)
_NO_CA = (x509.BasicConstraints(ca=False, path_length=None), True)


def _trusting(folder: Path, *signers: _Signer, make: Callable[..., ssl.SSLContext]) -> ssl.SSLContext:
    file = folder / "ca.pem"
    file.write_bytes(b"".join(each.pem for each in signers))
    return make(file)


def _shake(client: ssl.SSLContext, folder: Path, leaf: _Signer, *between: _Signer) -> None:
    """Run a handshake in memory.

    Raises:
        ssl.SSLCertVerificationError: The client does not take the certificate.
    """
    file = folder / "server.pem"
    key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(key + b"".join(each.pem for each in (leaf, *between)))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname=_HOST)
    answering = server.wrap_bio(there, back, server_side=True)
    for side in (asking, answering, asking):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue


def _as_since_3_13(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every default context be one of Python 3.13."""
    make = ssl.create_default_context

    def default(**given: Any) -> ssl.SSLContext:
        context = make(**given)
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    monkeypatch.setattr(ssl, "create_default_context", default)


def test_chain_and_name_are_verified() -> None:
    """The common name is not a name, and TLS 1.1 is not spoken."""
    context = verifying_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert not context.hostname_checks_common_name
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize("since_3_13", [False, True])
def test_an_authority_that_leaves_out_what_rfc_5280_asks_for_is_taken_on_every_python(
    since_3_13: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Companies have such: a basicConstraints that is not critical, no key usage, no key identifiers."""
    if since_3_13:
        _as_since_3_13(monkeypatch)
    root = _Signer.make("CA", None, _ca(critical=False))
    _shake(_trusting(tmp_path, root, make=verifying_context), tmp_path, _Signer.make("x", root, _SAN))


@pytest.mark.parametrize("since_3_13", [False, True])
def test_an_intermediate_authority_is_trusted_without_its_root_on_every_python(
    since_3_13: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever `ca_file` holds is trusted, and nothing above it."""
    if since_3_13:
        _as_since_3_13(monkeypatch)
    root = _Signer.make("Root", None, _ca())
    between = _Signer.make("Between", root, _ca())
    leaf = _Signer.make("x", between, _SAN)
    _shake(_trusting(tmp_path, between, make=verifying_context), tmp_path, leaf, between)


def test_what_ca_file_holds_is_all_that_is_trusted_unless_the_system_is_too(tmp_path: Path) -> None:
    """`registry check` trusts a file beside the system's authorities, the directory a file alone."""
    root = _Signer.make("CA", None, _ca())
    alone = _trusting(tmp_path, root, make=verifying_context)
    beside = _trusting(tmp_path, root, make=lambda file: verifying_context(file, beside_system=True))
    assert len(alone.get_ca_certs()) == 1
    assert len(beside.get_ca_certs()) == 1 + len(verifying_context().get_ca_certs())


def _chain(case: str) -> tuple[_Signer, _Signer, tuple[_Signer, ...]]:
    """Return what is trusted, the server's certificate, and what the server sends beside it."""
    root = _Signer.make("Root", None, _ca(path_length=0 if case == "too long" else None))
    if case in ("too long", "no authority"):
        between = _Signer.make("Between", root, _ca() if case == "too long" else _NO_CA)
        return root, _Signer.make("x", between, _SAN), (between,)
    if case == "constrained":
        only = x509.NameConstraints(permitted_subtrees=[x509.DNSName("example.org")], excluded_subtrees=None)
        root = _Signer.make("Root", None, _ca(), (only, True))
    if case == "made anew":
        return _Signer.make("Root", None, _ca()), _Signer.make("x", root, _SAN), ()
    if case == "unknown extension":
        own = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")
        return root, _Signer.make("x", root, _SAN, (own, True)), ()
    return root, _Signer.make("x", root, _SAN), ()


@pytest.mark.parametrize(
    ("case", "says", "advises"),
    [
        ("too long", "more CAs than one of them allows", "issued by a CA above it"),
        ("no authority", "may sign none", "issued by a CA"),
        ("constrained", "may not sign for this name", "a CA that may"),
        ("made anew", "not signed by the CA that it names", "put the new one into tls.ca_file"),
        ("unknown extension", "critical extension", "issued anew"),
    ],
)
def test_a_chain_that_is_refused_is_called_what_it_is(
    case: str, says: str, advises: str, tmp_path: Path
) -> None:
    """Trusting another CA, the usual advice, would help with none of these."""
    trusted, leaf, between = _chain(case)
    with pytest.raises(ssl.SSLCertVerificationError) as caught:
        _shake(_trusting(tmp_path, trusted, make=verifying_context), tmp_path, leaf, *between)
    fault = faults.of_handshake(caught.value, _HOST)
    assert says in fault.text
    assert advises in fault.hint
