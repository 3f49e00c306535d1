"""Coverage-guided fuzzing with atheris: `make fuzz`, or `python -m tests.fuzz TARGET --seconds 60`.

Each module is one target: `prepare` makes what it needs, and returns a function that takes octets and raises
where something is wrong. The seeds are in corpus/TARGET/; what a run finds is kept in the ignored cache.

    requests.py   requests to the token endpoint: rights by the independent engine, the records of each
    documents.py  rules files and configuration files
    answers.py    what a directory answers: the decoder, and a whole login
    folders.py    keys folders
    imports.py    the ACL of docker_auth
    realms.py     the export of a realm of Keycloak
    escaping.py   filters and DNs, against readers of the tests' own
"""

TARGETS = ("requests", "documents", "answers", "folders", "imports", "realms", "escaping")
