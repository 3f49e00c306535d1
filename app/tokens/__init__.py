"""The use case: log in, decide, sign, record. Everything that issues tokens ends here.

issue.py      one request to the token endpoint of a realm, from what came over the wire to the answer
realm.py      what the tokens of a realm are made of, and a token that was made
progress.py   what is known of a request while it is answered, and its record
denial.py     when a request is refused with its reason, and what that is; denial_text.py puts it into words
kept_denials.py  keeps refusals for those whom people ask
candidate.py  what the candidate rules would grant differently

`web/token.py` reads the request and renders the answer. Who asks is found out in `login/`, what is granted is
decided in `rules/`, and the keys that sign are in `keys/`; `telemetry/` reports what became of it.
"""
