"""The reference pages, written from the model and from the table of codes: python -m isthmus.model.reference."""

import argparse
import types
import typing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from isthmus.load.codes import CODES
from isthmus.model import schema
from isthmus.model.base import Part
from isthmus.model.federation import FederationFile
from isthmus.model.quantity import Devices
from isthmus.model.site import Site

_WRITTEN_BY = "<!-- Written by python -m isthmus.model.reference; edit the model instead. -->\n"
_PLAIN = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false", "date": "day"}


def model_page() -> str:
    """The model, a table per part, in the order they are met from the two files down."""
    parts: dict[type[Part], None] = {}
    for root in (FederationFile, Site):
        _collect(root, parts)
    pages = [
        "# What people write\n",
        _WRITTEN_BY,
        "A federation is a folder: `federation.yaml`, which all sites share, and `SITE/site.yaml` for each site,\n"
        "which belongs to the site's institution. Values follow YAML 1.2; quantities carry units.\n"
        "Editors complete and explain keys through the JSON Schemas in [schema/](schema/), named in each file's\n"
        "first line. Keys in **bold** must be given.\n",
    ]
    return "\n".join([*pages, *(_table(part) for part in parts)])


def errors_page() -> str:
    """Every code with its meaning and reason."""
    lines = [
        "# What `isthmus check` can find\n",
        _WRITTEN_BY,
        "Every finding says where (file:line:column), what, and the fix or the nearest right word. `isthmus check`\n"
        "reports all findings of all files at once, ends with exit code 2 when there are errors, and changes nothing.\n"
        "Warnings (W) do not stop anything, unless `--strict` is given. Codes E3xx are about the ledger.\n",
        "| code | what | why it matters |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {code} | {what} | {_cell(why)} |" for code, (what, why) in sorted(CODES.items())]
    return "\n".join(lines) + "\n"


def _collect(part: type[Part], found: dict[type[Part], None]) -> None:
    if part in found:
        return
    found[part] = None
    for field in part.model_fields.values():
        for inner in _parts_in(field.annotation):
            _collect(inner, found)


def _parts_in(kind: Any) -> list[type[Part]]:
    if isinstance(kind, type) and not isinstance(kind, types.GenericAlias) and issubclass(kind, Part):
        return [kind]
    return [part for inner in get_args(kind) for part in _parts_in(inner)]


def _table(part: type[Part]) -> str:
    name = {FederationFile: "federation.yaml", Site: "SITE/site.yaml"}.get(part, part.__name__)
    meaning = (part.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
    lines = [f"## {name}\n", f"{meaning}\n", "| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    for key, field in part.model_fields.items():
        shown = field.alias or key
        shown = f"**{shown}**" if field.is_required() else shown
        kind = _cell(_kind(field.annotation, field))
        lines.append(f"| {shown} | {kind} | {_default(field)} | {_cell(field.description or '')} |")
    return "\n".join(lines) + "\n"


def _kind(kind: Any, field: FieldInfo | None = None) -> str:
    if field is not None:
        examples = [e for m in field.metadata for e in (getattr(m, "json_schema", None) or {}).get("examples", ())]
        if examples:
            return f"as `{examples[0]}`"
    origin = get_origin(kind)
    if origin is typing.Annotated:
        return _annotated(kind)
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in get_args(kind))
    if origin in (typing.Union, types.UnionType):
        members = [_kind(m) for m in get_args(kind) if m is not type(None)]
        return " or ".join(dict.fromkeys(members))
    if origin is tuple:
        inner = get_args(kind)
        return f"list of {_kind(inner[0])}" if inner[-1] is Ellipsis else f"{len(inner)} of {_kind(inner[0])}"
    if origin is dict:
        return "keys and " + _kind(get_args(kind)[1])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return f"[{kind.__name__}](#{kind.__name__.lower()})"
    name = getattr(kind, "__name__", str(kind))
    if name.endswith(("Network", "Address")):
        return "network" if name.endswith("Network") else "address"
    return _PLAIN.get(name, name)


def _annotated(kind: Any) -> str:
    base, *notes = get_args(kind)
    for note in notes:
        examples = (getattr(note, "json_schema", None) or {}).get("examples", ())
        if examples:
            return f"as `{examples[0]}`"
    limits = {k: v for n in notes for m in getattr(n, "metadata", ()) for k, v in _limits(m)}
    if "ge" in limits and "le" in limits:
        return f"{limits['ge']} to {limits['le']}"
    return _kind(base)


def _limits(note: Any) -> list[tuple[str, Any]]:
    return [(bound, getattr(note, bound)) for bound in ("ge", "le") if hasattr(note, bound)]


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined or (default in (None, (), "", 0) and not isinstance(default, bool)):
        return ""
    if isinstance(default, BaseModel):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple) and len(default) == 2:
        return f"`{default[0]}-{default[1]}`"
    if isinstance(default, tuple):
        return f"`[{', '.join(str(d) for d in default)}]`"
    return f"`{default}`" if not isinstance(default, Devices) else str(default)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def pages() -> dict[str, str]:
    """Path below docs/reference to content, of everything generated."""
    found = {"model.md": model_page(), "errors.md": errors_page()}
    return found | {f"schema/{name}.schema.json": schema.as_text(s) for name, s in schema.schemas().items()}


def write(folder: Path) -> None:
    """Write all pages below `folder`."""
    for name, text in pages().items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write the reference pages and the JSON Schemas.")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/reference"))
    write(parser.parse_args().folder)
