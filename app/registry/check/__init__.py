"""The examination of a running registry: whether it believes the tokens of a realm, and what to change.

    http.py         one request, with its limits
    challenge.py    what a registry answers without a token
    address.py      whether clients can use the address that it sends them to
    endpoint.py     what that address answers
    trials.py       tokens that differ in one thing each
    access.py       what it makes of the access in tokens, and which rights it keeps apart
    diagnosis.py    from what the registry takes and refuses to what is wrong
    advice.py       from a diagnosis to findings
    findings.py     one finding: what is wrong, and which settings to change
    examination.py  all of these on one registry
    changes.py      the lines to change in either configuration

`examine` returns an `Examination`, which is all that `registry check` prints, as text or as JSON.
"""
