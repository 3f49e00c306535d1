"""The shape of a rules file as JSON Schema, for editors and other programs."""

from __future__ import annotations

from typing import Any

from app.rules.schema import RulesFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Give the schema of a rules file."""
    return {"$schema": DIALECT, **RulesFile.model_json_schema(by_alias=True)}
