"""`wharfinger rules schema`: print the JSON Schema of a rules file."""

from __future__ import annotations

import json

import click

from app.rules.file.json_schema import json_schema


@click.command()
def schema() -> None:
    """Print the JSON Schema of a rules file, for editors."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
