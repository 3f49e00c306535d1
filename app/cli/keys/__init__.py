"""`wharfinger keys`: make, publish and change signing keys.

new.py       make a key
publish.py   write the files that a registry is configured with
list.py      show the keys
change.py    activate, retire and remove one key
rotate.py    the next step of a rotation

realm.py     what all of them need to know of a realm
"""

from __future__ import annotations

import click

from app.cli.lazy import LazyGroup, Places

_PLACES: Places = {
    "activate": ("app.cli.keys.change:activate", "Have a key sign, and the former one retire."),
    "list": ("app.cli.keys.list:list_keys", "Show a realm's keys, and what is to be known of them."),
    "new": ("app.cli.keys.new:new", "Make a signing key."),
    "publish": ("app.cli.keys.publish:publish", "Write the published keys to files, for a registry."),
    "remove": ("app.cli.keys.change:remove", "Remove a retired key that no valid token needs."),
    "retire": ("app.cli.keys.change:retire", "Have an announced key never sign."),
    "rotate": ("app.cli.keys.rotate:rotate", "Take the next safe step from one key to the next."),
}


@click.group(cls=LazyGroup, places=_PLACES)
def keys() -> None:
    """Make, publish and change signing keys."""
