"""What is wrong with a server, its port or its certificate, and what to change: one `Fault` each."""

from __future__ import annotations

import errno
import socket
import ssl

from app.errors import Fault

_TRUST = "put the certificate of the CA that signed it into tls.ca_file, or have the server send its chain"
_REISSUE = "have the server's certificate issued anew"
_NOT_TRUSTED = Fault("its certificate is signed by a CA that is not trusted", _TRUST)
_NOT_ITS_CA = Fault(
    "its certificate is not signed by the CA that it names",
    "a CA of this name was made anew: put the new one into tls.ca_file, or have the certificate issued by it",
)
_NO_CA = Fault("a certificate of its chain may sign none", "have the chain issued by a CA")
_WEAK = Fault("a certificate of its chain is signed with a weak digest", "have that one issued anew")
_VERIFICATION = {
    2: _NOT_TRUSTED,
    6: Fault("the key of its CA cannot be read", "have the certificate issued by another CA"),
    7: _NOT_ITS_CA,
    9: Fault("its certificate is not yet valid", "set the clocks of both machines"),
    10: Fault("its certificate has expired", "renew the server's certificate, or that of its CA"),
    18: Fault(
        "its certificate is signed by nobody but itself",
        "have it issued by a CA, or put that certificate into tls.ca_file",
    ),
    19: _NOT_TRUSTED,
    20: _NOT_TRUSTED,
    21: _NOT_TRUSTED,
    22: Fault("the chain of its certificate is too long", "have it issued by a CA nearer to the root"),
    23: Fault("its certificate has been revoked", "renew the server's certificate"),
    25: Fault(
        "its chain has more CAs than one of them allows (pathLenConstraint)",
        "have that CA issued anew, or the certificate issued by a CA above it",
    ),
    26: Fault("its certificate is not one for servers", _REISSUE + ", with serverAuth in extendedKeyUsage"),
    32: _NO_CA,
    34: Fault("a certificate of its chain has a critical extension that OpenSSL does not know", _REISSUE),
    41: Fault("a certificate of its chain has an extension that cannot be read", "have that one issued anew"),
    47: Fault("its CA may not sign for this name (nameConstraints)", "have it issued by a CA that may"),
    48: Fault("its CA may not sign for this name (nameConstraints)", "have it issued by a CA that may"),
    66: Fault("its certificate has too short a key", _REISSUE),
    67: Fault("the CA of its certificate has too short a key", "have the certificate issued by another CA"),
    68: _WEAK,
    79: _NO_CA,
}
"""By the verification error of OpenSSL (x509_vfy.h). `app.tls` leaves out the checks that only a strict
verification makes, whose codes begin at 80."""
_UNVERIFIED = Fault(
    "its certificate cannot be verified", "see its chain: `openssl s_client -connect HOST:PORT -showcerts`"
)
_WRONG_NAME = frozenset({62, 64})
NO_TLS = Fault(
    "it does not speak TLS on this port",
    "write ldap:// with start_tls: true, or the port that it has for ldaps (mostly 636)",
)
ONLY_TLS = Fault(
    "it speaks TLS on this port", "write ldaps://, or the port that it has for ldap (mostly 389)"
)
NO_START_TLS = Fault(
    "it does not start TLS", "give the server a certificate, or write ldaps:// without start_tls"
)
SPOKE_TOO_EARLY = Fault(
    "it sends more in clear before TLS begins", "look at what stands between this machine and the server"
)
CLOSED = Fault("it closed the connection", "its log may say why")
SILENT_CLOSE = Fault(
    "it closed the connection instead of answering",
    "if this is its port for TLS, write ldaps://; its log may say more",
)
CLOSED_AFTER_HANDSHAKE = Fault(
    "it closed the connection right after the TLS handshake",
    "if it wants a certificate of ours, set tls.client_cert and tls.client_key; its log may say more",
)
_CLOSED_IN_HANDSHAKE = Fault(
    "it closed the connection during the TLS handshake",
    "if this is its port for plain LDAP, write ldap:// with start_tls: true; its log may say more",
)
_TOO_OLD = Fault(
    "it speaks no version of TLS that tls.min_version allows",
    "update the server, or what it is configured to speak",
)
_NO_CIPHER = Fault(
    "it shares no cipher with this machine", "update the server, or what it is configured to speak"
)
_OUR_CERTIFICATE = Fault(
    "it wants a certificate of ours, or does not trust the one that it got",
    "set tls.client_cert and tls.client_key to one of a CA that the server trusts",
)
_REASONS = {
    "WRONG_VERSION_NUMBER": NO_TLS,
    "RECORD_LAYER_FAILURE": NO_TLS,
    "PACKET_LENGTH_TOO_LONG": NO_TLS,
    "HTTP_REQUEST": NO_TLS,
    "UNEXPECTED_MESSAGE": NO_TLS,
    "UNSUPPORTED_PROTOCOL": _TOO_OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _TOO_OLD,
    "NO_PROTOCOLS_AVAILABLE": _TOO_OLD,
    "WRONG_SSL_VERSION": _TOO_OLD,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _NO_CIPHER,
    "NO_SHARED_CIPHER": _NO_CIPHER,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _OUR_CERTIFICATE,
    "SSLV3_ALERT_BAD_CERTIFICATE": _OUR_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": _OUR_CERTIFICATE,
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": _OUR_CERTIFICATE,
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": _OUR_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": _OUR_CERTIFICATE,
    "TLSV1_ALERT_ACCESS_DENIED": _OUR_CERTIFICATE,
}
_ERRNOS = {
    errno.ECONNREFUSED: Fault("nothing listens there", "check host and port, and whether the server runs"),
    errno.EHOSTUNREACH: Fault("there is no way to it", "check the network and its firewalls"),
    errno.ENETUNREACH: Fault("there is no way to it", "check the network and its firewalls"),
    errno.ECONNRESET: Fault("it reset the connection", "its log may say why"),
    errno.EPIPE: CLOSED,
    errno.ENOENT: Fault("there is no such socket", "check its path, and that the server listens on ldapi://"),
    errno.EACCES: Fault(
        "this process may not connect to its socket", "check the mode of the socket, and of its folder"
    ),
}
LATE = Fault("it did not answer in time", "check the server and the network, or raise directory.timeouts")


