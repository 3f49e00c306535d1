"""Inspects a server step by step, for an operator who sets a directory up: what works, and what to change.

Only commands use it; no login does.

    servers.py   inspects every server of a directory, and looks one person up at each
    server.py    inspects one server: host name, connection, TLS, root entry, service account
    content.py   what the server must hold: attributes, people, groups, membership
    report.py    the result, as values
"""
