"""Files that people write: YAML with positions, field types, and errors that say what to write instead.

yaml.py         a YAML 1.2 document whose every key and value knows its line and column
tree.py         from the parser's events to data and places, and what is refused
marks.py        where keys and values stand, in little memory
syntax.py       what is wrong with a text that is no YAML
fields.py       the strict base of every section, and the field types that sections share
shape.py        what a model says of the keys that a file may have
environment.py  the environment variables and secret files that stand over a file
problems.py     what is wrong with a document, as `app.errors.Problem`s

The settings and the rules file are both read through here; what they mean is defined beside their code.
"""

PATH_VARIABLE = "WHARFINGER_CONFIG"
"""Names the configuration file where a command line does not."""
