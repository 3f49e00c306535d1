"""What a registry must be configured with so that it believes the tokens of a realm.

    trust.py         the files with keys that a registry reads, and what it cannot take
    distribution.py  the configuration of Distribution 2.x and 3.x, as a file and as variables
    zot.py           the configuration of zot
    compose.py       a compose file around either
    kubernetes.py    manifests around either
    readme.py        what to do with the files
    output.py        all files of one format together

Pure: texts out of values. `app.cli.registry` writes them.
"""
