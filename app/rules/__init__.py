"""From groups to actions: what the rules file says, and what follows from it.

pattern.py    names, patterns, captures (pure)
model.py      Rule, RuleSet, Robot (pure)
decide.py     the engine: rules + subject + request -> Decision (pure)
decision.py   the outcome and its reasons (pure)
schema.py     the shape of the file: its keys, and the kind of each value
values.py     times, networks, groups, hashes of secrets (pure)
compile.py    the file's entries as rules and robots
load.py       the file or folder: positions and errors, then rules
suite.py      the tests that owners write into the file
docker_auth/  the ACL of docker_auth as rules (pure)

Who someone is comes from `login/`; what is done with a decision is `tokens/`.
"""
