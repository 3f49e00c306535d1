"""Credentials to subjects.

login.py     which kind of credential, in which order
robots.py    the robots of the rules file
robot_secret.py  what a robot's secret is, and its hash
shield.py    what spares the directory: single flight, remembered logins
failures.py  what is known of failed logins: the directory is asked only where that may lock nobody out
  attempt.py   one attempt, and the keyed hashes that it is known by
  budget.py    the arithmetic, pure
  ledger.py    where it is kept: the port, and the one in memory
  fallback.py  in memory where the shared one is down
floor.py     refusals take as long as each other
settings.py  the section of the configuration file

The directory itself is `directory/`; what a subject may do is `rules/`.
"""
