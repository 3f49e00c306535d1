"""What the owners of rules ask: one module for each command. Pure; `app/cli/rules` reads and prints.

    explain.py     `rules explain`: a decision, and for what is refused the rules that nearly granted it
    who_can.py     `rules who-can`: the ways to one action on one resource, and what each subject can do
    diff/          `rules diff`: what changes between two rule sets, for everybody and all names
    replay.py      `rules diff --replay`: what changes for the requests of an audit stream
    survey.py      `rules diff --subjects`: what changes for a list of subjects and resources
    lint/          `rules check`: the warnings

and below them

    reach.py          for whom a rule is about one resource
    circumstances.py  conditions compared, put into words, and the requests that they tell apart
    audience.py       for whom a rule is: one way at a time, compared with others
    bindings.py       what variables stand for where a pattern is to match one name
    automaton.py      whether there is a name that one pattern matches and others do not

The engine (`app/rules`) decides everything here too; nothing in this package decides by itself. The server
imports nothing of it.
"""
