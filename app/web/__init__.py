"""Flask: parse, call one thing, render.

application.py  the Flask application, put together
token.py        the token endpoint
cors.py         which web pages may use it
parameters.py   query and form, percent-decoded once
arrival.py      what is found out about every request first: its id, its client
request_id.py   the id of a request
address.py      the client's address behind trusted proxies
realms.py       where the endpoints of a realm lie
keys.py         JWK Sets and certificate bundles
health.py       liveness, readiness, metrics
openapi.py      the description of all of them
errors.py       the one table from codes to HTTP

No decision is made here; HTTP statuses stand in errors.py alone.
"""
