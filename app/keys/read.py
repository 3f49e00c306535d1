"""The two files of one key, and what can be wrong with them."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app import files
from app.errors import ConfigurationError, Problem, UnfitError
from app.keys.algorithm import Algorithm, PrivateKey, fitting, rsa_algorithm
from app.keys.folder import KeyFile
from app.keys.reader import Reader, name_of
from app.keys.signing_key import SigningKey

_PKCS8 = b"-----BEGIN PRIVATE KEY-----"
_PROTECTED = (b"-----BEGIN ENCRYPTED PRIVATE KEY-----", b"Proc-Type: 4,ENCRYPTED")


def read_signing_key(file: KeyFile, reader: Reader) -> SigningKey:
    """Read a key and its certificate.

    Args:
        file: The key's.
        reader: Who has to be able to read both.

    Raises:
        ConfigurationError: One of the files, or both, cannot be used.
    """
    problems: list[Problem] = []
    key = certificates = None
    since = file.since
    try:
        key, changed = _read_private_key(file.path, reader)
        since = since or changed
    except ConfigurationError as error:
        problems.extend(error.problems)
    try:
        certificates = _read_certificates(file, reader)
    except ConfigurationError as error:
        problems.extend(error.problems)
    if key and certificates and _info(key) != _info(certificates[0]):
        text = f"is not the certificate of {file.path.name}: their public keys differ"
        hint = "the certificate of the key itself comes first; those of authorities follow"
        problems.append(Problem.of_file(file.certificate, text, hint))
    if problems or not key or not certificates:
        raise ConfigurationError(problems)
    return SigningKey(file.name, file.state, _algorithm(key, certificates[0]), key, certificates, since)


def _read_private_key(path: Path, reader: Reader) -> tuple[PrivateKey, datetime]:
    """Read a key, and when its file was last written or renamed."""
    data, changed = _read_secret(path, reader)
    if any(mark in data for mark in _PROTECTED):
        hint = "`openssl pkey -in OLD -out NEW` takes the password off; the file's mode protects the key"
        raise _error(path, "is protected by a password", hint)
    try:
        # Only PKCS#8 says inside which kind of key it holds; the older forms are not taken at all.
        key = load_pem_private_key(data, password=None) if _PKCS8 in data else None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if key is None:
        hint = "`openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW` converts other forms"
        raise _error(path, "is no private key in PKCS#8 PEM form", hint)
    try:
        return fitting(key)[0], changed
    except UnfitError as error:
        raise _error(path, error.text, error.hint) from None


def _read_secret(path: Path, reader: Reader) -> tuple[bytes, datetime]:
    """Read a file that nobody else may read, and when its status last changed."""
    try:
        data, status = _read(path, reader)
    except OSError as error:
        raise _error(path, f"cannot be read: {error.strerror}") from None
    if reader.shares(status):
        mode = stat.S_IMODE(status.st_mode)
        text = f"others than its owner have access to this private key (mode {mode:04o})"
        raise _error(path, text, f"`chmod 600 {path}`")
    return data, datetime.fromtimestamp(status.st_ctime, UTC)


def _read(path: Path, reader: Reader) -> tuple[bytes, os.stat_result]:
    """Read a file that a reader can read too, whoever asks.

    Raises:
        ConfigurationError: The reader cannot.
        OSError: This process cannot.
    """
    with files.opened(path) as stream:
        status = os.fstat(stream.fileno())
        data = stream.read()
    if not reader.can_read(status):
        text = f"belongs to {name_of(status.st_uid)}, and cannot be read by {reader}, who owns the folder"
        raise _error(path, text, f"`chown {reader.uid} {path}`")
    return data, status


def _read_certificates(file: KeyFile, reader: Reader) -> tuple[x509.Certificate, ...]:
    path = file.certificate
    try:
        certificates = tuple(x509.load_pem_x509_certificates(_read(path, reader)[0]))
        for each in certificates:
            _ = each.subject, each.issuer  # names are decoded late, and may be no text
    except FileNotFoundError:
        command = "openssl req -x509 -new -days 3650 -subj /CN=wharfinger"
        hint = f"`{command} -key {file.path.name} -out {path.name}` makes it"
        raise _error(path, f"the certificate of {file.path.name} does not exist", hint) from None
    except OSError as error:
        raise _error(path, f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise _error(path, "holds no certificate in PEM form, or one that cannot be read") from None
    for number, (issued, issuer) in enumerate(pairwise(certificates), start=1):
        if not _is_issuer(issuer, issued):
            text = f"is no chain: certificate {number} was not issued by certificate {number + 1}"
            hint = "the key's own comes first, then each that issued the one before it"
            raise _error(path, text, hint)
    return certificates


def _is_issuer(issuer: x509.Certificate, issued: x509.Certificate) -> bool:
    try:
        issued.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _info(holder: PrivateKey | x509.Certificate) -> bytes | None:
    """Return the SubjectPublicKeyInfo; None for a certificate whose key is of an unknown kind."""
    try:
        return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return None


def _algorithm(key: PrivateKey, certificate: x509.Certificate) -> Algorithm:
    """Return the algorithm of a key: an RSA key's hash is that of its self-signed certificate."""
    usual, *others = fitting(key)[1]
    if others and certificate.issuer == certificate.subject:
        return rsa_algorithm(certificate) or usual
    return usual


def _error(path: Path, text: str, hint: str = "") -> ConfigurationError:
    return ConfigurationError([Problem.of_file(path, text, hint)])
