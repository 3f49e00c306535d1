"""The use case: log in, decide, sign, record.

issue.py    one request to the token endpoint of a realm, from what came over the wire to the answer

Everything that issues tokens ends here, whichever mouth asked: the web, the command line.
"""
