"""From groups to actions: what rules mean, and what they decide.

patterns/      patterns over names, DNs and repositories, and an index that finds rules by names (pure)
decision.py    the outcome of a decision, and its reasons (pure)
conditions.py  when a rule holds: one class for each condition (pure)
model.py       rule, rule set, robot; what the engine needs to know of who asks (pure)
decide.py      rules + subject + request -> decision (pure)
file/          the YAML file: read, checked, compiled, followed while the server runs
review/        what the owners of rules ask; the server imports nothing of it

Who someone is comes from `login/`; what is done with a decision is `tokens/`.
"""
