"""Signing keys: what makes a token of this server believed by a registry.

Owns the keys folder of a realm and everything that is derived from a key:

    algorithm.py    the signature algorithms, and which private key fits which
    kid.py          key ids: libtrust's, RFC 7638's, literal ones
    certificate.py  a self-signed certificate for a key
    signing_key.py  one key with its ids and certificates; it signs claim sets
    folder.py       the names of the files in a keys folder: NAME.STATE-TIME.pem, NAME.crt
    read.py         the two files of one key, and what can be wrong with them
    keyring.py      all keys of a realm; exactly one of them is active
    live.py         the keys of a running server, which follow the folder
    fitness.py      whether keys suit the services that they sign for
    create.py       a new key in a folder
    change.py       activate, retire, remove a key
    rotation.py     the safe order of these, and how long to wait in between
    jwks.py         what is published: the JWK Set and the bundle of certificates

What stands in a token is the business of `app.protocol.claims`, who calls `SigningKey.sign` that of
`app.tokens`; `app.web` serves what is published, and `app.cli.keys` makes, changes and publishes keys.
"""
