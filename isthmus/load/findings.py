"""Pydantic's errors in our codes and words: one finding for each mistake, at the exact place."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from pydantic import ValidationError

from isthmus.errors import Finding
from isthmus.load.shape import keys_of, part_at, subject, words_of
from isthmus.load.words import listed, nearest, quoted, short
from isthmus.load.yaml12 import Document, Path_
from isthmus.model.base import Part

_CUSTOM = {
    "unit": "E107",
    "devices": "E108",
    "name": "E109",
    "network": "E110",
    "address": "E111",
    "url": "E112",
    "owner": "E113",
    "day": "E114",
    "digest": "E115",
    "range": "E116",
    "requirement": "E117",
}
_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
}
_FORMS = {
    "country": "two capital letters (ISO 3166-1), for example IT",
    "domain": "a domain in lower case, for example perugia.example.org",
    "version": 'a Kubernetes version in quotes, for example "1.36"',
}

_Problem = dict[str, Any]


def translate(document: Document, model: type[Part], problem: ValidationError, taken: set[Path_]) -> Iterator[Finding]:
    """Findings of one document. Values at or under a `taken` path have been reported already."""
    seen: set[tuple[Path_, str]] = set()
    meant: set[Path_] = set()
    for error in problem.errors(include_url=False):
        if error["type"] == "extra_forbidden":
            path, _ = _clean(error["loc"], document.data)
            meant.add((*path[:-1], _right_key(document, model, path)))
    for error in problem.errors(include_url=False):
        path, union = _clean(error["loc"], document.data)
        if any(path[: len(t)] == t for t in taken):
            continue
        if error["type"] == "too_short" and len(error["input"]) >= error["ctx"]["min_length"]:
            continue  # pydantic counts the sound items only; what is wrong with the others is told at their places
        if (union is not None and _noise(error["type"], document.value_at(union))) or (
            error["type"] == "missing" and path in meant
        ):
            continue
        finding = _finding(document, model, dict(error), path)
        if (path, finding.code) not in seen:
            seen.add((path, finding.code))
            yield finding


def _clean(loc: tuple[str | int, ...], data: Any) -> tuple[Path_, Path_ | None]:
    """`loc` without pydantic's names of union members, and the path of the value that such a union describes."""
    path: list[str | int] = []
    value: Any = data
    union: Path_ | None = None
    for number, step in enumerate(loc):
        last = number == len(loc) - 1
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, tuple) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(step, int) or (last and isinstance(value, dict) and "[" not in step):
            path.append(step)
            break
        else:
            union = tuple(path) if union is None else union
            continue
        path.append(step)
    return tuple(path), union


def _noise(kind: str, value: object) -> bool:
    """Of 'a word or a list' only the branch the author meant has something to say."""
    of_word = kind == "literal_error"
    return of_word if isinstance(value, tuple) else not of_word


def _finding(document: Document, model: type[Part], error: _Problem, path: Path_) -> Finding:
    kind, value = error["type"], error["input"]
    if kind == "extra_forbidden":
        return _unknown_key(document, model, path)
    if kind == "missing":
        return _missing(document, model, path)
    where = document.locate(path)
    what = subject(document.data, path)
    if value is None:
        hint = f"write one after '{path[-1]}:', or remove the key" if path else "write one"
        return Finding(where, "E104", f"{what} has no value", hint)
    if kind in _CUSTOM:
        return Finding(
            where, _CUSTOM[kind], f"{short(error['msg'], 120)} ({what})", error.get("ctx", {}).get("fix", "")
        )
    if kind in _WANTED:
        return Finding(where, "E104", *_wrong_type(kind, value, document.written(path), what))
    if kind == "literal_error":
        return Finding(where, "E105", *_not_allowed(model, value, path, error, what))
    if kind in _LIMITS:
        return Finding(where, "E106", *_LIMITS[kind](error["ctx"], value, what))
    if kind == "string_pattern_mismatch":
        form = _FORMS.get(str(path[-1]), f"it must match {error['ctx']['pattern']}")
        return Finding(where, "E118", f"{quoted(value)} does not have the right form ({what})", f"write {form}")
    return Finding(where, "E104", f"{quoted(value)} cannot be used ({what})", str(error["msg"]))


def _right_key(document: Document, model: type[Part], path: Path_) -> str:
    """The known key an unknown one most likely means, one that is still free first; or ''."""
    known = keys_of(part_at(model, path[:-1]))
    used = document.value_at(path[:-1])
    return nearest(str(path[-1]), [k for k in known if k not in used]) or nearest(str(path[-1]), known)


