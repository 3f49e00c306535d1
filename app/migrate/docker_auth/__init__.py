"""The ACL of cesanta/docker_auth, turned into rules.

There the first entry that matches decides; here order never matters and a deny wins. So an entry becomes a
rule that allows, and where it gives less than a later one that can match the same request, a second rule that
denies the difference, or an exception in that of the later one. Where neither keeps the meaning, the entry is
refused.

    entry.py      the entries as they stand in the file
    pattern.py    what their patterns are made of
    glob.py       shell patterns (Go's path.Match) as patterns of rules
    regex.py      a part of regular expressions as patterns of rules
    who.py        accounts and labels as whom a rule is for
    what.py       types, names and actions as what a rule is about
    overlap.py    whether two patterns can match the same name
    part.py       what an entry says of repositories or the catalog
    order.py      what the order of entries means
    rules.py      the rules of one entry, as mappings of the file
    document.py   the rules as a file, and what became of each entry

Pure; `app.cli.rules.import_` reads and writes the files.
"""
