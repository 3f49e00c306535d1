"""Patterns over the names of repositories, groups, people and robots, and an index of rules by them (pure).

syntax.py      text, wildcards and variables; the captures of a match
expression.py  regular expressions of RE2, each compiled once for as long as a pattern needs it
repository.py  patterns over repository names, and the places of these by which rules are found
names.py       patterns over the names of groups, people and robots
dns.py         patterns over the DNs of groups
index.py       rules by the names that make them apply

What owners ask of patterns (which names two of them share) is `parts/automaton.py`.
"""
