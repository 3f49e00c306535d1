"""Reading the audit stream: what auditors ask of it. `app/telemetry/audit.py` writes it.

    line.py      one line, read strictly
    search.py    the lines of a person, a repository, a rule, a time
    verify.py    whether lines are whole, and each request is in them once

`app/rules/review` decides the requests of a stream again, and reads what it needs for that by itself.
"""
