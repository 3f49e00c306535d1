"""The command line: the same objects, another mouth.

main.py     the command `wharfinger`
options.py  the options that commands share
serve.py    run the server
check.py    check the configuration and everything it names
keys.py     make and publish signing keys
rules_import.py  make rules of what other token servers have
registry/   configure registries, and check running ones

Exit codes: 0 all is well, 1 something is wrong with what was asked about, 2 the command line is wrong.
"""
