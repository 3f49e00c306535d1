"""What must outlive a process, and be shared by the processes of all servers: a database.

settings.py    the section of the configuration file
secret.py      the key of what is kept: it never lies in the database
rows.py        what is kept, as values
tables.py      the same as tables
database.py    one SQLite file or PostgreSQL: opened late, answered in time or not at all
logins.py      the logins that failed lately, and those that were proved
shared.py      all of it, as the rest of the program sees it
prepare.py     the database brought up to date before the server starts; migrations/ says how

Nothing in it names anybody: names, passwords and addresses are kept as keyed hashes. SQLAlchemy is imported
by database.py, tables.py, logins.py and prepare.py alone, and these where a database is used.
"""
