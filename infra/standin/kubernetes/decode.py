"""YAML text to objects, for the SDK's own components over manifests (the function kubernetes:yaml:decode)."""

from typing import Any

import yaml

from isthmus.errors import BadInput


def decode_yaml(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The objects in `text`, lists taken apart, with `defaultNamespace` left to the resources themselves."""
    try:
        documents = list(yaml.load_all(arguments.get("text", ""), getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as problem:
        raise BadInput("the manifest is not YAML", why=" ".join(str(problem).split())) from problem
    objects: list[dict[str, Any]] = []
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or "kind" not in document or "apiVersion" not in document:
            raise BadInput("a document of the manifest is no object", why="it lacks apiVersion or kind")
        is_list = str(document["kind"]).endswith("List") and isinstance(document.get("items"), list)
        objects += document["items"] if is_list else [document]
    return objects
