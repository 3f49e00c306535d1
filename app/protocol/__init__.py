"""The registry token protocol, pure: nothing here reads a clock, a file or a socket.

scope.py        the scope grammar: parse, merge, format
credentials.py  what a client presents: Basic, or the grant of a POST
request.py      what a client asks: credentials, service, scopes
claims.py       the claim set of a token
secret.py       text that must not be shown

Who may do what is decided in `rules/`; who someone is, in `login/`; the wire is `web/`.
"""
