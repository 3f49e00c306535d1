"""The first benchmark: what a login costs, beside the least that a token could cost (`make bench`).

company.py   the directory's 10,000 people and 1,000 groups, the rules, and what is asked
stage.py     what runs: slapd, two token servers, the floor
floor.py     the floor: a Flask application that signs one fixed claim set
load.py      one round of wrk, with load.lua
processes.py CPU time of processes, and what they hold
logins.py    a login by itself, without HTTP, beside the figures to be reached
soak.py      very many logins and restarts of the directory, and what is held on to (`python -m bench soak`)
measure.py   the rounds, in turns, and their medians
report.py    the table and the JSON

How to read what it prints: README.md.
"""
