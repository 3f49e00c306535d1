"""The registry token protocol, pure: nothing here reads a clock, a file or a socket, or writes a log.

scope.py        the scope grammar: parse, merge, format
credentials.py  what a client presents: Basic, or the grant of a POST
request.py      what a client asks: credentials, service, scopes
families.py     which clients show a person why a request was refused
claims.py       the claim set of a token, and how long tokens live
secret.py       text that must not be shown

`web/` reads HTTP into these values and renders the answer. Who someone is, is found out in `login/`; who may
do what is decided in `rules/`.
"""
