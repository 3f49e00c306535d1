"""The command line: click and printing.

main.py     the command `wharfinger`
lazy.py     groups that import a command when it is called
options.py  the options that commands share
exits.py    how commands end: one rule of exit codes
output.py   how commands print
live.py     the directory as commands ask it
serve.py    run the server
check.py    check the configuration and everything it names
robots/     make the secrets of robots, and show what is known of them
audit/      read the audit stream
directory/  ask the directory, and say what is wrong with it
keys/       make, publish and change signing keys
rules/      the tools of those who own a rules file
registry/   configure registries, and check running ones

A command reads its options, asks one object, and prints what that returns. The objects are next door, where
the console finds them too: `app.rules.review`, `app.audit`, `app.directory`, `app.keys`, `app.registry`.
"""
