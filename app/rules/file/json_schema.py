"""The shape of a rules file as JSON Schema, for editors and other programs.

It is made of the models that read the file, so it names the keys and kinds that the file has; what a schema
cannot say (a DN, a variable that nothing captures, the names of other files) only the loader sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.rules.file.schema import RulesFile

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NULL = {"type": "null"}


def json_schema() -> dict[str, Any]:
    """Return the schema of a rules file (draft 2020-12)."""
    made = RulesFile.model_json_schema(by_alias=True)
    return {"$schema": _DIALECT, **_tidy(made), "title": "Wharfinger rules"}


def _tidy(node: Any) -> Any:
    """Take out what the file does not have: null, the titles of models, defaults that say nothing."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    kept = {key: _tidy(value) for key, value in node.items() if not _is_noise(key, value)}
    branches = [branch for branch in node.get("anyOf", ()) if branch != _NULL]
    if len(branches) == 1:  # it was `X or null`
        del kept["anyOf"]
        kept = {**_tidy(branches[0]), **kept}
    if kept.get("type") != "string" and "const" not in kept:  # others are written for people
        kept.pop("examples", None)
    return kept


def _is_noise(key: str, value: object) -> bool:
    return (key == "title" and isinstance(value, str)) or (key == "default" and not value)
