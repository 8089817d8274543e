"""JSON Schemas (draft 2020-12) of the files people write, from the model itself."""

import json
from typing import Any

from isthmus.model.federation import FederationFile
from isthmus.model.site import Site

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schemas() -> dict[str, dict[str, Any]]:
    """`federation` and `site`, ready to be written as NAME.schema.json."""
    return {
        "federation": _schema(FederationFile, "federation.yaml", "What all sites of a federation share."),
        "site": _schema(Site, "site.yaml", "One data centre of the federation, in its own folder SITE/."),
    }


def as_text(schema: dict[str, Any]) -> str:
    """The form that is committed: indented, a newline at the end."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _schema(model: type[FederationFile] | type[Site], title: str, meaning: str) -> dict[str, Any]:
    raw = model.model_json_schema(by_alias=True, mode="validation")
    found: dict[str, Any] = _tidy(raw)
    return {"$schema": DRAFT, **found, "title": title, "description": meaning}


def _tidy(value: Any) -> Any:
    """Defaults as people would write them, optional keys without `null` noise, generated titles left out."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    tidy = {key: _named(inner) if key in ("properties", "$defs") else _tidy(inner) for key, inner in value.items()}
    return _plain_default(_optional(tidy))


def _named(members: dict[str, Any]) -> dict[str, Any]:
    return {name: _titled(_tidy(member), name) for name, member in members.items()}


def _titled(member: dict[str, Any], name: str) -> dict[str, Any]:
    """Editors show the title above the description, so it is the key itself."""
    return {**member, "title": name} if "$ref" not in member else member


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    """`X or null` as X: a key without a value means the same as no key, and editors should offer X only."""
    choices = schema.get("anyOf")
    if not isinstance(choices, list) or {"type": "null"} not in choices:
        return schema
    real = [choice for choice in choices if choice != {"type": "null"}]
    rest = {key: inner for key, inner in schema.items() if key != "anyOf"}
    return {**real[0], **rest} if len(real) == 1 else {"anyOf": real, **rest}


def _plain_default(schema: dict[str, Any]) -> dict[str, Any]:
    default = schema.get("default", ...)
    if default is ... or isinstance(default, str | bool):
        return schema
    without = {key: inner for key, inner in schema.items() if key != "default"}
    if schema.get("type") == "string" and isinstance(default, list) and len(default) == 2:
        return {**without, "default": f"{default[0]}-{default[1]}"}
    if default in (None, {}, []) or isinstance(default, dict) or schema.get("type") == "string":
        return without
    return schema
