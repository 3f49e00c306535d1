"""What must outlive a process, and be shared by the processes of all servers: a database.

settings.py    the section of the configuration file
secret.py      the key of what is kept; it is never kept in the database
rows.py        what is kept, as values
tables.py      the same as tables
engine.py      how to connect to one SQLite file, or to PostgreSQL
database.py    a database that answers in time, or is unavailable
logins.py      the failed and proved logins
denials.py     the refusals that people were told
write_behind.py  writing that nobody waits for
accepted.py    which rules were accepted, although they drop many
clock.py       whether this server's clock is the database's
holder.py      which process holds a pending row
shared.py      all of it, as the rest of the program sees it
prepare.py     brings the database up to date before the server starts; migrations/ has the steps

Nothing of a login names anybody: names, passwords and addresses are kept as keyed hashes. Refusals do, as the
audit stream does. SQLAlchemy is imported where a database is used, and only then: by engine.py, database.py,
tables.py, logins.py, denials.py, accepted.py and prepare.py.
"""
