"""The command line: the same objects, another mouth.

main.py     the command `wharfinger`
lazy.py     groups that import a command when it is called
options.py  the options that commands share
serve.py    run the server
check.py    check the configuration and everything it names
robots.py   make the secrets of robots
live.py     the directory as commands ask it
directory/  ask the directory, and say what is wrong with it
keys/       make, publish and change signing keys
rules/      the tools of those who own a rules file
registry/   configure registries, and check running ones

Exit codes: 0 all is well, 1 something is wrong with what was asked about, 2 the command line is wrong.
"""
