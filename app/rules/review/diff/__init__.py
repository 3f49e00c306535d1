"""What changes between two rule sets, for everybody and for all names.

    changes.py   the sentences that a reviewer reads: what was found, gathered
    effects.py   the search: who gains and who loses, and a request that proves it

`replay.py` and `survey.py` next door compare for given requests instead.
"""