def _unknown_key(document: Document, model: type[Part], path: Path_) -> Finding:
    key = str(path[-1])
    known = keys_of(part_at(model, path[:-1]))
    used = document.value_at(path[:-1])
    right = _right_key(document, model, path)
    hint = f"did you mean '{right}'?" if right else f"known here: {listed(known)}"
    if right and right in used:
        hint = f"'{right}' is known here, and given already"
    place = subject(document.data, path[:-1], of_part=True)
    return Finding(document.locate(path, key=True), "E102", f"the key {quoted(key)} is not known in {place}", hint)


def _missing(document: Document, model: type[Part], path: Path_) -> Finding:
    where = document.locate(path[:-1])
    place = subject(document.data, path[:-1], of_part=True)
    if isinstance(path[-1], int):
        return Finding(where, "E103", f"{place} needs {path[-1] + 1} items", "write the missing one")
    part = part_at(model, path[:-1])
    meaning = _meaning(part, path[-1])
    hint = f"add {path[-1]}: {meaning}" if meaning else f"add {path[-1]}"
    return Finding(where, "E103", f"'{path[-1]}' is missing from {place}", hint)


def _meaning(part: type[Part] | None, key: str) -> str:
    for name, field in part.model_fields.items() if part else ():
        if key in (name, field.alias):
            return field.description or ""
    return ""


def _wrong_type(kind: str, value: object, written: str, what: str) -> tuple[str, str]:
    wanted = _WANTED[kind]
    if isinstance(value, dict):
        given = "keys and values"
    elif isinstance(value, tuple):
        given = "a list"
    elif isinstance(value, bool):
        given = f"{written} (true or false)"
    elif isinstance(value, int | float):
        given = f"{short(written)} (a number)"
    else:
        given = quoted(value)
    hint = f"write {wanted}"
    if kind == "string_type" and written:
        hint = f'put it in quotes: "{short(written)}"'
    elif kind in ("int_type", "int_from_float", "float_type") and isinstance(value, str):
        number = re.match(r"(\d+)\s", value)
        hint = f"write the number alone: {number[1]}" if number else "write a number, without quotes"
    elif kind == "bool_type" and isinstance(value, str):
        yes = value.lower() in ("yes", "on", "y", "true", "1")
        hint = f"write {'true' if yes else 'false'}" + ("; YAML 1.2 knows no yes, no, on, off" if value else "")
    elif kind == "tuple_type" and not isinstance(value, dict):
        hint = f"write a list: [{short(written)}]"
    elif wanted == "keys and values" and isinstance(value, tuple):
        hint = "remove the '- ' before the keys"
    return f"{given} stands where {wanted} is wanted ({what})", hint


def _not_allowed(model: type[Part], value: object, path: Path_, error: _Problem, what: str) -> tuple[str, str]:
    words = words_of(model, path) or re.findall(r"'([^']*)'", error["ctx"]["expected"]) or [error["ctx"]["expected"]]
    right = nearest(str(value), words)
    allowed = f"one of {listed(words)}"
    hint = f"did you mean {right}? ({allowed})" if right else f"write {allowed}"
    return f"{quoted(value)} is not a choice ({what})", hint


def _too_small(word: str, key: str) -> Callable[[dict[str, Any], object, str], tuple[str, str]]:
    return lambda context, value, what: (f"{quoted(value)} is {word} ({what})", _bound(word, context[key]))


def _bound(word: str, limit: object) -> str:
    return f"the smallest is {limit}" if word == "too small" else f"the largest is {limit}"


def _items(context: dict[str, Any], value: object, what: str) -> tuple[str, str]:
    least, most = context.get("min_length"), context.get("max_length")
    wanted = f"at least {least}" if least is not None else f"at most {most}"
    have = context.get("actual_length", 0)
    return f"{what} has {have} item{'s' * (have != 1)} and needs {wanted}", f"write {wanted}"


def _length(context: dict[str, Any], value: object, what: str) -> tuple[str, str]:
    least = context.get("min_length")
    if least is not None:
        return f"{quoted(value)} is too short ({what})", f"write at least {least} character{'s' * (least != 1)}"
    return f"{quoted(value)} is too long ({what})", f"write at most {context['max_length']} characters"


_LIMITS: dict[str, Callable[[dict[str, Any], object, str], tuple[str, str]]] = {
    "greater_than_equal": _too_small("too small", "ge"),
    "greater_than": _too_small("too small", "gt"),
    "less_than_equal": _too_small("too large", "le"),
    "less_than": _too_small("too large", "lt"),
    "too_short": _items,
    "too_long": _items,
    "string_too_short": _length,
    "string_too_long": _length,
}
