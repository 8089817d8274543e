"""Names and namespaces that a program leaves out, and annotations that steer the provider."""

import copy
import hashlib
import json
from collections.abc import Callable, Collection
from typing import Any

from infra.standin.kubernetes.tokens import Kind, name_of
from infra.standin.kubernetes.wire import UNKNOWN, Path, Properties

AUTONAMED = "pulumi.com/autonamed"
_NOT_SERVED = ("pulumi.com/waitFor", "pulumi.com/replaceUnready")
_SECRET_FIELDS = ("data", "stringData")


def complete(
    urn: str,
    kind: Kind,
    old: dict[str, Any],
    new: Properties,
    namespace: Callable[[], str | None],
) -> tuple[dict[str, Any], dict[str, str]]:
    """The inputs as they will be applied, and what is wrong with them (property: sentence).

    `namespace` gives the default namespace if the kind lives in namespaces,
    else None; it is asked only when the program names none.
    """
    inputs = copy.deepcopy(new.values)
    wrong = _identity_problems(kind, inputs)
    inputs["apiVersion"], inputs["kind"] = kind.api_version, kind.name
    inputs.pop("status", None)
    metadata = inputs.setdefault("metadata", {})
    if wrong or metadata is UNKNOWN:
        return inputs, wrong
    wrong |= _annotation_problems(metadata)
    if not metadata.get("name"):
        if metadata.get("generateName"):
            wrong["metadata.generateName"] = (
                "the stand-in provider does not serve generateName: leave out the name altogether, and one is made"
            )
        elif kind.patch:
            wrong["metadata.name"] = f"a {kind.name}Patch changes an existing object: give its metadata.name"
        else:
            _autoname(urn, inputs, new.secrets | secret_paths(kind, inputs), old.get("metadata", {}))
    if not metadata.get("namespace"):
        default = namespace()
        if default:
            metadata["namespace"] = default
    return inputs, wrong


def secret_paths(kind: Kind, values: dict[str, Any]) -> set[Path]:
    """What is secret by its nature: the contents of a Secret."""
    if (kind.api_version, kind.name) != ("v1", "Secret"):
        return set()
    return {(field,) for field in _SECRET_FIELDS if field in values}


def annotation(values: dict[str, Any], name: str) -> str:
    """An annotation's text, '' if it is not there or not known yet."""
    metadata = values.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return "" if value is None or value is UNKNOWN else str(value)


def is_autonamed(values: dict[str, Any]) -> bool:
    return annotation(values, AUTONAMED) == "true"


def fresh_name(urn: str, inputs: dict[str, Any], secrets: Collection[Path]) -> str:
    """The name that a new object with these inputs gets: the resource's name and eight characters.

    The characters follow from the URN and the inputs, not from chance: a
    preview and its update agree, a run that was killed after the object was
    made finds that same object again, and a replacement, whose inputs
    differ, gets another name. Secrets stay out of it, as names are public.
    """
    content = [(key, _public(item, (key,), secrets)) for key, item in sorted(inputs.items()) if key != "metadata"]
    text = json.dumps([urn, content], sort_keys=True, default=repr)
    return f"{name_of(urn)[:54]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _public(value: Any, path: Path, secrets: Collection[Path]) -> Any:
    if path in secrets:
        return None
    if isinstance(value, dict):
        return {key: _public(item, (*path, key), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_public(item, (*path, index), secrets) for index, item in enumerate(value)]
    return value


def _autoname(urn: str, inputs: dict[str, Any], secrets: Collection[Path], old: dict[str, Any]) -> None:
    """Keep the name made earlier, else make one."""
    metadata = inputs["metadata"]
    if isinstance(old, dict) and is_autonamed({"metadata": old}) and old.get("name"):
        metadata["name"] = old["name"]
    else:
        metadata["name"] = fresh_name(urn, inputs, secrets)
    annotations = metadata.get("annotations")
    metadata["annotations"] = {**(annotations if isinstance(annotations, dict) else {}), AUTONAMED: "true"}


def _identity_problems(kind: Kind, inputs: dict[str, Any]) -> dict[str, str]:
    wrong = {}
    for field, wanted in (("apiVersion", kind.api_version), ("kind", kind.name)):
        given = inputs.get(field)
        if given not in (None, UNKNOWN, wanted):
            wrong[field] = f"'{given}' contradicts the resource's type, which is {kind}"
    return wrong


def _annotation_problems(metadata: dict[str, Any]) -> dict[str, str]:
    return {
        f"metadata.annotations.{name}": f"the stand-in provider does not serve {name}: leave it out, "
        "or install the official plugin"
        for name in _NOT_SERVED
        if annotation({"metadata": metadata}, name)
    }
