"""From groups to actions: what rules mean, and what they decide.

patterns/      patterns over names, DNs and repositories, and an index that finds rules by names (pure)
decision.py    the outcome of a decision, and its reasons (pure)
conditions.py  when a rule holds: a class for each condition, with all that is known of it (pure)
networks.py    one of these: the networks that a request comes from (pure)
hours.py       another: the hours of the week in a time zone (pure)
robot_names.py what robots are called when they log in (pure)
persona.py     subjects and groups that are named in a file rather than in a directory (pure)
model.py       rule, rule set, robot; what the engine needs to know of who asks (pure)
recent.py      a bounded memory of what was worked out lately
together.py    who is in every one of several groups (pure)
decide.py      rules + subject + request -> decision (pure)
misses.py      what nearly granted something that was refused (pure)
parts/         rules taken apart, to be compared and read backwards (pure)
file/          the YAML file: read, checked, compiled, followed while the server runs
review/        what the owners of rules ask; the server imports nothing of it

Who someone is comes from `login/`; what is done with a decision is `tokens/`.
"""
