"""Rules taken apart, so that they can be compared, and read from the resource back to whom they are for.

bindings.py   for whom a rule is about one resource, and what its variables stand for there
clauses.py    one clause for each audience and each pattern of a rule
audience.py   for whom a rule is, one way at a time, compared with others
examples.py   subjects and names that prove something
automaton.py  whether there is a name that one pattern matches and others do not

What owners ask (`review/`) is made of these. Of what answers a request only a refusal needs them
(`misses.py`).
"""
