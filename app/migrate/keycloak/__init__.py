"""The export of a realm of Keycloak, turned into a section of the configuration and rules.

    export.py       what stands in the export, each thing with its place
    federation.py   LDAP user federation as a `directory` section
    roles.py        who has which role of a client, as groups and people
    mappers.py      what the mappers of docker-v2 clients give, as rules
    document.py     configuration and rules as files, and what is to be said of the rest

No secret of the export is read: neither the password of the bind nor a private key. Pure;
`app.cli.rules.import_` reads and writes the files.
"""
