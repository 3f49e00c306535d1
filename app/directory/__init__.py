"""Who someone is and in which groups, by means of `ldap/`, which knows what goes over the wire.

What spares the directory (remembered logins, limits on failures) is `login/`; what groups may do is `rules/`.

As the other rooms see it:

    directory.py          LdapDirectory: a name and a password become a subject with groups
    subject.py            DirectorySubject, Group
    settings.py           the section of the configuration file, account_settings.py its service account;
                          fields.py  the types of their fields
    presets.py            its defaults by the kind of directory

A person:

    names.py              which typed names are looked up, and the canonical form of a name
    people.py             the entry of a person: found, read, made a subject
    passwords.py          checks a password by a bind
    direct.py             binds with the typed name instead of searching first (`login.mode: direct`)
    account_state.py      what the answer to a bind says of the account
    account_check.py      what the entry says of it: disabled, expired

Groups:

    groups.py             the groups of a person, by each strategy
    found_groups.py       those found so far
    active_directory.py   SIDs, tokenGroups, the in-chain rule
    ranges.py             all values of an attribute that the server returns in ranges

Searching:

    searcher.py           the port that people and groups are searched with
    service_account.py    searches as the service account
    filters.py            the search filters
    returned.py           DNs that a server returned, and the entries of these
    emptiness.py          reports configured filters that match nothing

For commands alone, never part of a login:

    inspect/              inspects one server step by step
    schema.py             which configured attributes a server does not know
    existence.py          whether a login can find a group
    members.py            the people of a group
"""
