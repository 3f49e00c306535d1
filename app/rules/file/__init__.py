"""The rules file: from YAML that owners write to the rule set of the engine.

paths.py           which files a rules path stands for, what they say, and the version of that
schema.py          which keys there are, and what kind of value each takes
values.py          the values that are no patterns: times, networks, groups, hashes of secrets
compile.py         one entry as a rule, a robot or a test, and what its keys say together
entries.py         all entries of all files, each read once, and every problem
owner_tests.py     the tests that owners write, run by the engine
load.py            from a path to rules whose tests pass
change.py          what other rules change, in numbers, for the log
guard.py           rules that drop many wait until somebody accepts them
live.py            the rules of a running server: read anew when they change, the last good ones kept
last_good_copy.py  the copy of the last accepted files
json_schema.py     the shape of the file for editors

How YAML is read strictly, with positions, is `app/configfile`; what owners ask about rules is `rules/review`.
"""
