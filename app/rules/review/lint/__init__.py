"""What rules that load and pass their tests may still have wrong with them (pure).

finding.py    what a warning is, and the names of all of them
alone.py      what can be seen of one rule or robot by itself
contained.py  rules that others make superfluous, or that a deny takes all from
proofs.py     tests that test nothing, or that will fail one day
known.py      names that nothing else knows: groups, services, robots
lint.py       all of these together

A warning never keeps a file from being used; `rules check --strict` makes it an error.
"""