def of_connecting(error: OSError) -> Fault:
    """Return why there is no connection."""
    if isinstance(error, socket.gaierror):
        return Fault(f"its name cannot be resolved ({error.strerror})", "check the name, and the DNS")
    return of_socket(error)


def of_handshake(error: OSError, server_name: str) -> Fault:
    """Return why there is no TLS.

    Args:
        error: What ended the handshake.
        server_name: The name that the certificate must have.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        if error.verify_code in _WRONG_NAME:
            return Fault(
                f"its certificate is not valid for {server_name}",
                "write a name of the certificate into the URL or into tls.server_name, or have the"
                " certificate issued with this name (a subjectAltName: the common name does not count)",
            )
        known = _VERIFICATION.get(error.verify_code, _UNVERIFIED)
        return _quoting(known, error.verify_message)
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return _quoting(
            _CLOSED_IN_HANDSHAKE, "EOF" if isinstance(error, ssl.SSLError) else "connection reset"
        )
    return of_socket(error)


def of_socket(error: OSError) -> Fault:
    """Return why a connection failed."""
    if isinstance(error, TimeoutError):
        return LATE
    if isinstance(error, ssl.SSLError):
        reason = error.reason or type(error).__name__
        known = _REASONS.get(reason, Fault("TLS failed", "its log may say more"))
        return _quoting(known, reason.replace("_", " ").lower())
    text = error.strerror or type(error).__name__
    return _ERRNOS.get(error.errno or 0, Fault(f"the connection failed ({text})", "its log may say more"))


def _quoting(fault: Fault, text: str) -> Fault:
    """Add OpenSSL's own words, for whoever searches for them."""
    return Fault(f"{fault.text} ({text})", fault.hint)
