"""Flask: parse, call one thing, render.

application.py  the Flask application, put together
token.py        the token endpoint
keys.py         JWK Sets and certificate bundles
health.py       liveness, readiness, metrics
errors.py       the one table from codes to HTTP

No decision is made here; HTTP statuses stand in errors.py alone.
"""
