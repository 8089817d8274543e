"""Tokens and inputs of an installed Pulumi Python SDK, read from its source without importing it."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Input:
    """One input: what kind of value it takes, and the inputs of a nested object."""

    kind: str
    """string, number, boolean, map, or object"""
    is_list: bool
    required: bool
    members: Mapping[str, "Input"] = field(default_factory=dict)


@dataclass(frozen=True)
class Sdk:
    """Inputs by token, named as they travel to the provider (camelCase)."""

    resources: Mapping[str, Mapping[str, Input]]
    functions: Mapping[str, Mapping[str, Input]]
    outputs: Mapping[str, frozenset[str]]
    """What a program reads from each resource."""
    provider: Mapping[str, Input]
    """The provider's own settings."""


def read(package: Path) -> Sdk:
    """Read the generated sources under `package` (the folder of `pulumi_openstack`)."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(package.rglob("*.py"))}
    nested = {
        (file.parent, node.name): node
        for file, tree in trees.items()
        if file.name == "_inputs.py"
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }
    resources: dict[str, Mapping[str, Input]] = {}
    functions: dict[str, Mapping[str, Input]] = {}
    outputs: dict[str, frozenset[str]] = {}
    for file, tree in trees.items():
        scope = {name: node for (folder, name), node in nested.items() if folder == file.parent}
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        for name, node in classes.items():
            token = next(_tokens(node, "__init__"), None)
            if token and f"{name}Args" in classes:
                resources[token] = _class_inputs(classes[f"{name}Args"], scope)
                outputs[token] = frozenset(_getters(node).values())
        for function in tree.body:
            if isinstance(function, ast.FunctionDef) and (token := next(_tokens(function, "invoke"), None)):
                functions[token] = _function_inputs(function, scope)
    settings = next(
        node
        for node in trees[package / "provider.py"].body
        if isinstance(node, ast.ClassDef) and node.name == "ProviderArgs"
    )
    return Sdk(resources, functions, outputs, _class_inputs(settings, {}))


def _tokens(node: ast.AST, method: str) -> Iterator[str]:
    """First arguments, where they are type tokens, of calls of `method` within `node`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == method:
            first = call.args[0] if call.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.count(":") == 2:
                yield first.value


def _class_inputs(node: ast.ClassDef, scope: Mapping[str, ast.ClassDef]) -> dict[str, Input]:
    """Inputs of an `...Args` class: types and defaults from `__init__`, names on the wire from its getters."""
    wire = _getters(node)
    init = next(method for method in node.body if isinstance(method, ast.FunctionDef) and method.name == "__init__")
    found = {}
    for argument, default in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True):
        found[wire[argument.arg]] = _input(argument.annotation, default is None, scope)
    return found


def _getters(node: ast.ClassDef) -> dict[str, str]:
    """Python name to wire name of each property."""
    methods = [method for method in node.body if isinstance(method, ast.FunctionDef)]
    return {method.name: name for method in methods if (name := _getter_name(method)) is not None}


def _getter_name(method: ast.FunctionDef) -> str | None:
    for decorator in method.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if isinstance(target, ast.Attribute) and target.attr == "getter":
            given = next((keyword.value for keyword in call.keywords if keyword.arg == "name"), None) if call else None
            return str(given.value) if isinstance(given, ast.Constant) else method.name
    return None


def _function_inputs(node: ast.FunctionDef, scope: Mapping[str, ast.ClassDef]) -> dict[str, Input]:
    """Inputs of a data source: `__args__['wireName'] = argument`."""
    annotations = {argument.arg: argument.annotation for argument in node.args.args}
    found = {}
    for statement in ast.walk(node):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Subscript):
            continue
        key, value = statement.targets[0].slice, statement.value
        if isinstance(key, ast.Constant) and isinstance(value, ast.Name):
            annotation = annotations[value.id]
            optional = annotation is None or ast.unparse(annotation).startswith("Optional")
            found[str(key.value)] = _input(annotation, not optional, scope)
    return found


def _input(annotation: ast.expr | None, required: bool, scope: Mapping[str, ast.ClassDef]) -> Input:
    text = ast.unparse(annotation) if annotation else ""
    strings = [node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant)] if annotation else []
    nested = next((scope[name] for name in strings if isinstance(name, str) and name in scope), None)
    members = _class_inputs(nested, scope) if nested else {}
    return Input(_kind(text, bool(members)), "Sequence[" in text, required, members)


def _kind(text: str, is_object: bool) -> str:
    if is_object:
        return "object"
    if "Mapping[" in text:
        return "map"
    for word, kind in {".bool": "boolean", ".int": "number", ".float": "number", ".str": "string"}.items():
        if word in text:
            return kind
    return "any"
