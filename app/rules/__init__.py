"""From groups to actions: what the rules file says, and what follows from it.

pattern.py    names, patterns, captures (pure)
tokens.py     a pattern cut into its pieces (pure)
language.py   patterns as languages: which names one matches and others do not (pure)
universe.py   which names there are, as an automaton (pure)
model.py      Rule, RuleSet, Robot (pure)
decide.py     the engine: rules + subject + request -> Decision (pure)
decision.py   the outcome and its reasons (pure)
schema.py     the shape of the file: its keys, and the kind of each value
published.py  the same shape as JSON Schema, for editors
values.py     times, networks, groups, hashes of secrets (pure)
compile.py    the file's entries as rules and robots
load.py       the file or folder: positions and errors, then rules
whom.py · grants.py · circumstances.py     a rule set taken apart: for whom, what, and when (pure)
reach.py      for whom a rule is about one repository (pure)
access.py     who can do one thing with one repository (pure)
granted.py    what rules grant to somebody who logged in by others (pure)
misses.py     why something was refused: the rules that nearly granted it (pure)
diff.py · changes.py                       what changes between two rule sets (pure)
replay.py · survey.py                      the same for requests that were made, and for lists (pure)
solve.py      what variables stand for where a pattern is to match a name (pure)
suite.py      the tests that owners write into the file
lint/         what rules that load may still have wrong with them (pure)
docker_auth/  the ACL of docker_auth as rules (pure)

Who someone is comes from `login/`; what is done with a decision is `tokens/`.
"""
