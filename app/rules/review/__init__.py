"""What the owners of rules ask, in one module for each command. `app/cli/rules` reads arguments and prints.

    check.py      `rules check`: whether rules load, pass their tests, and have nothing wrong with them
    lint/         the warnings of it
    who_can.py    `rules who-can`: the ways to one action on one resource, and what each subject can do
    entitlements.py    `rules explain SUBJECT`: everything that one subject may do
    who_can_pattern.py `rules who-can` of a pattern: with all of its repositories, or with a part
    people.py     `rules who-can --expand`: the people and robots who have these ways
    diff/         `rules diff`: what changes between two rule sets, for everybody and all names
    replay.py     `rules diff --replay`: what changes for the requests of an audit stream
    robots.py     `robots list`: what is known of the robots
    unused.py     `rules unused`: the rights that no request of an audit stream needed
    survey.py     `rules diff --subjects`: what changes for a list of subjects and resources

What they share:

    subjects.py, resources.py, lists.py   whom and what owners ask about, as they write it
    audited.py         the requests of an audit stream
    circumstances.py   the requests that conditions tell apart

`rules explain` of one repository asks `app/rules/misses.py`, as a request does that is refused. The engine
(`app/rules`) decides everything here too; nothing in this package decides by itself. The server imports
nothing of it.
"""
