"""LDAP: who someone is, and in which groups.

subject.py      what comes out: Subject, Group
settings.py     the section of the configuration file
ldap.py         the directory, put together from the rest
names.py        which typed names are looked up at all, and the canonical form of a name
filters.py      the search filters; the one place that escapes (RFC 4515)
search.py       search connections, bound as the service account: find a person
groups.py       the groups of a person, nested ones included
existence.py    whether there is a group at all
login.py        login connections, on which only binds happen: is this the password?
outcome.py      what a bind's or a search's result code means
servers.py      which server: order, breaker, TLS
pool.py         bounded pools of connections
connection.py   one ldap3 connection with one deadline for a whole operation

ldap3 is used through connection.py only. What spares the directory (remembered logins, single flight) is
`login/shield.py`; what groups mean is `rules/`.
"""
