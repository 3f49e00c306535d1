"""Credentials to subjects.

login.py          which authenticator checks which kind of credentials
robots.py         the robots of the rules file, and their secrets
shield.py         the directory behind what spares it: logins remembered, logins at once made one
floor.py          refusals take as long as each other
remembered.py     what logins came to, remembered by one process
limiter.py        the directory is asked only where that locks nobody out
  attempt.py        one attempt, and the keyed hashes that stand for it
  budget.py         the arithmetic, pure
  settlement.py     what is kept of an attempt once the directory has answered
  failure_store.py  where failures and proofs are kept: the port, and the store in memory
  directory_limiter.py  one budget over all accounts, for a directory that blocks our address
    directory_budget.py   its arithmetic, pure
  fallback.py       the local store while the shared one is unavailable
assembly.py       which of these stand over which store
settings.py       the section of the configuration file

The directory itself is `directory/`, the store of all processes is `state/`, and what a subject may do is
`rules/`.

An attempt that no process remembers has one row in the failure store, in one of these states. All but a proof
count as failures, until they are older than the window:

    | state   | entered when                         | left when                                             |
    |---------|--------------------------------------|-------------------------------------------------------|
    | pending | the directory is about to be asked   | the directory has answered, or could not be asked     |
    | wrong   | it said that the password is wrong   | the row is too old: then it may be asked again        |
    | lost    | its answer did not come              | the row is too old                                    |
    | proof   | it said that the password is right   | the row is too old, or another password proved right  |

A process that dies leaves its row pending: one failure too many, never one too few. Once it is known to be
gone or its lease is over, the row counts as lost. A lost row is removed when the same password proves right.
An attempt that the directory refused whatever the password, or that it was not asked about, leaves no row.
Such a refusal is remembered by the process alone, as long as a good login: the account may be unlocked.
"""
