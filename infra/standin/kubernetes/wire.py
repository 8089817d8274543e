"""Property values between Pulumi's wire form and plain Python values.

The wire form is a protobuf Struct in which secrets and unknowns are marked
by signatures (Pulumi's property value specification). Here secrets are plain
values plus the set of their paths, an unknown is `UNKNOWN`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
_UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"

Path = tuple[str | int, ...]


class Unknown:
    """A value that is known only after other resources exist."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: Any) -> "Unknown":
        return self


UNKNOWN = Unknown()


class NotServed(ValueError):
    """A value of a kind that this provider does not take (files, archives, resources)."""


@dataclass(frozen=True)
class Properties:
    """What a resource or provider was given: plain values, and which paths in them are secret."""

    values: dict[str, Any]
    secrets: frozenset[Path] = field(default_factory=frozenset)

    def with_values(self, values: dict[str, Any], secrets: Iterable[Path] = ()) -> "Properties":
        return Properties(values, self.secrets | frozenset(secrets))


def decode(struct: Any) -> Properties:
    """Read a Struct. Nulls are left out of maps, as absent and null mean the same to Pulumi."""
    secrets: set[Path] = set()
    values = {key: _value(item, (key,), secrets) for key, item in struct.fields.items()}
    return Properties({key: item for key, item in values.items() if item is not None}, frozenset(secrets))


def encode(properties: Properties, struct: Any) -> Any:
    """Fill `struct` with the properties; a secret path marks everything under it."""
    for key, item in properties.values.items():
        _fill(struct.fields[key], item, (key,), properties.secrets)
    return struct


def has_unknown(value: Any) -> bool:
    """Whether anything inside is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def _value(item: Any, path: Path, secrets: set[Path]) -> Any:
    kind = item.WhichOneof("kind")
    if kind == "struct_value":
        return _struct(item.struct_value, path, secrets)
    if kind == "list_value":
        return [_value(entry, (*path, index), secrets) for index, entry in enumerate(item.list_value.values)]
    if kind == "number_value":
        number = item.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if item.string_value in _UNKNOWNS else item.string_value
    if kind == "bool_value":
        return item.bool_value
    return None


def _struct(struct: Any, path: Path, secrets: set[Path]) -> Any:
    signature = struct.fields[_SIGNATURE].string_value if _SIGNATURE in struct.fields else ""
    if signature == _SECRET:
        secrets.add(path)
        return _value(struct.fields["value"], path, secrets)
    if signature == _OUTPUT:
        if "secret" in struct.fields and struct.fields["secret"].bool_value:
            secrets.add(path)
        return _value(struct.fields["value"], path, secrets) if "value" in struct.fields else UNKNOWN
    if signature:
        raise NotServed(f"{'.'.join(map(str, path))} is a file, archive or resource, which this stand-in does not take")
    found = {key: _value(entry, (*path, key), secrets) for key, entry in struct.fields.items()}
    return {key: entry for key, entry in found.items() if entry is not None}


def _fill(target: Any, value: Any, path: Path, secrets: frozenset[Path]) -> None:
    if path in secrets:
        target.struct_value.fields[_SIGNATURE].string_value = _SECRET
        target = target.struct_value.fields["value"]
    if isinstance(value, dict):
        target.struct_value.SetInParent()
        for key, entry in value.items():
            _fill(target.struct_value.fields[key], entry, (*path, key), secrets)
    elif isinstance(value, list):
        target.list_value.SetInParent()
        for index, entry in enumerate(value):
            _fill(target.list_value.values.add(), entry, (*path, index), secrets)
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif value is UNKNOWN:
        target.string_value = _UNKNOWN_ON_WIRE
    elif value is None:
        target.null_value = 0
    else:
        target.string_value = str(value)
