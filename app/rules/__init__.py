"""From groups to actions: what the rules file says, and what follows from it.

patterns/     patterns over the names of repositories, groups, people and robots, and the index by them (pure)
model.py      rules, rule sets, robots, and what the engine knows of a subject (pure)
decide.py     the engine: rules + subject + request -> Decision (pure)
decision.py   the outcome and its reasons (pure)
file/         the file that owners write: its shape, its errors, its tests, its reloading
review/       what owners ask about rules; the server imports nothing of it (pure)

Who someone is comes from `login/`; what is done with a decision is `tokens/`.
"""
