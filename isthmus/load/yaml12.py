"""YAML by the 1.2 core schema, read with libyaml, positions kept.

`NO`, `on`, `yes` and `1:30` stay text; only true and false are booleans.
Keys are always text. Sequences become tuples. What YAML allows and a
description of a federation does not need is refused: custom tags, merge keys,
keys given twice, several documents, aliases that swell.

Source: YAML 1.2.2, section 10.3 (core schema).
"""

import re
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from isthmus.errors import Finding, Location
from isthmus.load.syntax import explain
from isthmus.load.words import quoted, short

Path_ = tuple[str | int, ...]

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 40
ALIAS_ALLOWANCE = 20_000
"""How many values aliases may add to a file; above it the file is a bomb, or a mistake."""

_DEEP = ("the file nests too deeply", "a federation needs about 8 levels")

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?[0-9]{1,18}\Z")
_OTHER_INT = re.compile(r"0o[0-7]{1,20}\Z|0x[0-9a-fA-F]{1,16}\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?\Z")
_STANDARD = "tag:yaml.org,2002:"


class _Resolver:
    """Gives each node a tag of ours; explicit tags stay as they are written, so they can be told apart."""

    def resolve(self, kind: type[Node], value: str, implicit: Any) -> str:
        if kind is ScalarNode:
            return "plain" if implicit[0] else "text"
        return "map" if kind is MappingNode else "seq"

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        return

    def ascend_resolver(self) -> None:
        return


def _c_loader() -> Any:
    from yaml._yaml import CParser

    class Loader(_Resolver, CParser):
        def __init__(self, text: str) -> None:
            CParser.__init__(self, text)

    return Loader


def _python_loader() -> Any:
    from yaml.composer import Composer
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class Loader(_Resolver, Reader, Scanner, Parser, Composer):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)

    return Loader


_Loader = _c_loader() if yaml.__with_libyaml__ else _python_loader()


_BRACKET = re.compile(r"[\[\]{}]")
_DEEP_BLOCK = re.compile(r"^[ \t?:-]{80}", re.M)
_PARSER_DEPTH = 2 * MAX_DEPTH


class _TooDeep(Exception):
    def __init__(self, line: int, column: int) -> None:
        super().__init__("too deep")
        self.place = (line, column)


def _guard_depth(text: str) -> None:
    """Raises _TooDeep before libyaml composes by recursion and overruns the C stack.

    Brackets and indentation bound the depth from above at little cost; only
    where they look deep are the parser's events counted, which is exact.
    """
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    if deepest + max(-depth, 0) <= _PARSER_DEPTH and not _DEEP_BLOCK.search(text):
        return
    loader, depth = _Loader(text), 0
    while loader.check_event():
        event = loader.get_event()
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _PARSER_DEPTH:
                mark: Any = event.start_mark
                raise _TooDeep(mark.line + 1, mark.column + 1)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _compose(text: str) -> Node | None:
    _guard_depth(text)
    loader = _Loader(text)
    try:
        node: Node | None = loader.get_single_node()
        return node
    finally:
        if hasattr(loader, "dispose"):
            loader.dispose()


