"""An LDAP client for logins: binds and searches, over connections that end every wait at a deadline.

This room knows what goes over the wire and which server to ask. It knows neither people nor groups: that is
`directory/`, its one user.

Asking:

    filters.py        search filters are put together and escaped here (RFC 4515), and nowhere else
    filter_syntax.py  reads a filter into the octets that are sent
    requests.py       binds, searches, the beginning of TLS; ber.py writes the octets
    answers.py        entries and results; the one module that uses ldap3, whose decoder reads the octets
    codes.py          result codes and the errors they stand for
    oids.py           controls, extended operations, matching rules
    ppolicy.py        what the password-policy control says of an account

Connections:

    settings.py       of the configuration file: TLS, sizes of pools
    deadline.py       how long a whole operation may take
    resolver.py       host names to addresses, in a thread of its own
    transport.py      sockets and TLS
    connection.py     one operation after the other over one socket
    pool.py           lends connections, and keeps a bounded number of them
    servers.py        which server is asked; app/breaker.py says which one is left alone
    faults.py         what is wrong with a server, and what an administrator can change
    certificates.py   what a server's certificate says
"""
