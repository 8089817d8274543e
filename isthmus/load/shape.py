"""The model's own shape, for messages: which class describes a path, its keys, its words, and what to call it."""

import types
import typing
from typing import Any, Literal, get_args, get_origin

from isthmus.load.words import short
from isthmus.load.yaml12 import Path_
from isthmus.model.base import Part

_ONE_OF = {
    "clouds": "cloud",
    "images": "image",
    "flavors": "flavor",
    "segments": "segment",
    "links": "link",
    "node_classes": "class",
    "tenants": "tenant",
    "groups": "group",
    "quotas": "quota row",
    "gateways": "gateway",
    "nodes": "node pool",
    "volume_types": "volume type",
    "kubernetes": "cluster",
    "storage": "storage class",
    "priorities": "priority class",
    "services": "service",
    "certifications": "certification",
    "tunnels": "tunnel",
}


def keys_of(part: type[Part] | None) -> list[str]:
    """The keys people may write in this part."""
    return [field.alias or name for name, field in part.model_fields.items()] if part else []


def part_at(root: type[Part], path: Path_) -> type[Part] | None:
    """The class that describes the mapping at `path`, if one does."""
    found = _type_at(root, path)
    return next((kind for kind in _members(found) if isinstance(kind, type) and issubclass(kind, Part)), None)


def words_of(root: type[Part], path: Path_) -> list[str]:
    """The words a choice at `path` allows."""
    return [
        str(word) for kind in _members(_type_at(root, path)) if get_origin(kind) is Literal for word in get_args(kind)
    ]


def _type_at(root: type[Part], path: Path_) -> Any:
    found: Any = root
    for step in path:
        found = _step(found, step)
    return found


def _step(kind: Any, step: str | int) -> Any:
    for member in _members(kind):
        if isinstance(step, int) and get_origin(member) is tuple:
            inner = get_args(member)
            return inner[0] if len(inner) == 2 and inner[1] is Ellipsis else inner[min(step, len(inner) - 1)]
        if isinstance(member, type) and issubclass(member, Part):
            for name, field in member.model_fields.items():
                if step in (name, field.alias):
                    return field.annotation
        if get_origin(member) is dict:
            return get_args(member)[1]
    return None


def _members(kind: Any) -> list[Any]:
    """The kinds a value may have: unions and annotations opened."""
    if get_origin(kind) is typing.Annotated:
        return _members(get_args(kind)[0])
    if get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for member in get_args(kind) for inner in _members(member)]
    return [kind]


def subject(data: Any, path: Path_, *, of_part: bool = False) -> str:
    """What people call the value at `path`: `capacity of class storage`, `wan_mtu of gateway gw1`.

    With `of_part` the path leads to a mapping, which is named itself.
    """
    chain = _named(data, path)
    if of_part:
        return chain[-1] if chain else "this file"
    last = path[-1] if path else "this file"
    owner_path = path[:-1]
    while owner_path and isinstance(last, int):
        last, owner_path = owner_path[-1], owner_path[:-1]
    owners = _named(data, owner_path)
    word = short(str(last))
    return f"{word} of {owners[-1]}" if owners else word


def _named(data: Any, path: Path_) -> list[str]:
    names: list[str] = []
    value, listing = data, ""
    for step in path:
        if isinstance(value, dict):
            listing = str(step)
            value = value.get(step)
            if not isinstance(value, tuple):
                names.append(listing)
        elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
            names.append(_name_of(value, listing, step))
        else:
            break
    return names


def _name_of(value: Any, listing: str, number: int) -> str:
    kind = _ONE_OF.get(listing, f"item of {listing}")
    if isinstance(value, dict):
        name = value.get("name")
        if isinstance(name, str):
            return f"{kind} {short(name)}"
        if listing == "nodes" and isinstance(value.get("class"), str):
            return f"class {short(value['class'])}"
        if listing == "quotas" and isinstance(value.get("site"), str):
            return f"quota row {short(value['site'])}"
        if listing == "links" and isinstance(value.get("between"), tuple):
            return "link " + "-".join(short(str(end), 40) for end in value["between"][:2])
    return f"{kind} {number + 1}"