class Document:
    """One file: `data` as plain values (None if unreadable), `findings`, and where each value stands.

    `shown` is the file's path as the user knows it. Positions are looked up
    by composing the text again when first asked for, so that a file without
    mistakes pays nothing for them.
    """

    def __init__(self, shown: str, text: str) -> None:
        self.shown = shown
        self.text = text
        self.findings: list[Finding] = []
        self.data: Any = None
        self._root: Node | None = None
        self._budget = len(text) + ALIAS_ALLOWANCE
        self._read()

    def _read(self) -> None:
        try:
            root = _compose(self.text)
        except yaml.YAMLError as problem:
            self.findings.append(explain(problem, self.shown, self.text))
            return
        except _TooDeep as deep:
            self._report(Location(self.shown, *deep.place), "E127", *_DEEP)
            return
        if root is None:
            self._report(Location(self.shown), "E126", "the file is empty", "isthmus init writes a first one")
        elif not isinstance(root, MappingNode):
            self._at(root, "E126", "the file must be keys and values", "write for example site: bari")
        else:
            try:
                self.data = self._value(root, 0)
            except _Swollen as swollen:
                self._at(swollen.node, *swollen.report)

    def _at(self, node: Node, code: str, message: str, hint: str) -> None:
        self._report(_place(self.shown, node), code, message, hint)

    def _report(self, where: Location, code: str, message: str, hint: str) -> None:
        self.findings.append(Finding(where, code, message, hint))

    def _value(self, node: Node, depth: int) -> Any:
        self._budget -= 1
        if self._budget < 0:
            raise _Swollen(node, "E123", "aliases make this file too large to be meant", "write the values out")
        tag = node.tag
        if tag == "plain":
            return scalar(node.value)
        if tag == "text":
            return node.value
        if depth > MAX_DEPTH:
            raise _Swollen(node, "E127", *_DEEP)
        if tag == "map":
            return self._mapping(node, depth)
        if tag == "seq":
            return tuple([self._value(item, depth + 1) for item in node.value])
        if tag == _STANDARD + "str" and isinstance(node, ScalarNode):
            return node.value
        self._at(
            node,
            "E124",
            f"the tag {short(tag.replace(_STANDARD, '!!'))} is not used here",
            "leave the tag out; values carry their own type",
        )
        return node.value if isinstance(node, ScalarNode) else None

    def _mapping(self, node: Node, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                self._at(key, "E104", "a key must be one word", "write key: value")
                continue
            word = key.value
            if word == "<<" and key.tag == "plain":
                self._at(
                    key, "E122", "merge keys (<<) are not part of YAML 1.2", "say it with extends, or write it out"
                )
                continue
            if word in found:
                first = next(k for k, _ in node.value if k.value == word)
                self._at(
                    key,
                    "E119",
                    f"{quoted(word)} is given twice",
                    f"the first is in line {first.start_mark.line + 1}; keep one of them",
                )
                continue
            found[word] = self._value(value, depth + 1)
        return found

    def value_at(self, path: Path_) -> Any:
        """The plain value at `path`, which must exist."""
        value = self.data
        for step in path:
            value = value[step]
        return value

    def node_at(self, path: Path_) -> tuple[Node | None, Node | None]:
        """The deepest node on `path` that exists, and the key node that leads to it."""
        if self._root is None and self.data is not None:
            self._root = _compose(self.text)
        node, key_node = self._root, None
        for step in path:
            if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.value):
                node, key_node = node.value[step], None
            elif isinstance(node, MappingNode):
                for key, value in node.value:
                    if isinstance(key, ScalarNode) and key.value == step:
                        node, key_node = value, key
                        break
                else:
                    break
            else:
                break
        return node, key_node

    def locate(self, path: Path_, *, key: bool = False) -> Location:
        """Where the value at `path` stands (its key with `key=True`); the nearest parent if it is not there."""
        node, key_node = self.node_at(path)
        if key and key_node is not None:
            node = key_node
        return _place(self.shown, node) if node is not None else Location(self.shown)

    def written(self, path: Path_) -> str:
        """The scalar at `path` as the author typed it, without quotes; '' where it is not a scalar."""
        node, _ = self.node_at(path)
        return str(node.value) if isinstance(node, ScalarNode) else ""


class _Swollen(Exception):
    def __init__(self, node: Node, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.node = node
        self.report = (code, message, hint)


def _place(shown: str, node: Node) -> Location:
    mark = node.start_mark
    return Location(shown, mark.line + 1, mark.column + 1)


def scalar(text: str) -> str | int | float | bool | None:
    """A plain scalar's value by the core schema. Not-a-number and infinities stay text: no quantity here is one."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMERIC_START:
        if _INT.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        if _OTHER_INT.match(text):
            return int(text, 0)
    return text
