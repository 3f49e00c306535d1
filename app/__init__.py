"""Wharfinger: the token server between an LDAP directory and Docker registries.

The way of a request, left to right:

    web/token.py → tokens/issue.py → login/ → directory/
                                   → rules/decide.py
                                   → keys/
    and out through web/token.py; the log, the audit stream and the metrics hang on tokens/issue.py alone.

Where things are:

    protocol/    the registry token protocol, pure: scopes, requests, claim sets
    rules/       from groups to actions: patterns, conditions, the engine
      file/      the rules file: read, checked, followed while the server runs
      parts/     rules taken apart, to be compared and read backwards
      review/    what the owners of rules ask: explain, who can, diff, replay, lint
    ldap/        an LDAP client for logins
    directory/   who someone is, and in which groups, by means of ldap/
    login/       credentials to subjects: robots, the directory, and what spares it
    keys/        signing keys, key ids, JWK Sets, certificates
    tokens/      the use case: log in, decide, sign, record
    state/       what all processes of all servers share: failed logins, in a database
    telemetry/   log, audit stream, metrics
    web/         Flask: parse, call one thing, render
    serving/     sockets: connections, and how long each may take
    cli/         the command line: the same objects, printed
    migrate/     rules out of what other token servers have
    registry/    what a registry must be configured with, and what is wrong with a running one
    audit/       audit streams that were written: searched, and checked to be whole
    settings.py  the configuration file; bootstrap.py makes the objects from it
    expiry.py    when to be told of what ends
    attention.py what loads and may still be wrong with it; places.py  whether the server can write there
    configfile/  YAML files that people write, with positions in every error
    watch/       files that change while the server runs: the last good of each, and who looks
    files.py     files, written as a whole or not at all, and read
    wsgi.py      what gunicorn runs, as gunicorn_conf.py and gunicorn_worker.py say; dumps.py  no core dumps
    dn.py        distinguished names; urls.py  addresses of HTTP servers; tls.py  certificates are verified
    breaker.py   when to stop asking what fails; single_flight.py  the same work at once is done once
    errors.py    the tree of errors
"""

__version__ = "0.1.0"
