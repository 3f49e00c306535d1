"""LDAP: who someone is, and in which groups.

What comes out, and what is configured:

    subject.py            DirectorySubject, Group
    settings.py           the section of the configuration file
    presets.py            what each kind of directory calls things
    ldap.py               the directory, put together from the rest

A person:

    names.py              which typed names are looked up at all, and the canonical form of a name
    people.py             the entry of a person: found, read, put into a subject
    login.py              login connections, on which only binds happen: is this the password?
    direct.py             the typed name as the name to bind with (`login.mode: direct`)
    outcome.py            what a bind's or a search's result code means

Groups:

    groups.py             the groups of a person, by each strategy
    members.py            the people of a group, for commands
    active_directory.py   SIDs, tokenGroups, the in-chain rule
    existence.py          whether there is a group at all, for commands
    ranges.py             all values of an attribute that comes in ranges

Asking a server:

    filters.py            the search filters; the one place that escapes (RFC 4515)
    filter_string.py      reads them, and those of the configuration, into octets
    search.py             search connections, bound as the service account
    pool.py               bounded pools of connections
    servers.py            which server; breaker.py leaves one alone that fails
    connection.py         one connection: an operation after the other, each with a deadline
    requests.py           what is sent over it; ber.py writes the octets
    answers.py            what comes back: entries, results; ldap3 reads the octets
    transport.py          its socket: TLS, and a deadline on every wait; resolver.py, deadline.py
    faults.py             what is wrong with a server, and what to change
    inspect.py            a look at one server, step by step, for commands
    schema.py             which configured attributes it does not know
    emptiness.py          notices filters that match nothing at all

ldap3 is used in answers.py only. What spares the directory (remembered logins, budgets) is
`login/shield.py`; what groups mean is `rules/`.
"""
