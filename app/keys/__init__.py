"""Signing keys: with them this server signs tokens, and by them a registry verifies tokens.

Owns the keys folder of a realm and everything that is derived from a key:

    algorithm.py    the signature algorithms: one row of facts each
    kid.py          key ids: libtrust's, RFC 7638's, literal ones
    certificate.py  self-signed certificates, and whether two are of one authority
    signing_key.py  one key with its ids and certificates; it signs claim sets
    folder.py       the names of the files in a keys folder: NAME.STATE-TIME.pem, NAME.crt
    reader.py       who reads private keys, and whether a file's permissions suit them
    read.py         the two files of one key, and what can be wrong with them
    keyring.py      all keys of a realm; exactly one of them is active
    live.py         the keys of a running server, which follow the folder
    fitness.py      whether registries accept what keys sign
    create.py       a new key
    change.py       the folder while its lock is held: add, activate, retire, discard
    rotation.py     the next safe step of a rotation: what it is, what holds it, taking it
    jwks.py         what is published: the JWK Set and the bundle of certificates

States of a key, each of which is in the name of its file:

    announced  published, signs nothing    -> active (activate), retired (retire)
    active     signs; there is exactly one -> retired, when another one is activated
    retired    published, signs no more    -> active (activate), gone (discard)

Next door: `app.registry` writes what registries are configured with; `app.web` serves what is published;
`app.tokens` calls `SigningKey.sign`, and `app.protocol.claims` says what a token holds; `app.cli.keys` makes,
changes and publishes keys.
"""
